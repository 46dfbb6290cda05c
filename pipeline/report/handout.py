"""A canvas -> DOCX: a title and one table of nine cells on an A4 page across."""

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

WIDTH, HEIGHT = 841.9, 595.3  # A4 across, points
MARGIN = 28.0
GRID = Box(0, 0, WIDTH - 2 * MARGIN, 462)
"""The table; title, subtitle and footer take 70 pt of the 539 that are left on the page."""


def docx(sheet: Sheet) -> bytes:
    """The page as a file; no font is needed to make it."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.shared import Pt

    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Pt(WIDTH), Pt(HEIGHT)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Pt(MARGIN)
    section.header_distance = section.footer_distance = Pt(12)
    _paragraph(
        document.add_paragraph(style="Title"), [(boxes.cut(sheet.title, GRID.width / 18), 18, INK, True)], 28
    )
    _paragraph(document.add_paragraph(), [(boxes.cut(sheet.subtitle, GRID.width / 9), 9, GREY, False)], 18)
    _table(document, sheet)
    _paragraph(document.add_paragraph(), [(boxes.cut(sheet.footer, GRID.width / 8), 8, GREY, False)], 16)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = sheet.title[:255], "huabu", "huabu"
    properties.comments = ""
    properties.created = properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001  the format has no zone
    buffer = io.BytesIO()
    document.save(buffer)
    return same_dates(buffer.getvalue())


def _table(document: Any, sheet: Sheet) -> None:
    from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
    from docx.shared import Pt

    places = boxes.place(GRID)
    narrow = {code: Box(b.x, b.y, b.width * 0.96 - 2, b.height - 2) for code, b in places.items()}
    size, filled = boxes.fit(sheet.notes, narrow)  # Word breaks lines by rules of its own
    table = document.add_table(rows=boxes.ROWS, cols=boxes.COLUMNS)
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column in table.columns:
        column.width = Pt(GRID.width / boxes.COLUMNS)
    for row, share in zip(table.rows, boxes.SHARES, strict=True):
        row.height, row.height_rule = Pt(GRID.height * share), WD_ROW_HEIGHT_RULE.EXACTLY
        for cell in row.cells:
            cell.width = Pt(GRID.width / boxes.COLUMNS)
    for code in CODES:
        top, left, bottom, right = boxes.PLACES[code]
        cell = table.cell(top, left).merge(table.cell(bottom, right))
        _dress(cell, boxes.FILLS[code][1:])
        _block(cell, sheet, code, filled[code], size)


def _dress(cell: Any, fill: str) -> None:
    """Colour, border and margins of a cell; python-docx has no names for them."""
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    borders = properties.makeelement(qn("w:tcBorders"), {})
    for side in ("top", "left", "bottom", "right"):
        given = {"val": "single", "sz": "6", "space": "0", "color": LINE[1:]}
        borders.append(borders.makeelement(qn(f"w:{side}"), {qn(f"w:{k}"): v for k, v in given.items()}))
    shade = properties.makeelement(
        qn("w:shd"), {qn("w:val"): "clear", qn("w:color"): "auto", qn("w:fill"): fill}
    )
    margins = properties.makeelement(qn("w:tcMar"), {})
    for side, points in (("top", 2.0), ("left", boxes.PADDING), ("bottom", 0.0), ("right", boxes.PADDING)):
        width = {qn("w:w"): str(int(20 * points)), qn("w:type"): "dxa"}
        margins.append(margins.makeelement(qn(f"w:{side}"), width))
    for element in (borders, shade, margins):  # in the order of the schema
        properties.append(element)


def _block(cell: Any, sheet: Sheet, code: str, filled: Filled, size: float) -> None:
    from docx.shared import Pt

    for extra in cell.paragraphs[1:]:  # merging leaves an empty paragraph of every cell
        extra._p.getparent().remove(extra._p)
    name = blocks()[code]
    rest = f" {name.en}{heading_share(sheet, code, len(filled.notes))}"
    _paragraph(cell.paragraphs[0], [(name.zh, 11, INK, True), (rest, 6.5, GREY, False)], boxes.HEADING - 2)
    if not sheet.notes[code]:
        _paragraph(cell.add_paragraph(), [(EMPTY, 8, GREY, False)], 12)
    for note, drawn in zip(sheet.notes[code], filled.notes, strict=False):
        text = "".join(drawn.lines) if drawn.lines[-1].endswith("…") else note.text
        mark, colour = mark_of(note)
        paragraph = cell.add_paragraph()
        _paragraph(paragraph, [(f"{mark}\t{text}", size, colour, False)], boxes.LEADING * size)
        indent = Pt(boxes.INDENT * size)
        style = paragraph.paragraph_format
        style.space_after, style.left_indent, style.first_line_indent = (
            Pt(boxes.SPACE * size),
            indent,
            -indent,
        )
    if filled.left:
        more = f"… 另有 {filled.left} 条 more"
        _paragraph(cell.add_paragraph(), [(more, min(size, 8), GREY, False)], boxes.LEADING * size)


def _paragraph(paragraph: Any, runs: list[tuple[str, float, str, bool]], line: float) -> None:
    """Text, size, colour and weight of each run; the lines are exactly `line` points high: the fonts
    of different programs would make them higher."""
    from docx.enum.text import WD_LINE_SPACING
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style = paragraph.paragraph_format
    style.space_before = style.space_after = Pt(0)
    style.line_spacing_rule, style.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    for text, size, colour, bold in runs:
        run = paragraph.add_run(text)
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = RGBColor.from_string(colour[1:])
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
