"""Stories of a rich text: its body, a header, a note or a text box as lines with marks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pipeline.records import Mark

CELL = "\t"
_GAPS = re.compile(r"[\t\n ]+")
_WIDE = "\u2e80-\u9fff\uff01-\uff60\u3000-\u303f"
_BREAK = re.compile(rf"(?<=[{_WIDE}])[ \t]*\n[ \t]*(?=[{_WIDE}])")

LineKind = Literal["", "heading", "table", "furniture"]


@dataclass(slots=True)
class Story:
    """Text that is read in one go. Paragraphs wait in `cell` while a table row is open."""

    furniture: bool = False
    lines: list[tuple[str, LineKind, int]] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)  # paragraphs of the open cell
    row: list[list[str]] = field(default_factory=list)  # closed cells of the open row
    boxes: list[Story] = field(default_factory=list)  # anchored in the open paragraph

    def end_paragraph(self, level: int, *, in_table: bool) -> None:
        text = joined(self.inline)
        self.inline = []
        if in_table:
            self.cell.append(text)
            return
        self.end_row()
        self._write(text, level)

    def end_cell(self) -> None:
        self.cell.append(joined(self.inline))
        self.inline = []
        self.row.append(self.cell)
        self.cell = []

    def end_row(self) -> None:
        """One line for a row; a row with one cell that says something is paragraphs of layout."""
        if self.cell:  # no \cell before the end: a cut file, or a paragraph that only looks like a cell
            self.row.append(self.cell)
            self.cell = []
        if not self.row:
            return
        row, self.row = self.row, []
        filled = [cell for cell in row if any(text.strip() for text in cell)]
        if len(filled) == 1:
            for text in filled[0]:
                self._write(text, 0)
        elif filled:
            cells = (" ".join(_GAPS.sub(" ", text).strip() for text in cell).strip() for cell in row)
            self.lines.append((CELL.join(cells), "table", 0))
        self._place_boxes()

    def end(self) -> None:
        """What the end of a file or destination leaves open becomes its last lines."""
        if self.inline:
            self.end_paragraph(0, in_table=bool(self.row or self.cell))
        self.end_row()
        self._place_boxes()

    def _write(self, text: str, level: int) -> None:
        if level and text.strip():
            name = _GAPS.sub(" ", _BREAK.sub("", text)).strip()  # a name set in two lines is one name
            self.lines.append((name, "heading", level))
        else:
            self.lines.append((text, "", 0))
        self._place_boxes()

    def _place_boxes(self) -> None:
        for box in self.boxes:
            box.end()
            self.lines += box.lines
        self.boxes = []


def joined(pieces: list[str]) -> str:
    """Pieces as one text: surrogates that stood apart are one character, halves alone are none."""
    text = "".join(pieces)
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


def page_text(stories: list[Story]) -> tuple[str, tuple[Mark, ...]]:
    """(text, marks) of stories one after the other; lines of furniture are marked line by line."""
    pieces: list[str] = []
    marks: list[Mark] = []
    length = 0
    for story in stories:
        for text, kind, level in story.lines:
            for part in text.split("\n") if story.furniture else [text]:
                mark: LineKind = "furniture" if story.furniture else kind
                if mark and part.strip():
                    marks.append(Mark(length, length + len(part), mark, 0 if story.furniture else level))
                pieces.append(part + "\n")
                length += len(part) + 1
    return "".join(pieces), tuple(marks)
