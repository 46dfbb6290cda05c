"""Pages that notes point to -> pictures of them, drawn in the sandbox and kept in the cache."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline import store
from pipeline.extract.answers import Drawn, pictures_from
from pipeline.extract.sandbox import Job, read_all
from pipeline.inputs import EXTRACT_CODE, Input
from pipeline.records import Extraction, Picture

TYPE = "pdf"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pages of one input file, and the quotes to find on each."""

    path_hex: str
    sha256: str
    quotes: tuple[tuple[int, tuple[str, ...]], ...]  # (page, quotes)


def drawable(inputs: Iterable[Input], entries: Iterable[store.Entry]) -> dict[str, store.Entry]:
    """Path in hex -> entry, of the inputs whose pages can be drawn. Members of archives cannot: their
    bytes are not at hand any more."""
    found = {
        item.source.path_hex
        for item in inputs
        if isinstance(item.result, Extraction) and item.result.type == TYPE and not item.source.member
    }
    return {entry.path_hex: entry for entry in entries if entry.path_hex in found}


@dataclass(frozen=True, slots=True)
class Illustrator:
    """Draws pages of inputs. What cannot be drawn (a reader that crashed, a file that changed) is left
    out: a page without its picture has still its text."""

    entries: Mapping[str, store.Entry]
    cache: store.Cache
    workers: int
    time_limit: float

    def draw(self, wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, tuple[Picture, ...]]]:
        """Files of which something was drawn, in no order. Raises SandboxBroken, OutputError."""
        code = store.key_of("pictures", store.code_fingerprint(*EXTRACT_CODE))
        missing: dict[str, Wanted] = {}
        for one in wanted:
            if one.path_hex not in self.entries:
                continue
            key = store.key_of(code, one.path_hex, one.sha256, repr(one.quotes))
            known = _known(self.cache.get(key))
            if known is None:
                missing[key] = one
            else:
                yield one, known
        jobs = self._jobs(missing)
        first = next(jobs, None)  # with nothing to draw, no worker starts
        if first is None:
            return
        for key, answer in read_all(_chain(first, jobs), workers=self.workers, time_limit=self.time_limit):
            if isinstance(answer, Drawn) and _asked(missing[key], answer.pictures):
                self.cache.put(key, _kept(answer.pictures))
                yield missing[key], answer.pictures

    def _jobs(self, missing: Mapping[str, Wanted]) -> Iterator[Job]:
        for key, one in missing.items():
            data = store.read_input(self.entries[one.path_hex])
            if isinstance(data, bytes) and store.sha256(data) == one.sha256:
                yield Job(key, data, TYPE, drawn=one.quotes)


def _chain(first: Job, rest: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield from rest


def _asked(wanted: Wanted, pictures: tuple[Picture, ...]) -> bool:
    """Whether the pictures are of pages that were asked for, each once and with all its quotes."""
    quotes = dict(wanted.quotes)
    numbers = [picture.number for picture in pictures]
    return len(set(numbers)) == len(numbers) and all(
        picture.number in quotes and len(picture.boxes) == len(quotes[picture.number]) for picture in pictures
    )


def _kept(pictures: tuple[Picture, ...]) -> dict[str, object]:
    listed = [{"number": p.number, "size": len(p.png), "boxes": p.boxes} for p in pictures]
    return {"pictures": listed, "bytes": base64.b64encode(b"".join(p.png for p in pictures)).decode()}


def _known(value: dict[str, object] | None) -> tuple[Picture, ...] | None:
    """What an earlier run drew, None for an entry of another shape: drawn anew."""
    try:
        if value is None:
            return None
        return pictures_from(value["pictures"], base64.b64decode(value["bytes"]))  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        return None
