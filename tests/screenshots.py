"""Take the picture of README: one canvas of the samples' page, by headless Chromium (`make screenshots`)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lxml import html

ROOT = Path(__file__).parents[1]
TITLE = "小米商业模式画布"  # the sample that is photographed
SIZE = (1400, 640)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-sync",
)


def main() -> int:
    """Build the samples, keep the first canvas of 小米 on the page, photograph it into docs/canvas.png."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print(
            "没有 Chromium; Debian: apt-get install chromium fonts-noto-cjk / Chromium is not here",
            file=sys.stderr,
        )
        return 5
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run(
            [sys.executable, "-m", "pipeline", "build", str(ROOT / "data" / "raw"), str(out)],
            cwd=ROOT,
            check=True,
        )
        page = (out / "site" / "index.html").read_text(encoding="utf-8")
        sheets = html.fromstring(page.encode()).xpath("//section[@id]")
        keep = next(x.get("id") for x in sheets if TITLE in x.text_content())
        # A scroll to an anchor comes after the picture: show that canvas only.
        only = f"<style>header, footer, main section:not(#{keep}) {{ display: none }}</style></head>"
        (out / "site" / "one.html").write_text(page.replace("</head>", only, 1), encoding="utf-8")
        picture = ROOT / "docs" / "canvas.png"
        picture.parent.mkdir(exist_ok=True)
        subprocess.run(
            [chromium, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={SIZE[0]},{SIZE[1]}",
             f"--screenshot={picture}", f"file://{out}/site/one.html"],
            check=True, capture_output=True,
        )  # fmt: skip
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
