"""Lines of a binary Word file: paragraphs with heading marks, and a line for each row of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pipeline.extract.doc_properties import ParaLook
from pipeline.extract.errors import Unreadable
from pipeline.records import Mark, Page

CELL = "\t"
MAX_CHARS = 20_000_000
MAX_LINES = 200_000
PROSE_PARAGRAPHS, PROSE_CHARS = 4, 400
"""A cell of that many paragraphs and characters is a page of a form: cut into its paragraphs, not
one line of a table."""
_BREAK = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])[ \t]*\n\s*(?=[\u2e80-\u9fff\uff00-\uffef])")
"""A break inside a Chinese title: one name set in two lines, not two."""

Kind = Literal["", "heading", "table", "furniture"]


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    kind: Kind = ""
    level: int = 0
    row: bool = False  # a row of a table inside a cell


@dataclass(slots=True)
class Lines:
    """The page that is being written."""

    pieces: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    length: int = 0

    def add(self, line: Line) -> None:
        text = line.text
        if line.kind == "heading":
            text = " ".join(_BREAK.sub("", text).split())
        if line.kind and text.strip():
            self.marks.append(Mark(self.length, self.length + len(text), line.kind, line.level))
        self.pieces.append(text + "\n")
        self.length += len(text) + 1
        if self.length > MAX_CHARS or len(self.pieces) > MAX_LINES:
            raise Unreadable("LIMIT_SIZE")

    def page(self) -> Page:
        return Page(1, "".join(self.pieces), tuple(self.marks), flows=True)


@dataclass(slots=True)
class _OpenRow:
    """A row that is being read: closed cells, and what the open one holds so far."""

    cells: list[list[Line]] = field(default_factory=list)
    cell: list[Line] = field(default_factory=list)

    def end_cell(self) -> None:
        self.cells.append(self.cell)
        self.cell = []

    def lines(self) -> list[Line]:
        """One line with a tab between cells. A row that is only there for the layout (one cell around
        paragraphs, a cell that holds a table or a page of prose) is what its cells hold."""
        if self.cell:
            self.end_cell()
        kept = [[line for line in cell if line.text.strip()] for cell in self.cells]
        alone = len(kept) == 1 and (len(kept[0]) > 1 or any(line.kind == "heading" for line in kept[0]))
        if alone or any(map(_is_block, kept)):
            return [line for cell in kept for line in cell]
        texts = [" ".join(" ".join(line.text.split()) for line in cell) for cell in kept]
        return [Line(CELL.join(texts), "table", row=True)] if any(texts) else []


def _is_block(cell: list[Line]) -> bool:
    prose = len(cell) >= PROSE_PARAGRAPHS and sum(len(line.text) for line in cell) >= PROSE_CHARS
    return prose or any(line.row for line in cell)


@dataclass(slots=True)
class Table:
    """The rows that are open at a place of a story, outermost first."""

    rows: list[_OpenRow] = field(default_factory=list)

    def add(self, line: Line, sign: str, look: ParaLook) -> list[Line]:
        """Takes a paragraph with the character that ends it; gives the lines that are complete now.

        A paragraph outside tables closes what is open: a table that was cut off.
        """
        depth = look.tables
        if sign == "\x07" and not depth:
            depth = 1
        done: list[Line] = []
        while len(self.rows) > depth:
            done += self._close()
        if not depth:
            return [*done, line]
        while len(self.rows) < depth:
            self.rows.append(_OpenRow())
        row = self.rows[-1]
        if (look.row_end and sign == "\x07") or look.inner_row_end:
            return done + self._close()
        row.cell.append(line)
        if sign == "\x07" or look.inner_cell_end:
            row.end_cell()
        return done

    def _close(self) -> list[Line]:
        """The lines of the innermost row, if there is no cell around it that takes them."""
        lines = self.rows.pop().lines()
        if not self.rows:
            return lines
        self.rows[-1].cell += lines
        return []

    def end(self) -> list[Line]:
        done: list[Line] = []
        while self.rows:
            done += self._close()
        return done
