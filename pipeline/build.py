"""The incremental run: what to redo, in which order, and what gets published.

Extraction is cached by content, analysis by extraction, path, code, lexicon and model; a run with
nothing changed starts no reader, tags nothing and leaves the published files as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from pipeline import __version__, canvas, company, inputs, model, store
from pipeline.analyse import Analysed, analyse, restore, to_json
from pipeline.clean import clean_listing
from pipeline.duplicates import duplicate_of
from pipeline.extract import ocr
from pipeline.lexicon import load as load_lexicon
from pipeline.records import Skipped
from pipeline.repairs import cell
from pipeline.report import rows, tables
from pipeline.report.site import to_site
from pipeline.report.workbook import to_workbook
from pipeline.split import seam_repairs

# The stages between pages and tags, and the data they read: part of every analysis key.
ANALYSE_CODE = (
    "records.py", "blocks.py", "extract/quality.py", "characters.py", "matching.py", "shells.py", "repairs.py", "headings.py",
    "lines.py", "furniture.py", "joins.py", "clean.py", "split.py", "company.py", "contents.py", "roles.py", "drawn_canvas.py",
    "sentences.py", "segment.py", "phrases.py", "lexicon.py", "tokens.py", "pieces.py", "encoder.py", "features.py", "model.py", "classify.py", "analyse.py",
    "resources",
)  # fmt: skip
LIBRARIES = (
    "jieba",
    "opencc",
    "ahocorasick-rs",
    "numpy",
    "rensa",
    "pandas",
    "pyarrow",
    "xlsxwriter",
    "jinja2",
)
"""Libraries whose version can change a published file; readers of formats are in `inputs`."""
MAX_ENSEMBLE_CHARS = 1_000_000
"""Text from which on a build tags with the linear model alone unless told otherwise: the encoder
reads about 40 passages a second, some ten minutes for a million characters."""


@dataclass(frozen=True, slots=True)
class Options:
    workers: int = 2
    time_limit: float = 30.0
    names: str = ""  # CSV text of the user's company names
    retry_quarantined: bool = False
    tagger: str | None = None  # linear, ensemble, or None: the better one that can be had


@dataclass(slots=True)
class Outcome:
    """What a run did: counts for the summary and the exit code."""

    files: int = 0
    ok: int = 0
    quarantined: int = 0
    documents: int = 0
    passages: int = 0
    tags: int = 0
    extracted: int = 0  # files a reader was started for
    analysed: int = 0  # files that were tagged
    unchanged: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)


@dataclass(frozen=True, slots=True)
class Result:
    """One input with the documents found in it."""

    item: inputs.Input
    analysed: tuple[Analysed, ...]
    cleaning: str = ""  # how often each cleaning rule was used


def build(raw: Path, out: Path, options: Options, report: inputs.Report) -> Outcome:
    """Everything from the files below `raw` to the tables in `out`; the caller holds the lock.

    Raises ModelError, SandboxBroken (environment), OutputError (cannot write), InvariantError.
    """
    store.roll_forward(out)
    trained = model.load_tagger(options.tagger)
    cache = store.Cache(out)
    items, extracted = inputs.read(
        store.walk(raw),
        cache=cache,
        workers=options.workers,
        time_limit=options.time_limit,
        retry_quarantined=options.retry_quarantined,
        report=report,
    )
    outcome = Outcome(files=len(items), extracted=extracted)
    if options.tagger is None and _chars(items) > MAX_ENSEMBLE_CHARS:
        trained = model.load()
    results = _analyse_all(items, cache, trained, outcome, report)
    _count(results, outcome)
    facts = _facts(results, trained, options)
    run_key = _run_key(results, facts)
    outcome.unchanged = store.is_published(out, run_key)
    if not outcome.unchanged:
        staged = _tables(results, options)
        _check(staged, outcome)
        _publish(out, results, staged, facts, run_key)
    cache.sweep()
    return outcome


def _chars(items: list[inputs.Input]) -> int:
    return sum(
        len(page.text) for item in items if not isinstance(item.result, Skipped) for page in item.result.pages
    )


def _analyse_all(
    items: list[inputs.Input],
    cache: store.Cache,
    trained: model.Model,
    outcome: Outcome,
    report: inputs.Report,
) -> list[Result]:
    """Documents of every input, from the cache or made now."""
    lexicon = load_lexicon()
    code = store.key_of(store.code_fingerprint(*ANALYSE_CODE), trained.checksum, *map(version, LIBRARIES))
    results: list[Result] = []
    for number, item in enumerate(items, start=1):
        if isinstance(item.result, Skipped) or item.is_archive:
            results.append(Result(item, ()))
            continue
        key = store.key_of(code, item.key, item.source.path_hex, item.source.member)
        known = cache.get(key)
        if known is None:
            report("tag", number, len(items), item.name)
            outcome.analysed += 1
            try:
                file, repairs = clean_listing(item.result.pages)
                analysed = tuple(analyse(file, item.source, trained, lexicon))
                made = [*repairs, *seam_repairs(file)]
                cleaning = cell(made, [(a.document, a.passages) for a in analysed])
            except Exception:  # one file must not take the others with it; not cached, so it is tried again
                results.append(
                    Result(replace(item, result=Skipped("quarantined", "INTERNAL"), warnings=()), ())
                )
                continue
            cache.put(key, {"cleaning": cleaning, "documents": [to_json(a) for a in analysed]})
        else:
            analysed = tuple(restore(value) for value in known["documents"])
            cleaning = known["cleaning"]
        results.append(Result(item, analysed, cleaning))
    return results


def _count(results: list[Result], outcome: Outcome) -> None:
    """The loss law: every entry ends as documents or as a reason. Raises InvariantError."""
    for result in results:
        name, skipped = result.item.name, result.item.result
        if isinstance(skipped, Skipped):
            outcome.reasons[skipped.reason] += 1
            outcome.quarantined += skipped.status == "quarantined"
            if skipped.reason != "IGNORED":
                outcome.problems.append((name, skipped.reason))
        elif result.analysed or result.item.is_archive:
            outcome.ok += 1
        else:
            raise store.InvariantError(f"{name}: neither documents nor a reason")
        outcome.documents += len(result.analysed)
        outcome.passages += sum(len(a.passages) for a in result.analysed)
        outcome.tags += sum(len(tags) for a in result.analysed for tags in a.tags)


def _tables(results: list[Result], options: Options) -> dict[str, pd.DataFrame]:
    """Every published table."""
    known = company.names(options.names)
    everything = [a for r in results for a in r.analysed]
    duplicates = duplicate_of([a.document for a in everything])
    companies = {a.document.doc_id: company.company_of(a.document, known) for a in everything}
    documents = tables.frame(
        [rows.document_row(a, companies, duplicates) for a in everything], tables.DOCUMENTS
    )
    tagged = pd.DataFrame(
        [row for a in everything for row in rows.tag_rows(a, companies[a.document.doc_id], known)],
        columns=canvas.TAGGED,
    )
    cells = canvas.document_canvas(tagged)
    return {
        "ledger": tables.frame(
            [rows.ledger_row(r.item, len(r.analysed), r.cleaning) for r in results], tables.LEDGER
        ),
        "documents": documents,
        "passages": tables.frame([row for a in everything for row in rows.passage_rows(a)], tables.PASSAGES),
        "evidence": tables.frame([row for a in everything for row in rows.evidence_rows(a)], tables.EVIDENCE),
        "canvas": tables.typed(cells),
        "canvas_wide": tables.typed(canvas.wide(cells, documents)),
        "companies": tables.typed(canvas.company_canvas(tagged[~tagged["doc_id"].isin(list(duplicates))])),
    }


def _check(staged: dict[str, pd.DataFrame], outcome: Outcome) -> None:
    """What the tables must agree on before anything is published. Raises InvariantError."""
    ledger = staged["ledger"]
    ok = int((ledger["status"] == "ok").sum())
    if (
        len(ledger) != outcome.files
        or ok != outcome.ok
        or outcome.ok + sum(outcome.reasons.values()) != len(ledger)
    ):
        raise store.InvariantError("ledger rows do not add up to the files found")
    if set(staged["passages"]["doc_id"]) - set(staged["documents"]["doc_id"]):
        raise store.InvariantError("passages without a document")
    if not staged["passages"]["passage_id"].is_unique or not staged["documents"]["doc_id"].is_unique:
        raise store.InvariantError("two passages or documents share an id")
    if set(staged["canvas"]["passage_id"]) - set(staged["passages"]["passage_id"]):
        raise store.InvariantError("notes without a passage")


def _run_key(results: list[Result], facts: dict[str, object]) -> str:
    """Names everything that what is published depends on: inputs, what became of them, code, facts."""
    entries = [
        f"{r.item.source.path_hex}|{r.item.source.member}|{r.item.key}|{r.item.result.reason if isinstance(r.item.result, Skipped) else ''}"
        for r in results
    ]
    return store.key_of(store.code_fingerprint("."), json.dumps(facts, sort_keys=True), *entries)


def _facts(results: list[Result], trained: model.Model, options: Options) -> dict[str, object]:
    """What `run.json` says beside the counts: versions and checksums, no clock, no worker count."""
    return {
        "huabu": __version__,
        "versions": {name: version(name) for name in (*LIBRARIES, *inputs.READERS)} | ocr.versions(),
        "inputs": store.key_of(*(f"{r.item.source.path_hex}:{r.item.source.sha256}" for r in results)),
        "tagger": trained.tagger,
        "model": trained.checksum,
        "lexicon": store.code_fingerprint("resources/lexicon"),
        "names": store.sha256(options.names.encode()),
        "time_limit": options.time_limit,
    }


def _publish(
    out: Path, results: list[Result], staged: dict[str, pd.DataFrame], facts: dict[str, object], run_key: str
) -> None:
    stage = store.Stage(out)
    for name, table in staged.items():
        if name != "evidence":
            stage.write(f"{name}.csv", tables.to_csv(table))
        stage.write(f"{name}.parquet", tables.to_parquet(table))
    for result in results:
        for a in result.analysed:
            stage.write(f"text/{a.document.doc_id}.txt", a.document.text.encode("utf-8"))
    run = {
        **facts,
        "counts": {name: len(table) for name, table in sorted(staged.items())},
        "status": dict(sorted(Counter(staged["ledger"]["status"]).items())),
    }
    stage.write("run.json", json.dumps(run, ensure_ascii=False, indent=1).encode() + b"\n")
    stage.write("huabu.xlsx", to_workbook(staged, run))
    for name, page in to_site(staged, run).items():
        stage.write(name, page)
    stage.publish(run_key)
