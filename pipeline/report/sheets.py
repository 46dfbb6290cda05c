"""Cells, tables and heights of a workbook: what xlsxwriter does not do by itself."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from numbers import Real
from typing import Any

import xlsxwriter

from pipeline.report.glossary import Column

MAX_ROWS = 1_048_576
"""Rows of a sheet in the file format."""
MAX_CELL = 32_767
"""UTF-16 units in a cell; a longer one makes Excel call the file damaged."""
MAX_LINKS = 65_530
"""Links of a sheet; xlsxwriter leaves out the cell of every further one."""
CUT = "…［CELL_CUT 已截断］"
FONT = "Microsoft YaHei"
LINE = 15.5
"""Points that a line of the body font takes: 14.5 with Noto Sans CJK in LibreOffice, 7 % to spare."""
MAX_HEIGHT = 409.0

_WIDE = re.compile(r"[\u1100-\u115f\u2010-\u203b\u2190-\u2bff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f"
                   r"\uff00-\uff60\uffe0-\uffe6·×÷°\U00010000-\U0003ffff]")  # fmt: skip
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with a colour of its own or a link to a place in the workbook."""

    value: object
    fill: str = ""
    link: str = ""


def width_of(text: str) -> int:
    """Width in half characters: a Han character or full-width sign counts two.

    >>> width_of("小米 MIUI")
    9
    """
    return len(text) + len(_WIDE.findall(text))


def lines_in(text: str, width: float) -> int:
    """Lines that `text` takes in a wrapped cell of `width` half characters."""
    # One half character less than the cell: a line never ends inside a Han character.
    room = max(2.0, width - 1)
    return sum(max(1, math.ceil(width_of(line) / room)) for line in text.split("\n"))


def legal(value: object) -> str:
    """The value as text without the characters that the file format cannot hold."""
    return _ILLEGAL.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))


def one_line(value: object, width: int) -> str:
    """The value on one line, cut with `…` where it is wider than `width` half characters.

    >>> one_line("小米\\n之家", 9), one_line("小米之家", 7)
    ('小米 之家', '小米…')
    """
    text = legal(value).replace("\n", " ")
    if width_of(text) <= width:
        return text
    text = text[:width]
    while text and width_of(text) > width - 2:
        text = text[:-1]
    return text + "…"


class Book:
    """A workbook in memory that remembers what it had to leave out."""

    def __init__(self, properties: dict[str, str]) -> None:
        self._buffer = io.BytesIO()
        self._workbook: Any = xlsxwriter.Workbook(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                # Column widths count digits of this font. Calibri is missing outside Office: in
                # LibreOffice its stand-in made every column a third wider. Arial has one everywhere.
                "default_format_properties": {"font_name": "Arial", "font_size": 10},
            },
        )
        # A fixed date: the same inputs give the same bytes.
        self._workbook.set_properties({**properties, "created": datetime(2000, 1, 1, tzinfo=UTC)})
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self.cuts = 0
        self.notices: list[str] = []

    def sheet(self, name: str, *, colour: str) -> Any:
        """A new sheet, set up to print on A4 across."""
        sheet = self._workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&8&A&R&8&P / &N", {"margin": 0.25})
        sheet.set_tab_color(colour)
        sheet.hide_gridlines(2)
        return sheet

    def style(self, **options: object) -> Any:
        """The cell format with these options on top of the body font; the same one each time."""
        key = tuple(sorted(options.items()))
        if key not in self._formats:
            base = {"font_name": FONT, "font_size": 10, "valign": "top"}
            self._formats[key] = self._workbook.add_format({**base, **options})
        return self._formats[key]

    def clean(self, value: object) -> str:
        """The value as text that a cell can hold; what is too long is cut with a flag."""
        text = legal(value)
        if len(text) > MAX_CELL // 2:
            units = text.encode("utf-16-le")
            if len(units) > 2 * MAX_CELL:
                self.cuts += 1
                text = units[: 2 * (MAX_CELL - len(CUT))].decode("utf-16-le", "ignore") + CUT
        return text

    def write(self, sheet: Any, row: int, column: int, value: object, style: Any) -> str:
        """Write a number as number, all else as text, never a formula; returns the text."""
        if isinstance(value, Real) and math.isfinite(value):
            sheet.write_number(row, column, value, style)
            return ""
        text = "" if value is None or value != value else self.clean(value)
        if text:
            sheet.write_string(row, column, text, style)
        else:
            sheet.write_blank(row, column, None, style)
        return text

    def table(
        self,
        sheet: Any,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        first_row: int = 0,
        reserve: int = 0,
        rest: str = "",
    ) -> int:
        """A table with frozen header and filter; returns the row below it.

        `reserve` rows stay free below. Rows that do not fit are left out and `notices` says so,
        with `rest` as the place that has all of them.
        """
        header = self.style(
            bold=True, font_color="#FFFFFF", bg_color="#3F5B76", border=1, border_color="#B8C4CE",
            text_wrap=True, valign="vcenter",
        )  # fmt: skip
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(first_row, number, column.name, header)
        tall = any("\n" in column.name for column in columns)
        sheet.set_row(first_row, 36 if tall else 24)
        last, left_out, links = first_row, 0, 0
        for cells in rows:
            if last + 1 + reserve >= MAX_ROWS:
                left_out += 1
                continue
            last += 1
            height = 1
            for number, (column, given) in enumerate(zip(columns, cells, strict=True)):
                cell = given if isinstance(given, Cell) else Cell(given)
                linked = bool(cell.link) and links < MAX_LINKS
                style = self._body(column, cell.fill, linked=linked)
                if linked:
                    links += 1
                    shown = self.clean(cell.value)
                    sheet.write_url(last, number, cell.link, style, shown)
                else:
                    shown = self.write(sheet, last, number, cell.value, style)
                if len(shown) * 2 > column.width - 1:
                    height = max(height, lines_in(shown, column.width))
            sheet.set_row(last, min(MAX_HEIGHT, height * LINE + 4))
        if left_out:
            shown_rows = last - first_row
            self.notices.append(
                f"“{sheet.get_name()}”只列出前 {shown_rows} 行（Excel 的行数上限），"
                f"另有 {left_out} 行" + (f"见 {rest}。" if rest else "没有列出。")
            )
        sheet.autofilter(first_row, 0, last, len(columns) - 1)
        sheet.freeze_panes(first_row + 1, 0)
        sheet.repeat_rows(first_row)
        sheet.fit_to_pages(1, 0)
        return last + 1

    def _body(self, column: Column, fill: str, *, linked: bool) -> Any:
        options: dict[str, object] = {
            "border": 1,
            "border_color": "#D5DCE2",
            "text_wrap": True,
            "valign": "vcenter",
        }
        if column.kind != "text":
            options |= {"align": "center", "num_format": "0.00" if column.kind == "score" else "0"}
        if fill:
            options["bg_color"] = fill
        if linked:
            options |= {"font_color": "#1F5FA8", "underline": 1}
        return self.style(**options)

    def bytes(self) -> bytes:
        """The finished file."""
        self._workbook.close()
        return self._buffer.getvalue()
