"""The canvas of every company and period, from rows that wait on disk: a company is one cell in memory
at a time."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import canvas
from pipeline.blocks import CODES
from pipeline.period import UNKNOWN, Period

Row = dict[str, Any]
BATCH = 4_000  # rows aggregated at once, more only where a single cell has more
_KEPT = ("doc_id", "note", "quote", "score", "position", "years", "probability")


class CompanyRows:
    """Tagged rows by company and block. `folder` takes a scratch file that the system removes."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by `close`
        self._places: dict[str, dict[str, array[int]]] = {}  # company -> block -> offsets in the file
        self._dated: dict[str, array[int]] = {}  # company -> label, block, offset of each dated row
        self._labels: dict[str, int] = {}
        self._periods: dict[str, dict[str, Period]] = {}  # company -> label -> all that dates it
        self._end = 0

    def add(self, row: Row) -> None:
        line = json.dumps([row[name] for name in _KEPT], ensure_ascii=False).encode() + b"\n"
        blocks = self._places.setdefault(row["company"], {})
        blocks.setdefault(row["block"], array("Q")).append(self._end)
        for period in row.get("periods", ()):
            label = self._labels.setdefault(period.label, len(self._labels))
            where = (label, CODES.index(row["block"]), self._end)
            self._dated.setdefault(row["company"], array("Q")).extend(where)
            known = self._periods.setdefault(row["company"], {})
            known[period.label] = _together(known.get(period.label, period), period)
        self._end += self._file.write(line)

    def tables(self) -> Iterator[pd.DataFrame]:
        """The rows of `companies`, in parts: companies as they came, blocks in canvas order."""
        cells = (
            ({"company": company, "block": block}, blocks[block])
            for company, blocks in self._places.items()
            for block in sorted(blocks, key=CODES.index)
        )
        return self._tables(cells, canvas.company_canvas)

    def period_tables(self) -> Iterator[pd.DataFrame]:
        """The rows of `periods`, in parts: companies as they came, periods in time order."""
        return self._tables(self._dated_cells(), canvas.period_canvas)

    def _dated_cells(self) -> Iterator[tuple[Row, list[int]]]:
        labels = list(self._labels)
        for company, dated in self._dated.items():
            places = zip(dated[0::3], dated[1::3], dated[2::3], strict=True)
            known = self._periods[company]
            ordered = sorted((known[labels[label]], block, offset) for label, block, offset in places)
            for (period, block), members in groupby(ordered, key=lambda entry: entry[:2]):
                first, last = (None if y == UNKNOWN else y for y in (period.first, period.last))
                own = {"company": company, "block": CODES[block], "period": period.label}
                yield {**own, "first": first, "last": last}, [offset for _, _, offset in members]

    def _tables(
        self, cells: Iterable[tuple[Row, Iterable[int]]], aggregate: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> Iterator[pd.DataFrame]:
        waiting: list[Row] = []
        for own, offsets in cells:
            waiting += self._read(own, offsets)
            if len(waiting) >= BATCH:
                yield aggregate(pd.DataFrame(waiting))
                waiting = []
        if waiting:
            yield aggregate(pd.DataFrame(waiting))

    def _read(self, own: Row, offsets: Iterable[int]) -> Iterator[Row]:
        for offset in offsets:
            self._file.seek(offset)
            values = json.loads(self._file.readline())
            yield {**own, **dict(zip(_KEPT, values, strict=True))}

    def close(self) -> None:
        with suppress(OSError):  # no room for what was still to be written: it is not needed any more
            self._file.close()


def _together(known: Period, period: Period) -> Period:
    """A stage is dated by whatever text of the company gives it years."""
    if UNKNOWN in (known.first, period.first):
        return min(known, period)
    return Period(min(known.first, period.first), max(known.last, period.last), known.order, known.label)
