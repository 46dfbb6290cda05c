"""Notes of one cell that speak against each other: 免费 and 收费, 直营 and 加盟."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache

from pipeline import store
from pipeline.matching import matching_copy

Pair = tuple[tuple[str, ...], tuple[str, ...]]


@cache
def pairs() -> tuple[Pair, ...]:
    """The opposed terms of `opposed.csv`, as matching copies."""
    rows = csv.DictReader(store.resource_text("opposed.csv").splitlines())
    return tuple((_terms(row["one"]), _terms(row["other"])) for row in rows)


def _terms(cell: str) -> tuple[str, ...]:
    return tuple(matching_copy(term).text for term in cell.split(";"))


def conflicts(notes: Sequence[str]) -> list[str]:
    """For every note of a cell the first one that may contradict it, empty where none does.

    A note that names both sides (线上线下) contradicts nothing. Whether both hold, a reader decides:
    a company may have own shops and franchised ones.

    >>> conflicts(["全部直营", "开放加盟", "直营与加盟并行", "會員免費"])
    ['开放加盟', '全部直营', '', '']
    """
    copies = [matching_copy(note).text for note in notes]
    found = [""] * len(notes)
    for one, other in pairs():
        sides = [_side(copy, one, other) for copy in copies]
        if 1 in sides and -1 in sides:
            first = {side: notes[sides.index(side)] for side in (1, -1)}
            for number, side in enumerate(sides):
                if side and not found[number]:
                    found[number] = first[-side]
    return found


def _side(copy: str, one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """1 or -1 for the side a note is on, 0 for none or both."""
    return any(term in copy for term in one) - any(term in copy for term in other)
