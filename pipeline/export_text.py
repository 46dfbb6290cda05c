"""`huabu extract`: the text of every file, and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline import store
from pipeline.clean import clean
from pipeline.extract.sandbox import Job, read_all
from pipeline.records import TAGGABLE, Extraction, FileText, Skipped, SourceFile
from pipeline.report import tables
from pipeline.segment import segment
from pipeline.split import split

SKIPPED_REASONS = {"IGNORED", "SYMLINK", "NOT_REGULAR"}


def export(
    path: Path,
    out: Path,
    *,
    clean_only: bool,
    time_limit: float,
    report: Callable[[str, int, int, str], None],
) -> tuple[int, int]:
    """Write `OUT/<relative path>.txt` for every readable file and `OUT/ledger.csv`.

    Returns (readable files, files). Raises OutputError, SandboxBroken.
    """
    entries = store.walk(path) if path.is_dir() else [store.single(path)]
    rows: dict[str, dict[str, object]] = {}
    sources: dict[str, SourceFile] = {}
    done = 0

    def jobs():  # type: ignore[no-untyped-def]
        nonlocal done
        for entry in entries:
            data = entry.reason or store.read_input(entry)
            source = sources[entry.path_hex] = SourceFile(entry.path, entry.path_hex)
            if isinstance(data, str):
                status = "skipped" if data in SKIPPED_REASONS else "quarantined"
                rows[entry.path_hex] = _row(source, Skipped(status, data), 0)  # type: ignore[arg-type]
                done += 1
                continue
            sources[entry.path_hex] = replace(source, size=len(data), sha256=store.sha256(data))
            yield Job(entry.path_hex, data, store.extension(entry.path))

    for key, result in read_all(jobs(), workers=2, time_limit=time_limit):
        source, documents = sources[key], 0
        if isinstance(result, Extraction):
            file = clean(result.pages)
            documents = len(split(file, source))
            text = _cleaned(file, source) if clean_only else file.text
            store.write_below(out, source.path + ".txt", text.encode("utf-8"))
        rows[key] = _row(source, result, documents)
        done += 1
        report("extract", done, len(entries), source.path)
    ledger = tables.frame([rows[e.path_hex] for e in entries], tables.LEDGER)
    store.write_atomic(out / "ledger.csv", tables.to_csv(ledger))
    return sum(row["status"] == "ok" for row in rows.values()), len(entries)


def _cleaned(file: FileText, source: SourceFile) -> str:
    """Passages that can carry a tag, a line each."""
    lines = [
        passage.text
        for document in split(file, source)
        for passage in segment(document, file)
        if passage.role in TAGGABLE
    ]
    return "".join(line + "\n" for line in lines)


def _row(source: SourceFile, result: Extraction | Skipped, documents: int) -> dict[str, object]:
    return tables.ledger_row(source, result, documents, getattr(result, "warnings", ()))
