"""Shared fixtures: small documents in every format, made in memory by the tests themselves."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from undisturbed import first_state, older, raw, read_before, small_disk, warm, whole  # noqa: F401  fixtures

from pipeline import lexicon, model
from pipeline.cli import main
from pipeline.extract import ocr

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "raw" / "samples"

FIRST = "公司通过线下门店和自营网上商城向年轻消费者销售咖啡。"
SECOND = "原料由三家供应商长期供应，外包给第三方物流配送。"


def make_pdf(pages: list[list[str]], *, password: str = "") -> bytes:
    """A text PDF, one list of lines per page."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, encrypt=password or None)
    for lines in pages:
        canvas.setFont("STSong-Light", 11)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 18 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def make_docx(paragraphs: list[str], rows: list[list[str]] | None = None) -> bytes:
    """A DOCX; a paragraph that starts with `# ` is a heading."""
    document = docx.Document()
    for text in paragraphs:
        if text.startswith("# "):
            document.add_heading(text[2:], level=1)
        else:
            document.add_paragraph(text)
    if rows:
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session", autouse=True)
def no_recogniser():
    """Results are those of an installation without the extra `ocr`, whether it is there or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ocr, "versions", dict)
        yield


@pytest.fixture(scope="session", autouse=True)
def linear_tagger():
    """Builds of the tests tag with the linear model alone: seconds instead of minutes, and the same
    last digits on every processor. The encoder has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "encoder_available", lambda: False)
        yield


@pytest.fixture(scope="session")
def trained():
    return model.load()


@pytest.fixture(scope="session")
def terms():
    return lexicon.load()


@pytest.fixture
def run(capsys):
    """Run the command line in this process: (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden from what was built now"
    )
    parser.addoption(
        "--update-baseline",
        action="store_true",
        help="write tests/gold/baseline.json from the figures measured now",
    )
