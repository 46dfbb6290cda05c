"""Take the pictures of what is handed in: slide, comparison sheet, figure of a notebook (`make screenshots`)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image

from pipeline.published import load
from pipeline.report.notebook import draw_comparison

ROOT = Path(__file__).parents[1]
COMPANY = "小米"  # the company of the samples that is drawn
WIDTH = 1200  # pixels
MISSING = (
    "没有 LibreOffice（幻灯片要 Impress，工作簿要 Calc）; Debian: apt-get install libreoffice-impress "
    "libreoffice-calc / LibreOffice with Impress (slides) and Calc (workbook) is not here"
)


def main() -> int:
    """Build the samples; write docs/slide.png, docs/workbook.png and docs/heatmap.png."""
    office = shutil.which("soffice")
    if not office:
        print(MISSING, file=sys.stderr)
        return 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        huabu = [sys.executable, "-m", "pipeline"]
        subprocess.run([*huabu, "build", str(ROOT / "data" / "raw"), str(out)], cwd=ROOT, check=True)
        subprocess.run([*huabu, "draw", str(out), COMPANY, "--to", str(folder / "slide.pptx")], check=True)
        for file in (folder / "slide.pptx", out / "huabu.xlsx"):
            subprocess.run(
                [office, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf",
                 "--outdir", str(folder), str(file)],
                check=True, capture_output=True,
            )  # fmt: skip
            if (
                not (folder / file.name).with_suffix(".pdf").exists()
            ):  # a part of it is missing: it says nothing
                print(MISSING, file=sys.stderr)
                return 5
        _save(_page(folder / "slide.pdf", ""), "slide.png")
        _save(_trimmed(_page(folder / "huabu.pdf", "公司已填缺")), "workbook.png")
        draw_comparison(load(out)).savefig(folder / "figure.png", dpi=120)
        _save(Image.open(folder / "figure.png"), "heatmap.png")
    return 0


def _page(path: Path, words: str) -> Image.Image:
    """The first page with these words."""
    document = pypdfium2.PdfDocument(path)
    page = next(p for p in document if words in _text(p))
    return page.render(scale=2).to_pil().convert("RGB")


def _trimmed(picture: Image.Image) -> Image.Image:
    """Without its empty margins and the page number."""
    bottom = picture.height - 80  # the footer with the page number
    dark = picture.crop((0, 0, picture.width, bottom)).convert("L").point(lambda v: 255 if v < 250 else 0)
    return picture.crop(dark.getbbox())


def _text(page: pypdfium2.PdfPage) -> str:
    return "".join(page.get_textpage().get_text_range().split())


def _save(picture: Image.Image, name: str) -> None:
    """In 64 colours, as wide as README shows it."""
    target = ROOT / "docs" / name
    size = (WIDTH, round(picture.height * WIDTH / picture.width))
    picture.convert("RGB").resize(size).quantize(64).save(target, optimize=True)
    print(f"docs/{name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    raise SystemExit(main())
