"""Published tables read back one document (or company) at a time, in the order they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]
BATCH = 4_096


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """One document with all that the tables say about it."""

    document: Row
    passages: list[Row]
    notes: list[Row]
    evidence: dict[str, list[Row]]  # passage_id -> rows of the sums, largest first


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a written table, a batch in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH, use_threads=False):
            yield from batch.to_pylist()


def groups(path: Path, key: Callable[[Row], str]) -> Iterator[tuple[str, list[Row]]]:
    """Rows that stand together and have the same key."""
    name = ""
    found: list[Row] = []
    for row in rows_of(path):
        if key(row) != name and found:
            yield name, found
            found = []
        name = key(row)
        found.append(row)
    if found:
        yield name, found


class _Cursor:
    """Groups of a table whose keys come in the order of the documents, some documents having none."""

    def __init__(self, path: Path, key: Callable[[Row], str]) -> None:
        self._groups = groups(path, key)
        self._next = next(self._groups, ("", []))

    def take(self, key: str) -> list[Row]:
        name, found = self._next
        if name != key:
            return []
        self._next = next(self._groups, ("", []))
        return found


def documents(paths: dict[str, Path]) -> Iterator[DocumentRows]:
    """Every document in published order. `paths` are those of the Parquet files."""
    passages = _Cursor(paths["passages"], lambda row: str(row["doc_id"]))
    notes = _Cursor(paths["canvas"], lambda row: str(row["doc_id"]))
    evidence = _Cursor(paths["evidence"], lambda row: str(row["passage_id"]).rpartition("-")[0])
    for document in rows_of(paths["documents"]):
        doc_id = str(document["doc_id"])
        sums: dict[str, list[Row]] = {}
        for row in evidence.take(doc_id):
            sums.setdefault(row["passage_id"], []).append(row)
        yield DocumentRows(document, passages.take(doc_id), notes.take(doc_id), sums)
