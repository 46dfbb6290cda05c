"""A canvas -> one PPTX slide: nine shapes whose text can be edited."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from pipeline.blocks import CODES, blocks
from pipeline.report import boxes
from pipeline.report.boxes import Box, Filled
from pipeline.report.drawing import (
    EMPTY,
    FONT,
    GREY,
    INK,
    LINE,
    Sheet,
    heading_share,
    mark_of,
    same_dates,
)  # fmt: skip

WIDTH, HEIGHT = 960.0, 540.0  # a wide slide, points
MARGIN = 24.0
GRID = Box(MARGIN, 68, WIDTH - 2 * MARGIN, HEIGHT - 68 - 30)


def pptx(sheet: Sheet) -> bytes:
    """The slide as a file; no font is needed to make it."""
    from pptx import Presentation
    from pptx.util import Pt

    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    slide = deck.slides.add_slide(deck.slide_layouts[5])  # a title and nothing else
    title = slide.shapes.title
    _place(title, Box(MARGIN, 10, GRID.width, 34))
    _paragraph(_frame(title).paragraphs[0], [(boxes.cut(sheet.title, GRID.width / 20), 20, INK, True)], 28)
    _text(slide, Box(MARGIN, 44, GRID.width, 20), boxes.cut(sheet.subtitle, GRID.width / 9), 9)
    places = boxes.place(GRID)
    size, filled = boxes.fit(sheet.notes, _narrower(places))
    for code in CODES:
        _block(slide, sheet, code, places[code], filled[code], size)
    _text(slide, Box(MARGIN, HEIGHT - 26, GRID.width, 18), boxes.cut(sheet.footer, GRID.width / 8), 8)
    properties = deck.core_properties
    properties.title, properties.author, properties.last_modified_by = sheet.title[:255], "huabu", "huabu"
    properties.created = properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001  the format has no zone
    buffer = io.BytesIO()
    deck.save(buffer)
    return same_dates(buffer.getvalue())


def _narrower(places: dict[str, Box]) -> dict[str, Box]:
    """Programs break lines by rules of their own: 4 % of every line is kept free for that."""
    return {code: Box(b.x, b.y, b.width * 0.96, b.height) for code, b in places.items()}


def _block(slide: Any, sheet: Sheet, code: str, box: Box, filled: Filled, size: float) -> None:
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Pt

    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, 0, 0)
    _place(shape, box)
    shape.name = f"{blocks()[code].zh} {code}"
    shape.shadow.inherit = False
    shape.fill.solid()
    shape.fill.fore_color.rgb = _rgb(boxes.FILLS[code])
    shape.line.color.rgb = _rgb(LINE)
    shape.line.width = Pt(0.75)
    frame = _frame(shape)
    name = blocks()[code]
    rest = f" {name.en}{heading_share(sheet, code, len(filled.notes))}"
    _paragraph(frame.paragraphs[0], [(name.zh, 11, INK, True), (rest, 6.5, GREY, False)], boxes.HEADING - 3)
    if not sheet.notes[code]:
        _paragraph(frame.add_paragraph(), [(EMPTY, 8, GREY, False)], 12)
    for note, drawn in zip(sheet.notes[code], filled.notes, strict=False):
        cut = drawn.lines[-1].endswith("…")
        text = "".join(drawn.lines) if cut else note.text
        mark, colour = mark_of(note)
        paragraph = frame.add_paragraph()
        _paragraph(paragraph, [(f"{mark}\t{text}", size, colour, False)], boxes.LEADING * size)
        paragraph.space_after = Pt(boxes.SPACE * size)
        _hang(paragraph, Pt(boxes.INDENT * size))
    if filled.left:
        more = f"… 另有 {filled.left} 条 more"
        _paragraph(frame.add_paragraph(), [(more, min(size, 8), GREY, False)], boxes.LEADING * size)


def _text(slide: Any, box: Box, text: str, size: float) -> None:
    shape = slide.shapes.add_textbox(0, 0, 0, 0)
    _place(shape, box)
    _paragraph(_frame(shape).paragraphs[0], [(text, size, GREY, False)], size * boxes.LEADING)


def _place(shape: Any, box: Box) -> None:
    from pptx.util import Pt

    shape.left, shape.top, shape.width, shape.height = (
        Pt(value) for value in (box.x, box.y, box.width, box.height)
    )


def _frame(shape: Any) -> Any:
    """The text frame of a shape: text from its upper left corner, never growing the shape."""
    from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE
    from pptx.util import Pt

    frame = shape.text_frame
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = Pt(boxes.PADDING)
    frame.margin_top = frame.margin_bottom = Pt(2)
    return frame


def _paragraph(paragraph: Any, runs: list[tuple[str, float, str, bool]], line: float) -> None:
    """Text, size, colour and weight of each run; the lines are exactly `line` points high: the fonts
    of different programs would make them higher."""
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    paragraph.alignment = PP_ALIGN.LEFT
    paragraph.line_spacing = Pt(line)
    for text, size, colour, bold in runs:
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = _rgb(colour)
        properties = run._r.get_or_add_rPr()  # python-pptx has no name for the East Asian font
        properties.set("lang", "zh-CN")
        east = properties.makeelement(
            "{http://schemas.openxmlformats.org/drawingml/2006/main}ea", {"typeface": FONT}
        )
        latin = properties.find("{*}latin")
        latin.addnext(east)


def _rgb(colour: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(colour[1:])  # type: ignore[no-untyped-call]


def _hang(paragraph: Any, indent: Any) -> None:
    """Further lines begin below the first letter, not below the mark."""
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(int(indent)))
    properties.set("indent", str(-int(indent)))
