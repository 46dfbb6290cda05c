"""What readers made of files, by content: kept for one run, and in the cache from run to run.

Identical content is read once. What an answer leaves open, members of an archive and pages that are
pictures, is read as jobs of their own.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline import store
from pipeline.extract import ocr
from pipeline.extract.answers import Answer, Drawn, Unpacked, extraction_from
from pipeline.extract.sandbox import Job
from pipeline.records import Extraction, Skipped

SKIPPED_REASONS = frozenset({"IGNORED", "SYMLINK", "NOT_REGULAR"})
"""What ends as `skipped`: nothing a person meant to be read. Everything else is `quarantined`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A line in the list of an archive: what it holds there, without the bytes."""

    path: str
    size: int = 0
    sha256: str = ""
    reason: str = ""
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What is kept of an extraction during a run: all of it without a cache, else no pages."""

    extraction: Extraction
    pages: int
    chars: int
    unread: tuple[int, ...]  # pages still to be recognised


Listing = tuple[Member, ...]


class Readings:
    """The results of one run, by key: where files are asked for and answers come in."""

    def __init__(self, code: str, cache: store.Cache | None, retry_quarantined: bool) -> None:
        self.code = code
        self.cache = cache
        self.retry_quarantined = retry_quarantined
        self.results: dict[str, Read | Skipped | Listing] = {}
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
            answer = skipped("LIMIT_DEPTH")  # nested archives came with the list of the outermost
        if isinstance(answer, Drawn):
            answer = skipped("CRASH")  # nobody asked for pictures: something has taken the worker over
        if not isinstance(answer, Unpacked):
            self._keep(job.key, answer)
            return [] if isinstance(answer, Skipped) or job.page else self._scans(job, answer)
        listing: list[Member] = []
        following: list[Job] = []
        for m in answer.members:
            if m.data is None:
                listing.append(Member(m.path, reason=m.reason))
                continue
            digest = store.sha256(m.data)
            listing.append(Member(m.path, len(m.data), digest, archive=m.archive))
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

    def settled(self, key: str) -> tuple[Read | Skipped | Listing, str]:
        """What came of a file in the end, and the key of that: with its recognised pages, if any."""
        result = self.results[key]
        if not isinstance(result, Read) or not result.unread:
            return result, key
        pages: dict[int, Extraction | Skipped] = {}
        for number in result.unread if self.recogniser else ():
            page_key = self.page_key(key, number)
            page = self.results[page_key]
            if isinstance(page, tuple):
                page = skipped("LIMIT_DEPTH")
            pages[number] = self._whole(page, page_key) if isinstance(page, Read) else page
        outcomes = [p.reason if isinstance(p, Skipped) else "" for p in pages.values()]
        whole = ocr.settled(self._whole(result, key), pages)
        if pages:
            key = store.key_of(key, self.recogniser, *outcomes)
        if isinstance(whole, Skipped):
            return whole, key
        if pages and self.cache and self.cache.get(key) is None:
            self.cache.put(key, asdict(whole))  # where `pages_of` looks for them
        return self._read(whole), key

    def _keep(self, key: str, result: Extraction | Skipped | Listing) -> None:
        self.results[key] = self._read(result) if isinstance(result, Extraction) else result
        if self.cache is None:
            return
        if isinstance(result, tuple):
            self.cache.put(key, {"members": [asdict(m) for m in result]})
        else:
            self.cache.put(key, {"reason": result.reason} if isinstance(result, Skipped) else asdict(result))

    def _read(self, extraction: Extraction) -> Read:
        kept = replace(extraction, pages=()) if self.cache else extraction
        chars = sum(len(page.text) for page in extraction.pages)
        return Read(kept, len(extraction.pages), chars, tuple(ocr.unread(extraction)))

    def _whole(self, read: Read, key: str) -> Extraction:
        """The extraction with its pages."""
        if self.cache is None:
            return read.extraction
        try:
            return extraction_from(self.cache.get(key))  # type: ignore[arg-type]
        except (TypeError, KeyError, ValueError) as error:
            raise changed(self.paths[key]) from error

    def _restore(self, key: str, path: str) -> bool:
        """Whether an earlier run left the result: for an archive, those of all its members too, since
        only unpacking it again brings their bytes back."""
        known = self.cache.get(key) if self.cache else None
        if known is None or (self.retry_quarantined and "reason" in known):
            return False
        try:
            return self._take_back(key, known, path)
        except (TypeError, KeyError, ValueError, AttributeError):  # of another shape: read again
            return False

    def _take_back(self, key: str, known: dict[str, Any], path: str) -> bool:
        if "reason" in known:
            self.results[key] = Skipped("quarantined", "" + known["reason"])  # TypeError for no text
            return True
        if "members" not in known:
            extraction = extraction_from(known)
            for number in ocr.unread(extraction) if self.recogniser else ():
                page = self.page_key(key, number)
                if page not in self.paths and not self._restore(page, path):
                    return False
                self.paths[page] = path
            self.results[key] = self._read(extraction)
            return True
        listing = tuple(Member(**m) for m in known["members"])
        for m in listing:
            member = self.key(m.sha256, m.path)
            if m.reason or m.archive or member in self.paths:
                continue
            if not self._restore(member, path):
                return False
            self.paths[member] = f"{path}/{m.path}"
        self.results[key] = listing
        return True


def changed(name: str) -> store.InvariantError:
    return store.InvariantError(
        f"{name}: 运行中缓存被改动, 请再运行一次 its cache entry was changed meanwhile, run again"
    )


def skipped(reason: str) -> Skipped:
    return Skipped("skipped" if reason in SKIPPED_REASONS else "quarantined", reason)
