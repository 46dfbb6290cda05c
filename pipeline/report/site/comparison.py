"""Companies side by side: rows of `comparison` and `terms` -> what the heat map and the term lists show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.blocks import CODES
from pipeline.report.site import limits
from pipeline.report.site.reading import Row, groups, rows_of

LEVELS = (0.0, 0.05, 0.1, 0.16, 0.24)
"""Share of a block in all the evidence of its company from which a cell is a shade darker."""
MAX_TERMS = 10  # of a company or block


@dataclass(frozen=True, slots=True)
class Heat:
    """One cell of the heat map. `level` from 0 (nothing found) to 5."""

    block: str
    notes: int
    support: int
    share: float
    level: int
    best: str


@dataclass(frozen=True, slots=True)
class Compared:
    company: str
    documents: int
    cells: tuple[Heat, ...]
    terms: tuple[Row, ...]


def level_of(share: float, notes: int) -> int:
    """The shade of a cell.

    >>> level_of(0.0, 0), level_of(0.01, 1), level_of(0.3, 4)
    (0, 1, 5)
    """
    return sum(share >= edge for edge in LEVELS) if notes else 0


def compared(paths: Mapping[str, Path], documents: Mapping[str, int]) -> tuple[list[Compared], int]:
    """(The companies with the most documents, how many are left out). `documents` counts those of each."""
    order = sorted(documents, key=lambda name: -documents[name])  # stable: else as they come
    wanted = dict.fromkeys(order[: limits.MAX_COMPARED])
    terms = _terms(paths, wanted)
    found: dict[str, Compared] = {}
    for company, rows in groups(paths["comparison"], lambda row: str(row["company"])):
        if company in wanted:
            own = {row["block"]: row for row in rows}
            cells = tuple(_heat(own[code]) for code in CODES)
            found[company] = Compared(company, documents[company], cells, tuple(terms.get(company, ())))
    return [found[name] for name in wanted if name in found], max(0, len(order) - len(wanted))


def _heat(row: Row) -> Heat:
    level = level_of(row["strength"], row["notes"])
    return Heat(row["block"], row["notes"], row["support"], row["strength"], level, row["best_note"])


def _terms(paths: Mapping[str, Path], wanted: Mapping[str, object]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows_of(paths["terms"]):
        if row["company"] in wanted and row["rank"] <= MAX_TERMS:
            found.setdefault(row["company"], []).append(row)
    return found


def block_terms(paths: Mapping[str, Path]) -> dict[str, list[Row]]:
    """Block -> the terms that set it apart from the others, best first."""
    found: dict[str, list[Row]] = {}
    for row in rows_of(paths["terms"]):
        if not row["company"] and row["rank"] <= MAX_TERMS:
            found.setdefault(row["block"], []).append(row)
    return {code: found[code] for code in CODES if code in found}
