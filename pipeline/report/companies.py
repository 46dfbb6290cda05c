"""The canvas of every company, from rows that wait on disk: a company is one cell in memory at a time."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import canvas
from pipeline.blocks import CODES

Row = dict[str, Any]
BATCH = 4_000  # rows aggregated at once, more only where a single cell has more
_KEPT = ("doc_id", "note", "quote", "score", "position", "years")


class CompanyRows:
    """Tagged rows by company and block. `folder` takes a scratch file that the system removes."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by `close`
        self._places: dict[str, dict[str, array[int]]] = {}  # company -> block -> offsets in the file
        self._end = 0

    def add(self, row: Row) -> None:
        line = json.dumps([row[name] for name in _KEPT], ensure_ascii=False).encode() + b"\n"
        blocks = self._places.setdefault(row["company"], {})
        blocks.setdefault(row["block"], array("Q")).append(self._end)
        self._end += self._file.write(line)

    def tables(self) -> Iterator[pd.DataFrame]:
        """The rows of `companies`, in parts: companies as they came, blocks in canvas order."""
        waiting: list[Row] = []
        for company, blocks in self._places.items():
            for block in sorted(blocks, key=CODES.index):
                waiting += self._read(company, block)
                if len(waiting) >= BATCH:
                    yield canvas.company_canvas(pd.DataFrame(waiting))
                    waiting = []
        if waiting:
            yield canvas.company_canvas(pd.DataFrame(waiting))

    def _read(self, company: str, block: str) -> Iterator[Row]:
        for offset in self._places[company][block]:
            self._file.seek(offset)
            values = json.loads(self._file.readline())
            yield {"company": company, "block": block, **dict(zip(_KEPT, values, strict=True))}

    def close(self) -> None:
        self._file.close()
