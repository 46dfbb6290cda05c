"""Pages -> lines whose characters are repaired and know the raw offset they come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.characters import repair
from pipeline.records import Mark, Page

LINE = re.compile(r"[^\n\r\x0b\x0c\x85]*(?:\r\n|[\n\r\x0b\x0c\x85]|$)")
BREAKS = "\n\r\x0b\x0c\x85"
# Box drawing, and the ASCII signs of a drawn frame at the edge of a line.
_DRAWN = re.compile(r"[\u2500-\u257f]|^\s*[+|].*[+|]\s*$")


@dataclass(slots=True)
class Line:
    """A line of one page: its text, the page and raw offset of each character, and its kind."""

    text: str
    page: int
    offsets: Sequence[int]
    marks: list[Mark] = field(default_factory=list)
    furniture: str = ""  # name of the rule that found it to be page furniture
    flows: bool = False
    sheet: int = 0  # the printed page it stands on, where page numbers show it inside one text

    @property
    def blank(self) -> bool:
        return not self.text.strip()

    @property
    def drawn(self) -> bool:
        """Whether the line is part of a drawing made of characters, whose columns must stay."""
        return _DRAWN.search(self.text) is not None


def width(text: str) -> int:
    """Columns on the page: a Han character takes two."""
    return sum(2 if char > "\u1fff" else 1 for char in text)  # “” — … are full width in Chinese


def lines_of(page: Page) -> list[Line]:
    """The lines of a page in order, blank ones included, each with the marks that touch it."""
    found: list[Line] = []
    pending = sorted(page.marks, key=lambda m: m.start, reverse=True)
    open_marks: list[Mark] = []
    for match in LINE.finditer(page.text):
        if match.start() == match.end() == len(page.text):
            break
        text, offsets = repair(match.group().rstrip(BREAKS))
        stripped = text.rstrip()
        start = match.start()
        shifted: Sequence[int] = (
            range(start, start + len(stripped))
            if isinstance(offsets, range)
            else [start + o for o in offsets[: len(stripped)]]
        )
        shifted = page.raw_offsets(shifted)
        while pending and pending[-1].start < match.end():
            open_marks.append(pending.pop())
        open_marks = [m for m in open_marks if m.end > start]
        found.append(Line(stripped, page.number, shifted, list(open_marks), "", page.flows, page.number))
    return found
