"""What the workbook shows of tables that are too large to be held, read back from their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import compare
from pipeline.blocks import CODES
from pipeline.report import review, workbook
from pipeline.report.writer import read_where

LEDGER = ["path", "member", "status", "reason", "warnings", "documents", "extractor"]
DOCUMENTS = ["doc_id", "path", "member", "title", "company", "first_page", "last_page", "duplicate_of"]


def read(paths: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """The tables as `to_workbook` takes them: every file and document, but only the notes, passages and
    companies that can be shown. `paths` are those of the Parquet files."""
    most = workbook.MAX_NOTES + 1  # one more: the last document may be cut
    columns = ["doc_id", "title", "company", "block", "block_zh", "rank", "note", "quote", "page", "passage_id", "score", "support", "weak", "conflict"]  # fmt: skip
    return {
        "ledger": read_where(paths["ledger"], LEDGER),
        "documents": read_where(paths["documents"], DOCUMENTS),
        "canvas": read_where(paths["canvas"], columns, limit=most),
        "doubtful": _doubtful(paths["passages"]),
        "comparison": read_where(
            paths["comparison"], compare.COMPARISON, limit=(review.MAX_COMPANIES + 1) * len(CODES)
        ),
    }


def _doubtful(path: Path) -> pd.DataFrame:
    """The passages to check, one more than is shown."""

    def unsure(batch: pa.RecordBatch) -> pa.Array:
        return pc.not_equal(batch["doubtful"], "")

    columns = ["passage_id", "doc_id", "page", "text", "blocks", "doubtful"]
    return read_where(path, columns, keep=unsure, limit=review.MAX_DOUBTFUL + 1)
