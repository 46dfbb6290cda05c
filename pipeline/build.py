"""The incremental run: what to redo, in which order, and what gets published.

Extraction is cached by content, analysis by extraction, path, code, lexicon and model; a run with
nothing changed starts no reader and tags nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import __version__, canvas, company, model, store
from pipeline.analyse import Analysed, analyse, restore
from pipeline.blocks import join
from pipeline.clean import clean
from pipeline.duplicates import duplicate_of
from pipeline.extract.sandbox import Job, extraction_from, read_all
from pipeline.lexicon import load as load_lexicon
from pipeline.notes import note_of
from pipeline.period import years
from pipeline.records import Extraction, Skipped, SourceFile
from pipeline.report import tables

EXTRACT_CODE = ("extract", "records.py")
ANALYSE_CODE = (
    "records.py", "blocks.py", "characters.py", "matching.py", "clean.py", "split.py", "headings.py", "roles.py",
    "segment.py", "lexicon.py", "tokens.py", "features.py", "model.py", "classify.py", "analyse.py", "resources",
)  # fmt: skip
READERS = ("pypdfium2", "python-docx", "lxml", "unword")
SKIPPED_REASONS = {"IGNORED", "SYMLINK", "NOT_REGULAR"}

Report = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path) as a run goes on."""


@dataclass(frozen=True, slots=True)
class Options:
    workers: int = 2
    time_limit: float = 30.0
    names: str = ""  # CSV text of the user's company names
    retry_quarantined: bool = False


@dataclass(slots=True)
class Outcome:
    """What a run did: counts for the summary and the exit code."""

    files: int = 0
    ok: int = 0
    documents: int = 0
    passages: int = 0
    tags: int = 0
    extracted: int = 0
    analysed: int = 0
    unchanged: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    quarantined: int = 0


@dataclass(slots=True)
class _File:
    source: SourceFile
    extraction: Extraction | None = None
    skipped: Skipped | None = None
    key: str = ""
    warnings: tuple[str, ...] = ()
    analysed: list[Analysed] = field(default_factory=list)

    @property
    def result(self) -> Extraction | Skipped:
        found = self.extraction or self.skipped
        assert found is not None, self.source.path
        return found


def build(raw: Path, out: Path, options: Options, report: Report) -> Outcome:
    """Everything from the files below `raw` to the tables in `out`; the caller holds the lock.

    Raises ModelError, SandboxBroken (environment), OutputError (cannot write), InvariantError.
    """
    store.roll_forward(out)
    trained = model.load()
    cache = store.Cache(out)
    outcome = Outcome()
    files = _extract_all(raw, cache, options, outcome, report)
    run_key = _run_key(files, trained.checksum, options)
    if store.is_published(out, run_key):
        outcome.unchanged = True
    _analyse_all(files, cache, trained, outcome, report)
    staged = _tables(files, options, outcome)
    _check(files, staged, outcome)
    if not outcome.unchanged:
        _publish(out, files, staged, run_key, trained, options)
    cache.sweep()
    return outcome


# --- extraction ------------------------------------------------------------------------------


def _extract_all(
    raw: Path, cache: store.Cache, options: Options, outcome: Outcome, report: Report
) -> list[_File]:
    """One record per entry found, read from the cache or by the sandbox."""
    entries = store.walk(raw)
    outcome.files = len(entries)
    code = store.key_of(
        store.code_fingerprint(*EXTRACT_CODE), *map(version, READERS), str(options.time_limit)
    )
    files: dict[str, _File] = {}
    waiting: dict[str, list[_File]] = {}
    done = 0

    def jobs() -> Iterator[Job]:
        nonlocal done
        for entry in entries:
            source = SourceFile(entry.path, entry.path_hex)
            record = files[entry.path_hex] = _File(source)
            data = entry.reason or store.read_input(entry)
            if isinstance(data, str):
                status = "skipped" if data in SKIPPED_REASONS else "quarantined"
                record.skipped = Skipped(status, data)  # type: ignore[arg-type]
                done += 1
                continue
            record.source = replace(source, size=len(data), sha256=store.sha256(data))
            extension = store.extension(entry.path)
            record.key = store.key_of(code, record.source.sha256, extension)
            if record.key in waiting:
                waiting[record.key].append(record)
                continue
            known = cache.get(record.key)
            if known is not None and not (options.retry_quarantined and "reason" in known):
                _settle([record], _from_cache(known))
                done += 1
                continue
            waiting[record.key] = [record]
            yield Job(record.key, data, extension)

    for key, result in _read_only_if_any(jobs(), options):
        _settle(waiting[key], result)
        cache.put(key, _to_cache(result))
        done += len(waiting[key])
        outcome.extracted += 1
        report("extract", done, len(entries), waiting[key][0].source.path)
    ordered = [files[e.path_hex] for e in entries]
    seen: set[str] = set()
    for record in ordered:
        if record.source.sha256 and record.source.sha256 in seen and record.extraction:
            record.warnings = (*record.warnings, "DUPLICATE")
        seen.add(record.source.sha256)
    return ordered


def _read_only_if_any(jobs: Iterator[Job], options: Options) -> Iterable[tuple[str, Extraction | Skipped]]:
    """Start workers only when there is something to read."""
    first = next(jobs, None)
    if first is None:
        return []

    def all_jobs() -> Iterator[Job]:
        yield first
        yield from jobs

    return read_all(all_jobs(), workers=options.workers, time_limit=options.time_limit)


def _settle(records: list[_File], result: Extraction | Skipped) -> None:
    for record in records:
        if isinstance(result, Skipped):
            record.skipped = result
        else:
            record.extraction = result
            record.warnings = result.warnings


def _to_cache(result: Extraction | Skipped) -> dict[str, Any]:
    return {"reason": result.reason} if isinstance(result, Skipped) else asdict(result)


def _from_cache(value: dict[str, Any]) -> Extraction | Skipped:
    return Skipped("quarantined", value["reason"]) if "reason" in value else extraction_from(value)


# --- analysis --------------------------------------------------------------------------------


def _analyse_all(
    files: list[_File], cache: store.Cache, trained: model.Model, outcome: Outcome, report: Report
) -> None:
    lexicon = load_lexicon()
    code = store.key_of(store.code_fingerprint(*ANALYSE_CODE), version("jieba"), version("opencc"))
    readable = [f for f in files if f.extraction]
    for number, record in enumerate(readable, start=1):
        assert record.extraction
        key = store.key_of(code, record.key, record.source.path_hex, record.source.member)
        known = cache.get(key)
        if known is not None:
            record.analysed = [restore(value) for value in known]
            continue
        record.analysed = analyse(clean(record.extraction.pages), record.source, trained, lexicon)
        cache.put(key, [asdict(a) for a in record.analysed])
        outcome.analysed += 1
        report("tag", number, len(readable), record.source.path)


# --- tables ----------------------------------------------------------------------------------


def _tables(files: list[_File], options: Options, outcome: Outcome) -> dict[str, pd.DataFrame]:
    known = company.names(options.names)
    everything = [a for f in files for a in f.analysed]
    duplicates = duplicate_of([a.document for a in everything])
    companies = {a.document.doc_id: company.company_of(a.document, known) for a in everything}
    documents = tables.frame([_document_row(a, companies, duplicates) for a in everything], tables.DOCUMENTS)
    tagged = pd.DataFrame(
        [row for a in everything for row in _tag_rows(a, companies[a.document.doc_id], known)],
        columns=[
            "doc_id",
            "title",
            "company",
            "block",
            "note",
            "quote",
            "page",
            "passage_id",
            "score",
            "position",
            "years",
        ],
    )
    cells = canvas.document_canvas(tagged)
    originals = tagged[~tagged["doc_id"].isin(list(duplicates))]
    outcome.documents = len(everything)
    outcome.passages = sum(len(a.passages) for a in everything)
    outcome.tags = len(tagged)
    return {
        "ledger": tables.frame(
            [tables.ledger_row(f.source, f.result, len(f.analysed), f.warnings) for f in files], tables.LEDGER
        ),
        "documents": documents,
        "passages": tables.frame([r for a in everything for r in _passage_rows(a)], tables.PASSAGES),
        "evidence": tables.frame([r for a in everything for r in _evidence_rows(a)], tables.EVIDENCE),
        "canvas": tables.frame(cells.to_dict("records"), tables.COLUMNS["canvas"]),
        "canvas_wide": canvas.wide(cells, documents),
        "companies": canvas.company_canvas(originals),
    }


def _document_row(a: Analysed, companies: dict[str, str], duplicates: dict[str, str]) -> dict[str, object]:
    document, pages = a.document, [p.page for p in a.passages] or [1]
    return {
        **{
            name: getattr(document, name)
            for name in ("doc_id", "path", "path_hex", "member", "title", "start", "end")
        },
        "company": companies[document.doc_id],
        "first_page": min(pages),
        "last_page": max(pages),
        "chars": len(document.text),
        "passages": len(a.passages),
        "duplicate_of": duplicates.get(document.doc_id, ""),
    }


def _passage_rows(a: Analysed) -> Iterator[dict[str, object]]:
    for passage, scores, tags in zip(a.passages, a.scores, a.tags, strict=True):
        yield {
            **{n: getattr(passage, n) for n in tables.PASSAGES[:8]},
            "heading_path": " > ".join(passage.heading_path),
            "role": passage.role,
            "text": passage.text,
            "blocks": join(t.block for t in tags),
            "origin": ";".join(sorted({t.origin for t in tags})),
            **{f"score_{code}": score for code, score in scores.items()},
        }


def _evidence_rows(a: Analysed) -> Iterator[dict[str, object]]:
    for passage, tags in zip(a.passages, a.tags, strict=True):
        for tag in tags:
            for row in tag.evidence:
                yield {"passage_id": passage.passage_id, **asdict(row)}


def _tag_rows(a: Analysed, name: str, known: company.Names) -> Iterator[dict[str, object]]:
    spellings = company.spellings_of(name, known)
    for position, (passage, tags) in enumerate(zip(a.passages, a.tags, strict=True)):
        for tag in tags:
            yield {
                "doc_id": a.document.doc_id,
                "title": a.document.title,
                "company": name,
                "block": tag.block,
                "note": note_of(passage.text, tag.evidence, spellings),
                "quote": passage.text,
                "page": passage.page,
                "passage_id": passage.passage_id,
                "score": tag.score,
                "position": position,
                "years": ";".join(map(str, years(passage.text))),
            }


# --- publishing ------------------------------------------------------------------------------


def _check(files: list[_File], staged: dict[str, pd.DataFrame], outcome: Outcome) -> None:
    """The loss law: every entry ends as documents or as a reason. Raises InvariantError."""
    for record in files:
        if record.skipped:
            outcome.reasons[record.skipped.reason] += 1
            outcome.quarantined += record.skipped.status == "quarantined"
            if record.skipped.reason != "IGNORED":
                outcome.problems.append((record.source.path, record.skipped.reason))
        elif record.analysed:
            outcome.ok += 1
        else:
            raise store.InvariantError(f"{record.source.path}: neither documents nor a reason")
    if len(staged["ledger"]) != outcome.files or outcome.ok + sum(outcome.reasons.values()) != outcome.files:
        raise store.InvariantError("ledger rows do not add up to the files found")
    if set(staged["passages"]["doc_id"]) - set(staged["documents"]["doc_id"]):
        raise store.InvariantError("passages without a document")


def _run_key(files: list[_File], checksum: str, options: Options) -> str:
    entries = [
        f"{f.source.path_hex}|{f.source.sha256}|{f.skipped.reason if f.skipped else ''}" for f in files
    ]
    return store.key_of(
        store.code_fingerprint("."), checksum, options.names, version("pandas"), version("pyarrow"), *entries
    )


def _publish(
    out: Path,
    files: list[_File],
    staged: dict[str, pd.DataFrame],
    run_key: str,
    trained: model.Model,
    options: Options,
) -> None:
    stage = store.Stage(out)
    for name, table in staged.items():
        if name != "evidence":
            stage.write(f"{name}.csv", tables.to_csv(table))
        stage.write(f"{name}.parquet", tables.to_parquet(table))
    for record in files:
        for a in record.analysed:
            stage.write(f"text/{a.document.doc_id}.txt", a.document.text.encode("utf-8"))
    run = {
        "huabu": __version__,
        "versions": {n: version(n) for n in ("jieba", "scikit-learn", "pandas", "pyarrow", *READERS)},
        "counts": {name: len(table) for name, table in sorted(staged.items())},
        "status": dict(sorted(Counter(staged["ledger"]["status"]).items())),
        "inputs": store.key_of(*(f"{f.source.path_hex}:{f.source.sha256}" for f in files)),
        "model": trained.checksum,
        "lexicon": store.code_fingerprint("resources/lexicon"),
        "names": store.sha256(options.names.encode()),
        "time_limit": options.time_limit,
    }
    stage.write("run.json", json.dumps(run, ensure_ascii=False, indent=1).encode() + b"\n")
    stage.publish(run_key)
