"""An input folder -> one `Input` per entry found: what a reader made of it, or why nothing.

Extraction is cached by content; identical files are read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

from pipeline import store
from pipeline.extract.sandbox import Job, extraction_from, read_all
from pipeline.records import Extraction, Skipped, SourceFile

EXTRACT_CODE = ("extract", "records.py")
READERS = ("pypdfium2", "pdfplumber", "python-docx", "lxml", "olefile", "striprtf", "unword")
SKIPPED_REASONS = frozenset({"IGNORED", "SYMLINK", "NOT_REGULAR"})
"""What ends as `skipped`: nothing a person meant to be read. Everything else is `quarantined`."""

Report = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path) as a run goes on."""


@dataclass(frozen=True, slots=True)
class Input:
    """One entry of the input folder and what came of it. `key` names the extraction."""

    source: SourceFile
    result: Extraction | Skipped
    key: str = ""
    warnings: tuple[str, ...] = ()


def read(
    entries: Sequence[store.Entry],
    *,
    cache: store.Cache | None,
    workers: int,
    time_limit: float,
    retry_quarantined: bool,
    report: Report,
) -> tuple[list[Input], int]:
    """(one Input per entry, in the order of `entries`; how many files a reader was started for).

    Raises SandboxBroken if workers cannot start, OutputError if the cache cannot be written.
    """
    code = store.key_of(store.code_fingerprint(*EXTRACT_CODE), *map(version, READERS), str(time_limit))
    sources: dict[str, SourceFile] = {}  # path_hex -> source
    keys: dict[str, str] = {}  # path_hex -> key
    results: dict[str, Extraction | Skipped] = {}  # path_hex or key -> result
    paths: dict[str, str] = {}  # key -> path of the first file with that content

    def jobs() -> Iterator[Job]:
        for entry in entries:
            source = sources[entry.path_hex] = SourceFile(entry.path, entry.path_hex)
            data = entry.reason or store.read_input(entry)
            if isinstance(data, str):
                results[entry.path_hex] = Skipped(
                    "skipped" if data in SKIPPED_REASONS else "quarantined", data
                )
                continue
            digest = store.sha256(data)
            sources[entry.path_hex] = replace(source, size=len(data), sha256=digest)
            extension = store.extension(entry.path)
            key = keys[entry.path_hex] = store.key_of(code, digest, extension)
            if key in paths:
                continue
            paths[key] = entry.path
            known = cache.get(key) if cache else None
            if known is None or (retry_quarantined and "reason" in known):
                yield Job(key, data, extension)
            else:
                results[key] = _from_json(known)

    started = 0
    waiting = jobs()
    first = next(waiting, None)  # with nothing to read, no worker starts
    if first is not None:
        for key, result in read_all(_chain(first, waiting), workers=workers, time_limit=time_limit):
            results[key] = result
            started += 1
            if cache:
                cache.put(key, {"reason": result.reason} if isinstance(result, Skipped) else asdict(result))
            report("extract", len(results), len(entries), paths[key])
    found: list[Input] = []
    seen: set[str] = set()
    for entry in entries:
        source, key = sources[entry.path_hex], keys.get(entry.path_hex, "")
        result = results[key or entry.path_hex]
        warnings = result.warnings if isinstance(result, Extraction) else ()
        if source.sha256 and source.sha256 in seen and isinstance(result, Extraction):
            warnings = (*warnings, "DUPLICATE")
        seen.add(source.sha256)
        found.append(Input(source, result, key, warnings))
    return found, started


def _chain(first: Job, rest: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield from rest


def _from_json(value: dict[str, Any]) -> Extraction | Skipped:
    return Skipped("quarantined", value["reason"]) if "reason" in value else extraction_from(value)
