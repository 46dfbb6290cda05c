"""A canvas -> PNG, SVG (with text elements) or PDF, A4 across; drawn with matplotlib."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.blocks import CODES, blocks
from pipeline.report import boxes, fonts
from pipeline.report.boxes import Box, Filled
from pipeline.report.drawing import EMPTY, GREY, INK, LINE, Sheet, heading_share, mark_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 842.0, 595.0  # A4 across, points
MARGIN = 24.0
GRID = Box(MARGIN, 76, WIDTH - 2 * MARGIN, HEIGHT - 76 - 34)
DPI = 150  # of the PNG: 1754 x 1239 pixels, sharp on a slide and on paper


def png(sheet: Sheet) -> bytes:
    """The canvas as a picture. Raises FontMissing."""
    return _save(sheet, "png", {"Software": f"huabu {__version__}", "Title": sheet.title})


def svg(sheet: Sheet) -> bytes:
    """The canvas as SVG whose text can be edited. Raises FontMissing."""
    return _save(sheet, "svg", {"Date": None, "Creator": f"huabu {__version__}", "Title": sheet.title})


def pdf(sheet: Sheet) -> bytes:
    """The canvas as PDF with its font embedded. Raises FontMissing."""
    given = {"CreationDate": None, "Creator": f"huabu {__version__}", "Producer": None, "Title": sheet.title}
    return _save(sheet, "pdf", given)


def _save(sheet: Sheet, form: str, metadata: Mapping[str, str | None]) -> bytes:
    import matplotlib as mpl

    chosen = fonts.installed()
    if not chosen:
        raise fonts.FontMissing
    letters = fonts.letters(chosen)
    used = f"字体 font {chosen}"
    named = {"Keywords": used} if form == "pdf" else {"Description": used}
    with mpl.rc_context():
        mpl.rcdefaults()  # no taste of this machine in the file
        mpl.rcParams.update(
            {"font.family": list(letters.families), "svg.fonttype": "none", "svg.hashsalt": "huabu",
             "pdf.fonttype": 42, "text.parse_math": False}
        )  # fmt: skip
        buffer = io.BytesIO()
        _draw(sheet, letters).savefig(buffer, format=form, dpi=DPI, metadata={**metadata, **named})
    return buffer.getvalue()


class _Page:
    """An empty page on which points count from its upper left corner."""

    def __init__(self, letters: fonts.Letters) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.letters = letters
        self.figure: Figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), facecolor="white")
        self.points = (
            Affine2D().scale(1 / 72, -1 / 72).translate(0, HEIGHT / 72) + self.figure.dpi_scale_trans
        )

    def text(self, x: float, y: float, text: str, size: float, colour: str, *, bold: bool = False) -> None:
        """A line of text; `y` is its base line."""
        self.figure.text(
            x, y, self.letters.plain(text), size=size, color=colour, transform=self.points, va="baseline",
            weight="bold" if bold else "normal",
        )  # fmt: skip

    def box(self, box: Box, fill: str) -> None:
        from matplotlib.patches import Rectangle

        self.figure.add_artist(
            Rectangle((box.x, box.y), box.width, box.height, transform=self.points, facecolor=fill,
                      edgecolor=LINE, linewidth=0.8)
        )  # fmt: skip


def _draw(sheet: Sheet, letters: fonts.Letters) -> Figure:
    page = _Page(letters)
    page.text(MARGIN, 46, boxes.cut(sheet.title, GRID.width / 20), 20, INK, bold=True)
    page.text(MARGIN, 65, boxes.cut(sheet.subtitle, GRID.width / 9), 9, GREY)
    places = boxes.place(GRID)
    size, filled = boxes.fit(sheet.notes, places)
    for code in CODES:
        page.box(places[code], boxes.FILLS[code])
        _write(page, sheet, code, places[code], filled[code], size)
    footer = f"{sheet.footer}　字体 font {letters.families[0]}"
    page.text(MARGIN, HEIGHT - 17, boxes.cut(footer, GRID.width / 7), 7, GREY)
    return page.figure


def _write(page: _Page, sheet: Sheet, code: str, box: Box, filled: Filled, size: float) -> None:
    """The name of the block and its notes, each behind its mark."""
    block = blocks()[code]
    x, y = box.x + boxes.PADDING, box.y + 15
    page.text(x, y, block.zh, 11, INK, bold=True)
    rest = block.en + heading_share(sheet, code, len(filled.notes))
    page.text(x + 4 * 11 + 5, y, rest, 7, GREY)
    y = box.y + boxes.HEADING
    if not sheet.notes[code]:
        page.text(x, y + size, EMPTY, 8, GREY)
    for note in filled.notes:
        mark, colour = mark_of(note.note)
        page.text(x, y + size, mark, size, GREY)
        for line in note.lines:
            page.text(x + boxes.INDENT * size, y + size, line, size, colour)
            y += boxes.LEADING * size
        y += boxes.SPACE * size
    if filled.left:
        page.text(x, y + size, f"… 另有 {filled.left} 条 more", min(size, 8), GREY)
