"""Tables that grow row by row: written as CSV and Parquet in batches, never held as a whole.

The bytes depend on the rows only, not on how they came: row groups have a fixed size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import store
from pipeline.report import tables

BATCH = 2_000  # rows that are plain objects
ROW_GROUP = 16_384
"""Rows held as columns before they are written: some 10 MB of passages."""

Keep = Callable[[pa.RecordBatch], pa.Array]
"""Which rows of a batch are wanted, as booleans."""


class TableWriter:
    """One published table and its twin below a stage; `rows` counts what was added."""

    def __init__(self, stage: store.Stage, name: str, columns: list[str], *, csv: bool = True) -> None:
        self.rows = 0
        self.stage = stage
        self.columns = columns
        self.csv = stage.path(f"{name}.csv") if csv else None
        self.path = stage.path(f"{name}.parquet")
        empty = tables.frame([], columns)
        schema = tables.to_arrow(empty).schema
        self._parquet = pq.ParquetWriter(self.path, schema, compression="zstd")
        self._waiting: list[dict[str, object]] = []
        self._held: list[pa.Table] = [schema.empty_table()]
        self._written = False
        if self.csv:
            try:
                tables.write_csv(empty, self.csv, header=True)
            except OSError:
                self.let_go()
                raise

    def add(self, rows: Iterable[dict[str, object]]) -> None:
        self._waiting.extend(rows)
        if len(self._waiting) >= BATCH:
            self._flush()

    def add_frame(self, frame: pd.DataFrame) -> None:
        """Rows that are a table already; its columns are those of the writer."""
        self._flush()
        self._take(tables.typed(frame))

    def close(self) -> None:
        """Write what is held; a second time does nothing."""
        if not self._held:
            return
        self._flush()
        rest = self._held_rows()
        if rest.num_rows or not self._written:
            self._parquet.write_table(rest)
        self._parquet.close()
        self._held = []

    def let_go(self) -> None:
        """Close the file of a run that ends early, whatever is missing in it."""
        self._held, self._waiting = [], []
        with suppress(OSError, ValueError):
            self._parquet.close()

    def read_back(self) -> int:
        """The number of rows on disk, in either twin. Raises OutputError where it is not what was added."""
        found = {pq.read_metadata(self.path).num_rows}
        if self.csv:
            found.add(self.stage.records(self.csv.name))
        if found != {self.rows}:
            raise store.OutputError(
                f"{self.path.stem}: 读回的行数不对, 请检查磁盘 rows are missing on reading back, check the disk"
            )
        return self.rows

    def _flush(self) -> None:
        rows, self._waiting = self._waiting, []
        if rows:
            self._take(tables.frame(rows, self.columns))

    def _take(self, frame: pd.DataFrame) -> None:
        self.rows += len(frame)
        if self.csv and len(frame):
            tables.write_csv(frame, self.csv, header=False)
        self._held.append(tables.to_arrow(frame).cast(self._held[0].schema))
        while sum(part.num_rows for part in self._held) >= ROW_GROUP:
            whole = self._held_rows()
            self._parquet.write_table(whole.slice(0, ROW_GROUP).combine_chunks())
            self._written = True
            self._held = [self._held[0].schema.empty_table(), whole.slice(ROW_GROUP).combine_chunks()]

    def _held_rows(self) -> pa.Table:
        return pa.concat_tables(self._held).combine_chunks()


def read_where(
    path: Path, columns: list[str], *, keep: Keep | None = None, limit: int | None = None
) -> pd.DataFrame:
    """Columns of a written table, only the rows wanted, at most `limit`; read a batch at a time."""
    with pq.ParquetFile(path) as file:
        schema = pa.schema([file.schema_arrow.field(name) for name in columns], file.schema_arrow.metadata)
        found, rows = [], 0
        for batch in file.iter_batches(8_192, columns=columns, use_threads=False):
            kept = batch.filter(keep(batch)) if keep else batch
            kept = kept.slice(0, limit - rows) if limit is not None else kept
            rows += kept.num_rows
            if kept.num_rows:
                found.append(kept.select(columns))
            if limit is not None and rows >= limit:
                break
        whole = pa.Table.from_batches([pa.record_batch(b.columns, schema=schema) for b in found], schema)
        table: pd.DataFrame = whole.to_pandas()
        return table
