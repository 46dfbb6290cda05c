"""Lines in reading order -> the text of a page, with the way back to PDFium's character indices."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from pipeline.extract.pdf_layout import Glyphs
from pipeline.extract.pdf_lines import SPACE, Line
from pipeline.records import Mark, Page

TAB = -2
"""Stands in an order of indices for the border between two cells."""
MIN_MOVES = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the text to be: PDFium indices, SPACE and TAB, and what the line is."""

    order: Sequence[int]
    row: int = -1  # pieces of one row stay on one line if they follow each other
    kind: Literal["", "table", "heading"] = ""
    level: int = 0


def entry_of(line: Line) -> Entry:
    return Entry(line.order, line.row)


class _Writer:
    """Collects text and the stretches of it that follow PDFium's indices."""

    def __init__(self, raw: str, dropped: frozenset[int]) -> None:
        self.raw = raw
        self.dropped = sorted(dropped)
        self.pieces: list[str] = []
        self.length = 0
        self.stretches: list[int] = []  # offset, index, offset, index …
        self.expected = 0  # the index that the next character would have without a stretch

    def literal(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)
        self.expected += len(text)

    def span(self, start: int, end: int) -> None:
        """Characters start to end of the page, without the dropped ones."""
        for at in self.dropped[bisect_left(self.dropped, start) : bisect_left(self.dropped, end)]:
            self._run(start, at)
            start = at + 1
        self._run(start, end)

    def _run(self, start: int, end: int) -> None:
        if start >= end:
            return
        if start != self.expected:
            self.stretches += (self.length, start)
        self.pieces.append(self.raw[start:end])
        self.length += end - start
        self.expected = end

    def line(self, order: Sequence[int]) -> None:
        if isinstance(order, range):
            self.span(order.start, order.stop)
            return
        for index in order:
            if index >= 0:
                self._run(index, index + 1)
            else:
                self.literal(" " if index == SPACE else "\t")


def compose(number: int, glyphs: Glyphs, entries: Sequence[Entry]) -> Page:
    """A page of these lines. What PDFium puts between two lines that follow each other stays."""
    writer = _Writer(glyphs.text, glyphs.dropped)
    marks: list[Mark] = []
    previous: Entry | None = None
    for entry in entries:
        if previous is not None:
            first, last = entry.order[0], previous.order[-1]
            between = _between(glyphs, last, first)
            drawn = isinstance(entry.order, range) and isinstance(previous.order, range)
            if between is not None and not (entry.kind or previous.kind) and (drawn or "\n" in between):
                writer.span(last + 1, first)
            else:
                writer.literal(" " if entry.row == previous.row >= 0 else "\n")
        start = writer.length
        writer.line(entry.order)
        if entry.kind:
            marks.append(Mark(start, writer.length, entry.kind, entry.level))
        previous = entry
    stretches = writer.stretches
    if stretches and stretches[0]:
        stretches = [0, 0, *stretches]
    return Page(number, "".join(writer.pieces), tuple(marks), order=tuple(stretches))


def is_moved(entries: Sequence[Entry]) -> bool:
    """Whether lines were drawn in another order than they are read; a header or page number that
    was drawn first or last does not count."""
    firsts = [next((i for i in entry.order if i >= 0), 0) for entry in entries]
    drawn = {first: number for number, first in enumerate(sorted(firsts))}
    return sum(drawn[b] != drawn[a] + 1 for a, b in pairwise(firsts)) >= MIN_MOVES


def _between(glyphs: Glyphs, last: int, first: int) -> str | None:
    """What PDFium has between two characters if nothing of it stands on the page."""
    if first <= last:
        return None
    at = int(np.searchsorted(glyphs.ink, last, side="right"))
    return glyphs.text[last + 1 : first] if at < len(glyphs.ink) and glyphs.ink[at] == first else None
