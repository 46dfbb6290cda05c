"""An input folder -> one `Input` per entry and archive member found: what a reader made of it, or
why nothing.

Extraction is cached by content; identical files are read once, wherever they lie. What an answer
leaves open, members of an archive and pages that are pictures, is read as jobs of their own.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version

from pipeline import store
from pipeline.extract import ocr
from pipeline.extract.answers import Answer, Unpacked, extraction_from
from pipeline.extract.formats import ARCHIVE
from pipeline.extract.sandbox import Job, read_all
from pipeline.records import Extraction, Skipped, SourceFile

EXTRACT_CODE = ("extract", "records.py")
READERS = ("pypdfium2", "pdfplumber", "python-docx", "lxml", "olefile", "striprtf", "unword")
SKIPPED_REASONS = frozenset({"IGNORED", "SYMLINK", "NOT_REGULAR"})
"""What ends as `skipped`: nothing a person meant to be read. Everything else is `quarantined`."""

Report = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path) as a run goes on; members of archives add to the total."""


@dataclass(frozen=True, slots=True)
class Input:
    """One entry of the input folder, or one member of an archive in it, and what came of it.

    `key` names the extraction. An archive of which something was read has an Extraction without
    pages: its members are inputs of their own.
    """

    source: SourceFile
    result: Extraction | Skipped
    key: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_archive(self) -> bool:
        return isinstance(self.result, Extraction) and self.result.type == ARCHIVE

    @property
    def name(self) -> str:
        """What to call it in a message: `a.zip/案例.txt`."""
        return "/".join(part for part in (self.source.path, self.source.member) if part)


@dataclass(frozen=True, slots=True)
class _Member:
    """A line in the list of an archive: what it holds there, without the bytes."""

    path: str
    size: int = 0
    sha256: str = ""
    reason: str = ""
    archive: bool = False


_Listing = tuple[_Member, ...]


class _Desk:
    """The results of one run, by key: where files are asked for and answers come in."""

    def __init__(self, code: str, cache: store.Cache | None, retry_quarantined: bool) -> None:
        self.code = code
        self.cache = cache
        self.retry_quarantined = retry_quarantined
        self.results: dict[str, Extraction | Skipped | _Listing] = {}
        self.paths: dict[str, str] = {}  # key -> path of the first file with that content
        self.recogniser = store.key_of(*ocr.versions().values()) if ocr.versions() else ""
        self.members: set[str] = set()  # keys of what came out of archives
        self.pages: set[str] = set()  # keys of recognised pages
        self.lock = threading.Lock()  # files are asked for by one thread, members by another

    def key(self, sha256: str, path: str) -> str:
        return store.key_of(self.code, sha256, store.extension(path))

    def wants(self, key: str, path: str) -> bool:
        """Whether a reader must be started for this content."""
        with self.lock:
            if key in self.paths:
                return False
            self.paths[key] = path
            return not self._restore(key, path)

    def take_in(self, job: Job, answer: Answer) -> list[Job]:
        """Keep an answer. What it leaves to read: members of an archive, pages that are pictures."""
        if isinstance(answer, Unpacked) and job.key in self.members | self.pages:
            answer = _skipped("LIMIT_DEPTH")  # nested archives came with the list of the outermost
        if not isinstance(answer, Unpacked):
            self._keep(job.key, answer)
            return [] if isinstance(answer, Skipped) or job.page else self._scans(job, answer)
        listing: list[_Member] = []
        following: list[Job] = []
        for m in answer.members:
            if m.data is None:
                listing.append(_Member(m.path, reason=m.reason))
                continue
            digest = store.sha256(m.data)
            listing.append(_Member(m.path, len(m.data), digest, archive=m.archive))
            key = self.key(digest, m.path)
            if not m.archive and self.wants(key, f"{self.paths[job.key]}/{m.path}"):
                following.append(Job(key, m.data, store.extension(m.path)))
        self.members.update(member.key for member in following)
        self._keep(job.key, tuple(listing))
        return following

    def _scans(self, job: Job, extraction: Extraction) -> list[Job]:
        """The pages of a file that are still to be recognised, a job each."""
        following: list[Job] = []
        for number in ocr.unread(extraction) if self.recogniser else ():
            key = self.page_key(job.key, number)
            if self.wants(key, f"{self.paths[job.key]} ({number})"):
                following.append(Job(key, job.data, job.extension, page=number))
        self.pages.update(page.key for page in following)
        return following

    def page_key(self, key: str, number: int) -> str:
        return store.key_of(key, self.recogniser, str(number))

    def settled(self, key: str) -> tuple[Extraction | Skipped | _Listing, str]:
        """What came of a file in the end, and the key of that: with its recognised pages, if any."""
        result = self.results[key]
        if not isinstance(result, Extraction) or not ocr.unread(result):
            return result, key
        pages: dict[int, Extraction | Skipped] = {}
        for number in ocr.unread(result) if self.recogniser else ():
            page = self.results[self.page_key(key, number)]
            pages[number] = _skipped("LIMIT_DEPTH") if isinstance(page, tuple) else page
        outcomes = [p.reason if isinstance(p, Skipped) else "" for p in pages.values()]
        return ocr.settled(result, pages), store.key_of(key, self.recogniser, *outcomes) if pages else key

    def _keep(self, key: str, result: Extraction | Skipped | _Listing) -> None:
        self.results[key] = result
        if self.cache is None:
            return
        if isinstance(result, tuple):
            self.cache.put(key, {"members": [asdict(m) for m in result]})
        else:
            self.cache.put(key, {"reason": result.reason} if isinstance(result, Skipped) else asdict(result))

    def _restore(self, key: str, path: str) -> bool:
        """Whether an earlier run left the result: for an archive, those of all its members too, since
        only unpacking it again brings their bytes back."""
        known = self.cache.get(key) if self.cache else None
        if known is None or (self.retry_quarantined and "reason" in known):
            return False
        if "reason" in known:
            self.results[key] = Skipped("quarantined", known["reason"])
            return True
        if "members" not in known:
            extraction = extraction_from(known)
            for number in ocr.unread(extraction) if self.recogniser else ():
                page = self.page_key(key, number)
                if page not in self.paths and not self._restore(page, path):
                    return False
                self.paths[page] = path
            self.results[key] = extraction
            return True
        listing = tuple(_Member(**m) for m in known["members"])
        for m in listing:
            member = self.key(m.sha256, m.path)
            if m.reason or m.archive or member in self.paths:
                continue
            if not self._restore(member, path):
                return False
            self.paths[member] = f"{path}/{m.path}"
        self.results[key] = listing
        return True


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
    desk = _Desk(code, cache, retry_quarantined)
    sources: list[SourceFile] = []
    results: list[str | Skipped] = []  # the key of a result, or why the file was not even opened

    def jobs() -> Iterator[Job]:
        for entry in entries:
            source = SourceFile(entry.path, entry.path_hex)
            data = entry.reason or store.read_input(entry)
            if isinstance(data, str):
                sources.append(source)
                results.append(_skipped(data))
                continue
            digest = store.sha256(data)
            key = desk.key(digest, entry.path)
            sources.append(replace(source, size=len(data), sha256=digest))
            results.append(key)
            if desk.wants(key, entry.path):
                yield Job(key, data, store.extension(entry.path))

    started = 0
    waiting = jobs()
    first = next(waiting, None)  # with nothing to read, no worker starts
    if first is not None:
        answers = read_all(
            _chain(first, waiting), workers=workers, time_limit=time_limit, follow=desk.take_in
        )
        for key, _ in answers:
            started += key not in desk.pages
            total = len(entries) + len(desk.members) + len(desk.pages)
            report("extract", len(desk.results), total, desk.paths[key])
    found: list[Input] = []
    seen: set[str] = set()
    for source, result in zip(sources, results, strict=True):
        for item in _inputs(source, result, desk):
            duplicate = item.source.sha256 in seen and isinstance(item.result, Extraction)
            found.append(replace(item, warnings=(*item.warnings, "DUPLICATE")) if duplicate else item)
            if item.source.sha256:
                seen.add(item.source.sha256)
    return found, started


def _inputs(source: SourceFile, result: str | Skipped, desk: _Desk) -> Iterator[Input]:
    """A file, or an archive and after it its members by name."""
    if isinstance(result, Skipped):
        yield Input(source, result)
        return
    found, key = desk.settled(result)
    if not isinstance(found, tuple):
        yield _input(source, found, key)
        return
    read: dict[str, Extraction | Skipped] = {}
    keys = {m.path: desk.key(m.sha256, m.path) for m in found}
    below: defaultdict[str, list[Extraction | Skipped]] = defaultdict(list)  # archive -> what it holds
    archives = {m.path for m in found if m.archive}
    for m in found:
        if m.archive:
            continue
        known: Extraction | Skipped | _Listing = _skipped(m.reason)
        if not m.reason:
            known, keys[m.path] = desk.settled(keys[m.path])
        read[m.path] = known = _skipped("LIMIT_DEPTH") if isinstance(known, tuple) else known
        for folder in ("", *_folders(m.path)):
            if not folder or folder in archives:
                below[folder].append(known)
    yield _input(source, _archive(below[""]), result)
    for m in sorted(found, key=lambda m: m.path.encode("utf-8", "surrogatepass")):
        own = replace(source, member=m.path, size=m.size, sha256=m.sha256)
        key = "" if m.reason else keys[m.path]
        yield _input(own, _archive(below[m.path]) if m.archive else read[m.path], key)


def _input(source: SourceFile, result: Extraction | Skipped, key: str) -> Input:
    warnings = result.warnings if isinstance(result, Extraction) else ()
    item = Input(source, result, key, warnings)
    if item.is_archive and store.extension(item.name) != "zip":
        return replace(item, warnings=(*warnings, "EXT_MISMATCH"))
    return item


def _archive(held: Sequence[Extraction | Skipped]) -> Extraction | Skipped:
    """An archive is read where something in it is. If nothing is, it has the one reason that all
    it holds shares, clutter aside."""
    if any(isinstance(result, Extraction) for result in held):
        return Extraction(ARCHIVE, ARCHIVE, ())
    reasons = {result.reason for result in held if isinstance(result, Skipped)} - {"IGNORED"}
    if not reasons:
        return _skipped("EMPTY_ARCHIVE")
    return _skipped(reasons.pop() if len(reasons) == 1 else "NO_TEXT")


def _folders(path: str) -> Iterator[str]:
    """`a.zip`, `a.zip/b` of `a.zip/b/c.txt`."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _skipped(reason: str) -> Skipped:
    return Skipped("skipped" if reason in SKIPPED_REASONS else "quarantined", reason)


def _chain(first: Job, rest: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield from rest
