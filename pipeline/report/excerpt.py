"""What workbook and page show of tables that are too large to be held, read back from their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.blocks import CODES
from pipeline.report import site, workbook
from pipeline.report.tables import SCORES
from pipeline.report.writer import read_where

LEDGER = ["path", "member", "status", "reason", "warnings", "documents", "extractor"]
DOCUMENTS = ["doc_id", "path", "member", "title", "company", "first_page", "last_page", "duplicate_of"]
PASSAGES = ["passage_id", "doc_id", "page", "heading_path", "text", "blocks", *SCORES]

MAX_QUOTED = 100_000  # passages looked at for the place of a quote: a common line stands everywhere


def read(paths: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """The tables as `to_workbook` and `to_site` take them: every file and document, but only the notes
    and passages that can be shown. `paths` are those of the Parquet files."""
    documents = read_where(paths["documents"], DOCUMENTS)
    most = max(workbook.MAX_NOTES, site.MAX_NOTES) + 1  # one more: the last document may be cut
    columns = ["doc_id", "title", "company", "block", "block_zh", "rank", "note", "quote", "page", "passage_id", "score", "support"]  # fmt: skip
    canvas = read_where(paths["canvas"], columns, limit=most)
    companies = _companies(paths["companies"], list(site.shared_companies(documents)))
    noted = canvas[canvas["doc_id"].isin(site.shown_documents(documents, canvas)["doc_id"])]
    return {
        "ledger": read_where(paths["ledger"], LEDGER),
        "documents": documents,
        "canvas": canvas,
        "companies": companies,
        "passages": _passages(paths["passages"], noted, companies),
    }


def _companies(path: Path, names: list[str]) -> pd.DataFrame:
    """The first notes of each cell of these companies, one more than is shown of a cell."""
    wanted = pa.array(names[: site.MAX_CANVASES], pa.large_string())

    def keep(batch: pa.RecordBatch) -> pa.Array:
        few = pc.less_equal(batch["rank"], site.MAX_CELL + 1)
        return pc.and_(few, pc.is_in(batch["company"].cast(pa.large_string()), wanted))

    columns = ["company", "block", "rank", "note", "quote", "support", "doc_ids", "first_year", "last_year"]
    return read_where(path, columns, keep=keep, limit=site.MAX_NOTES + site.MAX_CELL * len(CODES))


def _passages(path: Path, canvas: pd.DataFrame, companies: pd.DataFrame) -> pd.DataFrame:
    """The passages that notes stand in, and those whose words a company's note quotes."""
    ids = pa.array(canvas["passage_id"], pa.large_string())
    quotes = pa.array(companies["quote"].unique(), pa.large_string())

    def noted(batch: pa.RecordBatch) -> pa.Array:
        return pc.is_in(batch["passage_id"].cast(pa.large_string()), ids)

    def quoted(batch: pa.RecordBatch) -> pa.Array:
        same = pc.is_in(batch["text"].cast(pa.large_string()), quotes)
        return pc.and_(same, pc.not_equal(batch["blocks"], ""))

    found = [
        read_where(path, PASSAGES, keep=noted),
        read_where(path, PASSAGES, keep=quoted, limit=MAX_QUOTED),
    ]
    return pd.concat(found, ignore_index=True)
