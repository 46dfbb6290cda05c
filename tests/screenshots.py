"""Take the pictures of README: pages of the samples' site, by headless Chromium (`make screenshots`)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TITLE = "小米商业模式画布"  # the sample that is photographed
NOTE = ".cell.CH .note a"
SIZE = {"width": 1400, "height": 700}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-sync",
]


def canvas_of(site: Path, title: str) -> Path:
    """The page of the first document with this title."""
    pages = sorted((site / "d").iterdir())
    return next(p for p in pages if re.search(f"<h1>.*{title}", p.read_text(encoding="utf-8")))


def changing(site: Path) -> Path:
    """The page of the company of which most notes enter and leave."""
    return max(
        sorted((site / "t").iterdir()),
        key=lambda p: len(re.findall('class="(enters|leaves|stays)"', p.read_text("utf-8"))),
    )


def main() -> int:
    """Build the samples, photograph canvas, opened note, comparison and changes into `docs/`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print(
            "没有 Chromium; Debian: apt-get install chromium fonts-noto-cjk / Chromium is not here",
            file=sys.stderr,
        )
        return 5
    from playwright.sync_api import Page, sync_playwright

    def take(page: Page, name: str, path: Path, *, click: str = "") -> None:
        page.goto(path.as_uri())
        if click:
            page.locator(click).first.click()
        picture = ROOT / "docs" / f"{name}.png"
        page.screenshot(path=picture)
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes")

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        out = Path(folder) / "out"
        subprocess.run(
            [sys.executable, "-m", "pipeline", "build", str(ROOT / "data" / "raw"), str(out), *sys.argv[1:]],
            cwd=ROOT,
            check=True,
        )
        site = out / "site"
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        take(page, "canvas", canvas_of(site, TITLE))
        take(page, "evidence", canvas_of(site, TITLE), click=NOTE)
        take(page, "comparison", site / "compare.html")
        take(page, "change", changing(site))
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
