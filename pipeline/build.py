"""The incremental run: what to redo, in which order, and what gets published.

Extraction is cached by content, analysis by extraction, path, code, lexicon and model; a run with
nothing changed starts no reader, tags nothing and leaves the published files as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import __version__, company, inputs, model, pictures, store
from pipeline.analyse import analyse, restore, to_json
from pipeline.clean import clean_listing
from pipeline.extract import ocr
from pipeline.lexicon import load as load_lexicon
from pipeline.records import Skipped
from pipeline.repairs import cell
from pipeline.report.publication import Publication
from pipeline.similar import near_duplicates
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
    """One input and how much was found in it; the documents wait in the cache under `key`."""

    item: inputs.Input
    key: str = ""
    cleaning: str = ""  # how often each cleaning rule was used
    documents: int = 0
    passages: int = 0
    tags: int = 0


def build(raw: Path, out: Path, options: Options, report: inputs.Report) -> Outcome:
    """Everything from the files below `raw` to the tables in `out`; the caller holds the lock.

    Raises ModelError, SandboxBroken (environment), OutputError (cannot write), InvariantError.
    """
    store.roll_forward(out)
    model.load()  # a broken model ends the run before anything is read
    cache = store.Cache(out)
    entries = store.walk(raw)
    items, extracted = inputs.read(
        entries,
        cache=cache,
        workers=options.workers,
        time_limit=options.time_limit,
        retry_quarantined=options.retry_quarantined,
        report=report,
    )
    outcome = Outcome(files=len(items), extracted=extracted)
    illustrator = pictures.Illustrator(
        pictures.drawable(items, entries), cache, options.workers, options.time_limit
    )
    del entries
    large = options.tagger is None and sum(item.chars for item in items) > MAX_ENSEMBLE_CHARS
    trained = model.load_tagger("linear" if large else options.tagger)
    results = _analyse_all(items, cache, trained, outcome, report)
    del items
    _count(results, outcome)
    facts = _facts(results, trained, options)
    del trained
    model.forget()  # 100 MB, and what follows needs memory of its own
    run_key = _run_key(results, facts)
    outcome.unchanged = store.is_published(out, run_key)
    if not outcome.unchanged:
        _publish(out, results, cache, options, outcome, facts, run_key, report, illustrator)
    cache.sweep(unused=not outcome.unchanged)  # pictures are asked for only where something is published
    return outcome


def _analyse_all(
    items: list[inputs.Input],
    cache: store.Cache,
    trained: model.Model,
    outcome: Outcome,
    report: inputs.Report,
) -> list[Result]:
    """What every input holds, from the cache or found now."""
    lexicon = load_lexicon()
    code = store.key_of(store.code_fingerprint(*ANALYSE_CODE), trained.checksum, *map(version, LIBRARIES))
    results: list[Result] = []
    for number, item in enumerate(items, start=1):
        if isinstance(item.result, Skipped) or item.is_archive:
            results.append(Result(item))
            continue
        key = store.key_of(code, item.key, item.source.path_hex, item.source.member)
        known = _known(cache.get(key))
        if known is None:
            report("tag", number, len(items), item.name)
            outcome.analysed += 1
            pages = inputs.pages_of(item, cache)
            try:
                file, repairs = clean_listing(pages)
                analysed = tuple(analyse(file, item.source, trained, lexicon))
                made = [*repairs, *seam_repairs(file)]
                cleaning = cell(made, [(a.document, a.passages) for a in analysed])
            except Exception:  # one file must not take the others with it; not cached, so it is tried again
                results.append(Result(inputs.failed(item, "INTERNAL")))
                continue
            known = {"cleaning": cleaning, "documents": [to_json(a) for a in analysed]}
            cache.put(key, known)
        found = known["documents"]
        passages = sum(len(d["passages"]) for d in found)
        if not passages:  # all of it was markup or frames
            results.append(Result(inputs.failed(item, "NO_TEXT")))
            continue
        tags = sum(len(row) for d in found for row in d["tags"])
        results.append(Result(item, key, known["cleaning"], len(found), passages, tags))
    settled = inputs.archives_settled([result.item for result in results])
    return [replace(result, item=item) for result, item in zip(results, settled, strict=True)]


def _known(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """What an earlier run found in an input, None for an entry of another shape: found anew."""
    try:
        if value is None or not isinstance(value["cleaning"], str):
            return None
        for document in value["documents"]:
            restore(document)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    return value


def _found(result: Result, cache: store.Cache) -> list[dict[str, Any]]:
    """The documents of an input as the cache keeps them. Raises InvariantError if they are gone."""
    known = cache.get(result.key) if result.key else {"documents": []}
    if known is None or len(known["documents"]) != result.documents:
        raise store.InvariantError(
            f"{result.item.name}: 运行中缓存被改动, 请再运行一次 its cache entry was changed meanwhile, run again"
        )
    found: list[dict[str, Any]] = known["documents"]
    return found


def _count(results: list[Result], outcome: Outcome) -> None:
    """The loss law: every entry ends as documents or as a reason. Raises InvariantError."""
    for result in results:
        name, skipped = result.item.name, result.item.result
        if isinstance(skipped, Skipped):
            outcome.reasons[skipped.reason] += 1
            outcome.quarantined += skipped.status == "quarantined"
            if skipped.reason != "IGNORED":
                outcome.problems.append((name, skipped.reason))
        elif result.documents or result.item.is_archive:
            outcome.ok += 1
        else:
            raise store.InvariantError(f"{name}: neither documents nor a reason")
        outcome.documents += result.documents
        outcome.passages += result.passages
        outcome.tags += result.tags


class _Texts:
    """The texts of all documents, each read from the cache when it is asked for."""

    def __init__(self, results: list[Result], cache: store.Cache) -> None:
        self.cache = cache
        self.results = results
        self.ids: list[str] = []
        self.places: list[tuple[int, int]] = []  # of a result, of a document in it

    def __iter__(self) -> Iterator[str]:
        for place, result in enumerate(self.results):
            for ordinal, value in enumerate(_found(result, self.cache)):
                self.ids.append(value["document"]["doc_id"])
                self.places.append((place, ordinal))
                yield value["document"]["text"]

    def __getitem__(self, number: int) -> str:
        place, ordinal = self.places[number]
        text: str = _found(self.results[place], self.cache)[ordinal]["document"]["text"]
        return text


def _duplicates(results: list[Result], cache: store.Cache) -> dict[str, str]:
    """doc_id -> doc_id of the first document with the same text; originals are not in it."""
    texts = _Texts(results, cache)
    return {texts.ids[later]: texts.ids[first] for first, later in near_duplicates(texts)}


def _publish(
    out: Path,
    results: list[Result],
    cache: store.Cache,
    options: Options,
    outcome: Outcome,
    facts: dict[str, object],
    run_key: str,
    report: inputs.Report,
    illustrator: pictures.Illustrator,
) -> None:
    """Write every output beside the published ones, and move them over if their counts agree; uses
    `results` up."""
    duplicates = _duplicates(results, cache)
    try:
        stage = store.Stage(out)
        with closing(Publication(stage, company.names(options.names), duplicates)) as publication:
            for number, result in enumerate(results, start=1):
                publication.add(result.item, [restore(v) for v in _found(result, cache)], result.cleaning)
                report("write", number, len(results), result.item.name)
            results.clear()  # 100 MB of 100,000 files, and what follows needs memory of its own
            counts = publication.finish(facts, illustrator.draw)
    except OSError as error:
        raise store.OutputError(f"{out.name}: {error.strerror or type(error).__name__}") from error
    _check(counts, publication.status["ok"], outcome)
    stage.publish(run_key)


def _check(counts: dict[str, int], ok: int, outcome: Outcome) -> None:
    """What the tables must agree on before anything is published. Raises InvariantError."""
    files = counts["ledger"]
    if files != outcome.files or ok != outcome.ok or outcome.ok + sum(outcome.reasons.values()) != files:
        raise store.InvariantError("ledger rows do not add up to the files found")
    if (counts["documents"], counts["passages"]) != (outcome.documents, outcome.passages):
        raise store.InvariantError("documents or passages do not add up to those found")
    if counts["canvas_wide"] != outcome.documents:
        raise store.InvariantError("not every document has its canvas")


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
