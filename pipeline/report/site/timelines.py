"""Rows of `periods` -> which notes enter, stay in and leave each block of a company, period by period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import compare
from pipeline.blocks import CODES, Block, blocks
from pipeline.report.site import limits
from pipeline.report.site.reading import Row, groups

ORDER = ("stays", "enters", "leaves")
FIRST = "first"
"""What `enters` in the first period that speaks of a block was there when the texts begin."""


@dataclass(frozen=True, slots=True)
class Change:
    kind: str  # first, enters, stays, leaves
    note: str
    quote: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A block in a period."""

    changes: tuple[Change, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Timeline:
    company: str
    periods: tuple[str, ...]
    left_out: int  # earlier periods
    lines: tuple[tuple[Block, tuple[Moment, ...]], ...]  # blocks that anything is said about
    enters: int
    leaves: int


def timelines(path: Path) -> Iterator[Timeline]:
    """Every company of which at least two periods are told; `path` is the Parquet file of `periods`."""
    for company, rows in groups(path, lambda row: str(row["company"])):
        periods = list(dict.fromkeys(row["period"] for row in rows))
        if len(periods) > 1:
            yield _timeline(company, rows, periods)


def _timeline(company: str, rows: list[Row], every: list[str]) -> Timeline:
    periods = every[-limits.MAX_PERIODS :]
    own = {(row["block"], row["note"]): row for row in reversed(rows)}
    found: dict[tuple[str, str], list[Change]] = {}
    first = {code: next((r["period"] for r in rows if r["block"] == code), "") for code in CODES}
    for change in compare.changes(pd.DataFrame(rows)).to_dict("records"):
        block, period = str(change["block"]), str(change["period"])
        source = own.get((block, change["note"]), {})
        kind = FIRST if period == first[block] else str(change["change"])
        ids = tuple(str(source.get("doc_ids", "")).split(";"))
        entry = Change(kind, str(change["note"]), str(source.get("quote", "")), ids)
        found.setdefault((block, period), []).append(entry)
    lines = tuple(
        (blocks()[code], tuple(_moment(found.get((code, period), [])) for period in periods))
        for code in CODES
        if first[code]
    )
    kinds = [change.kind for changes in found.values() for change in changes]
    left_out = len(every) - len(periods)
    return Timeline(company, tuple(periods), left_out, lines, kinds.count("enters"), kinds.count("leaves"))


def _moment(changes: list[Change]) -> Moment:
    ranked = sorted(changes, key=lambda c: ORDER.index(c.kind) if c.kind in ORDER else 0)
    return Moment(tuple(ranked[: limits.MAX_CHANGES]), max(0, len(ranked) - limits.MAX_CHANGES))
