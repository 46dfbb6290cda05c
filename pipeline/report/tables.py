"""DataFrames -> bytes of CSV and Parquet, and the schemas of all published tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow as pa

from pipeline import canvas, compare
from pipeline.blocks import CODES

SCORES = [f"score_{code}" for code in CODES]
LEDGER = [
    "path",
    "path_hex",
    "member",
    "size",
    "sha256",
    "type",
    "status",
    "reason",
    "warnings",
    "documents",
    "pages",
    "extractor",
    "cleaning",
]
DOCUMENTS = [
    "doc_id",
    "path",
    "path_hex",
    "member",
    "title",
    "company",
    "start",
    "end",
    "first_page",
    "last_page",
    "chars",
    "passages",
    "duplicate_of",
]
PASSAGES = [
    "passage_id",
    "doc_id",
    "page",
    "start",
    "end",
    "raw_page",
    "raw_start",
    "raw_end",
    "heading_path",
    "role",
    "bare",
    "text",
    "blocks",
    "origin",
    "doubtful",
    *SCORES,
]
EVIDENCE = ["passage_id", "block", "kind", "term", "start", "end", "weight", "source"]
PUBLISHED: dict[str, list[str]] = {
    "ledger": LEDGER,
    "documents": DOCUMENTS,
    "passages": PASSAGES,
    "evidence": EVIDENCE,
    "canvas": canvas.CANVAS,
    "canvas_wide": canvas.wide_columns(),
    "companies": canvas.COMPANIES,
    "periods": canvas.COMPANIES,
    "comparison": compare.COMPARISON,
    "terms": compare.TERMS,
}
"""Every table of OUT and its columns, in their order."""

_INTEGER = {
    "size",
    "documents",
    "pages",
    "start",
    "end",
    "first_page",
    "last_page",
    "chars",
    "passages",
    "page",
    "raw_page",
    "raw_start",
    "raw_end",
    "rank",
    "support",
    "first_year",
    "last_year",
    "notes",
    "count",
    "others",
}
_FLOAT = {"score", "weight", "probability", "strength", "z", *SCORES}
_BOOL = {"bare", "weak", "gap"}
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def frame(rows: list[dict[str, object]], columns: list[str]) -> pd.DataFrame:
    """A table with the given columns and types, also where there is no row."""
    return typed(pd.DataFrame(rows, columns=columns))


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the type that each column name has in every published table."""
    return table.astype({c: _dtype(c) for c in table.columns})


def _dtype(column: str) -> str:
    if column in _INTEGER:
        return "Int64"
    if column in _FLOAT:
        return "float64"
    return "bool" if column in _BOOL else "str"


def first_within(things: pd.DataFrame, key: str, owners: pd.Series[str], most: int) -> pd.DataFrame:
    """The first of these things that have no more than `most` rows in all; one at least.

    >>> first_within(pd.DataFrame({"d": ["a", "b", "c"]}), "d", pd.Series(["a", "c", "c"]), 2)["d"].tolist()
    ['a', 'b']
    """
    sizes = things[key].map(owners.value_counts()).fillna(0)
    return things.head(max(1, int((sizes.cumsum() <= most).sum())))


def guard(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula.

    >>> guard("=1+1"), guard("小米"), guard("  +86")
    ("'=1+1", '小米', "'  +86")
    """
    return "'" + cell if cell.lstrip(" \u3000").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def to_csv(table: pd.DataFrame) -> bytes:
    """CSV for people: UTF-8 with BOM, CRLF, text quoted, guarded against formulas."""
    buffer = io.BytesIO()
    write_csv(table, buffer, header=True)
    return buffer.getvalue()


def write_csv(table: pd.DataFrame, to: IO[bytes] | Path, *, header: bool) -> None:
    """The lines of `to_csv`; without the header they go on below what is written already."""
    shown = table.copy()
    for column in shown.columns:
        if _dtype(column) == "str":
            shown[column] = shown[column].map(guard)
    shown.to_csv(
        to,
        mode="wb" if header else "ab",
        index=False,
        header=header,
        encoding="utf-8-sig" if header else "utf-8",
        quoting=csv.QUOTE_NONNUMERIC,
        lineterminator="\r\n",
    )


def to_arrow(table: pd.DataFrame) -> pa.Table:
    """The table as Parquet keeps it: raw values."""
    return pa.Table.from_pandas(table, preserve_index=False)


def machine_csv(table: pd.DataFrame) -> bytes:
    """CSV for other programs: UTF-8 without BOM, values as they are."""
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue().encode("utf-8")
