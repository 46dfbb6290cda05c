"""`huabu extract`: the text of every file, and the ledger."""

from __future__ import annotations

from pathlib import Path

from pipeline import inputs, store
from pipeline.clean import clean
from pipeline.records import TAGGABLE, Extraction, FileText, SourceFile
from pipeline.report import rows, tables
from pipeline.segment import segment
from pipeline.split import split


def export(
    path: Path, out: Path, *, clean_only: bool, time_limit: float, report: inputs.Report
) -> tuple[int, int]:
    """Write `OUT/<relative path>.txt` for every readable file and `OUT/ledger.csv`.

    Returns (readable files, files). Raises OutputError, SandboxBroken.
    """
    entries = store.walk(path) if path.is_dir() else [store.single(path)]
    items, _ = inputs.read(
        entries, cache=None, workers=2, time_limit=time_limit, retry_quarantined=False, report=report
    )
    stage = store.Stage(out)
    ledger: list[rows.Row] = []
    for item in items:
        documents = 0
        if isinstance(item.result, Extraction):
            file = clean(item.result.pages)
            documents = len(split(file, item.source))
            text = _cleaned(file, item.source) if clean_only else file.text
            stage.write(item.source.path + ".txt", text.encode("utf-8"))
        ledger.append(rows.ledger_row(item, documents))
    stage.write("ledger.csv", tables.to_csv(tables.frame(ledger, tables.LEDGER)))
    stage.publish("extract")
    return sum(row["status"] == "ok" for row in ledger), len(items)


def _cleaned(file: FileText, source: SourceFile) -> str:
    """Passages that can carry a tag, a line each."""
    return "".join(
        passage.text + "\n"
        for document in split(file, source)
        for passage in segment(document, file)
        if passage.role in TAGGABLE
    )
