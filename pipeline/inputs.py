"""An input folder -> one `Input` per entry and archive member found: what a reader made of it, or
why nothing. What was read waits in the cache: only its measure is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from pipeline import store
from pipeline.extract.answers import extraction_from
from pipeline.extract.formats import ARCHIVE
from pipeline.extract.sandbox import Job, read_all
from pipeline.readings import Listing, Read, Readings, changed, skipped
from pipeline.records import Extraction, Page, Skipped, SourceFile

EXTRACT_CODE = ("extract", "records.py")
READERS = ("pypdfium2", "pdfplumber", "python-docx", "lxml", "olefile", "striprtf", "unword")

Report = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path) as a run goes on; members of archives add to the total."""


@dataclass(frozen=True, slots=True)
class Input:
    """One entry of the input folder, or one member of an archive in it, and what came of it.

    `key` names the extraction. With a cache, its pages stay there: `pages_of` brings them. An archive
    of which something was read has an Extraction without pages: its members are inputs of their own.
    """

    source: SourceFile
    result: Extraction | Skipped
    key: str = ""
    warnings: tuple[str, ...] = ()
    pages: int = 0
    chars: int = 0

    @property
    def is_archive(self) -> bool:
        return isinstance(self.result, Extraction) and self.result.type == ARCHIVE

    @property
    def name(self) -> str:
        """What to call it in a message: `a.zip/案例.txt`."""
        return "/".join(part for part in (self.source.path, self.source.member) if part)


def pages_of(item: Input, cache: store.Cache) -> tuple[Page, ...]:
    """The pages of an input that was read with this cache. Raises InvariantError if they are gone."""
    try:
        return extraction_from(cache.get(item.key)).pages  # type: ignore[arg-type]
    except (TypeError, KeyError, ValueError) as error:
        raise changed(item.name) from error


def failed(item: Input, reason: str) -> Input:
    """The input as one that was not read after all."""
    return replace(item, result=skipped(reason), warnings=(), pages=0)


def read(
    entries: Sequence[store.Entry],
    *,
    cache: store.Cache | None,
    workers: int,
    time_limit: float,
    retry_quarantined: bool,
    report: Report,
) -> tuple[list[Input], int]:
    """(one Input per entry, in the order of `entries`, an archive followed by its members; how many
    files a reader was started for).

    Raises SandboxBroken if workers cannot start, OutputError if the cache cannot be written.
    """
    code = store.key_of(store.code_fingerprint(*EXTRACT_CODE), *map(version, READERS), str(time_limit))
    readings = Readings(code, cache, retry_quarantined)
    sources: list[SourceFile] = []
    results: list[str | Skipped] = []  # the key of a result, or why the file was not even opened

    def jobs() -> Iterator[Job]:
        for entry in entries:
            source = SourceFile(entry.path, entry.path_hex)
            data = entry.reason or store.read_input(entry)
            if isinstance(data, str):
                sources.append(source)
                results.append(skipped(data))
                continue
            digest = store.sha256(data)
            key = readings.key(digest, entry.path)
            sources.append(replace(source, size=len(data), sha256=digest))
            results.append(key)
            if readings.wants(key, entry.path):
                yield Job(key, data, store.extension(entry.path))

    started = 0
    waiting = jobs()
    first = next(waiting, None)  # with nothing to read, no worker starts
    if first is not None:
        answers = read_all(
            _chain(first, waiting), workers=workers, time_limit=time_limit, follow=readings.take_in
        )
        for key, _ in answers:
            started += key not in readings.pages
            total = len(entries) + len(readings.members) + len(readings.pages)
            report("extract", len(readings.results), total, readings.paths[key])
    found: list[Input] = []
    seen: set[str] = set()
    for source, result in zip(sources, results, strict=True):
        for item in _inputs(source, result, readings):
            duplicate = item.source.sha256 in seen and isinstance(item.result, Extraction)
            found.append(replace(item, warnings=(*item.warnings, "DUPLICATE")) if duplicate else item)
            if item.source.sha256:
                seen.add(item.source.sha256)
    return found, started


def _inputs(source: SourceFile, result: str | Skipped, readings: Readings) -> Iterator[Input]:
    """A file, or an archive and after it its members by name."""
    if isinstance(result, Skipped):
        yield Input(source, result)
        return
    found, key = readings.settled(result)
    if not isinstance(found, tuple):
        yield _input(source, found, key)
        return
    read: dict[str, Read | Skipped] = {}
    keys = {m.path: readings.key(m.sha256, m.path) for m in found}
    below: defaultdict[str, list[Read | Skipped]] = defaultdict(list)  # archive -> what it holds
    archives = {m.path for m in found if m.archive}
    for m in found:
        if m.archive:
            continue
        known: Read | Skipped | Listing = skipped(m.reason)
        if not m.reason:
            known, keys[m.path] = readings.settled(keys[m.path])
        read[m.path] = known = skipped("LIMIT_DEPTH") if isinstance(known, tuple) else known
        for folder in ("", *_folders(m.path)):
            if not folder or folder in archives:
                below[folder].append(known)
    yield _input(source, _archive(below[""]), result)
    for m in sorted(found, key=lambda m: m.path.encode("utf-8", "surrogatepass")):
        own = replace(source, member=m.path, size=m.size, sha256=m.sha256)
        key = "" if m.reason else keys[m.path]
        yield _input(own, _archive(below[m.path]) if m.archive else read[m.path], key)


def _input(source: SourceFile, result: Read | Skipped, key: str) -> Input:
    if isinstance(result, Skipped):
        return Input(source, result, key)
    found = result.extraction
    item = Input(source, found, key, found.warnings, result.pages, result.chars)
    if item.is_archive and store.extension(item.name) != "zip":
        return replace(item, warnings=(*item.warnings, "EXT_MISMATCH"))
    return item


def _archive(held: Sequence[Read | Skipped]) -> Read | Skipped:
    """An archive is read where something in it is."""
    if any(isinstance(result, Read) for result in held):
        return Read(Extraction(ARCHIVE, ARCHIVE, ()), 0, 0, ())
    return skipped(_shared(result.reason for result in held if isinstance(result, Skipped)))


def _shared(reasons: Iterable[str]) -> str:
    """Why an archive is not read of which nothing is: the one reason of all it holds, clutter aside."""
    said = set(reasons) - {"IGNORED"}
    if not said:
        return "EMPTY_ARCHIVE"
    return said.pop() if len(said) == 1 else "NO_TEXT"


def archives_settled(items: Sequence[Input]) -> list[Input]:
    """The inputs, an archive among them `failed` where all that was read of it failed later: a text
    that turned out to be nothing but a frame leaves its archive as empty as itself."""
    read: set[tuple[str, str]] = set()  # file, folder below which something was read
    reasons: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        member = item.source.member
        for folder in ("", *_folders(member)) if member and not item.is_archive else ():
            place = item.source.path_hex, folder
            if isinstance(item.result, Skipped):
                reasons[place].add(item.result.reason)
            else:
                read.add(place)
    places = [(item, (item.source.path_hex, item.source.member)) for item in items]
    return [
        failed(item, _shared(reasons[place])) if item.is_archive and place not in read else item
        for item, place in places
    ]


def _folders(path: str) -> Iterator[str]:
    """`a.zip`, `a.zip/b` of `a.zip/b/c.txt`."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _chain(first: Job, rest: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield from rest
