"""The nouns of the pipeline: what one stage of one document hands to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["body", "heading", "table", "contents", "definition", "author", "reference", "boilerplate"]
TAGGABLE: frozenset[str] = frozenset({"body", "heading", "table"})
"""Roles that can carry a tag (a bare heading still cannot, see `segment`)."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file found in the input (or one member of an archive)."""

    path: str  # POSIX, relative to RAW; bytes that are not UTF-8 as \\xNN
    path_hex: str  # the bytes of the same path, in hex
    member: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something the reader knows about a span: a heading level, a table row, that it is page
    furniture, or that its characters are in no readable order (`scrambled`: never tagged)."""

    start: int
    end: int
    kind: Literal["heading", "table", "furniture", "scrambled"]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Text of one page exactly as the reader of the format gave it."""

    number: int  # from 1
    text: str
    marks: tuple[Mark, ...] = ()
    flows: bool = False  # a line is a paragraph (Word, slides, web pages): none is hard-wrapped
    confidence: float = 1.0  # below 1 where the text was recognised from a picture (0 to 1)
    order: tuple[int, ...] = ()  # offset, raw offset of each stretch that runs on; empty: the same

    def raw_offsets(self, offsets: Sequence[int]) -> Sequence[int]:
        """Where characters of the text stand in what the reader got, counted as it counts.

        >>> Page(1, "乙甲", order=(0, 1, 1, 0)).raw_offsets([0, 1])
        [1, 0]
        """
        if not self.order:
            return offsets
        stretches = range(len(self.order) // 2)
        found: list[int] = []
        for offset in offsets:
            at = bisect_right(stretches, offset, key=lambda i: self.order[2 * i]) - 1
            found.append(self.order[2 * at + 1] + offset - self.order[2 * at])
        return found


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a reader made of one file."""

    type: str
    extractor: str
    pages: tuple[Page, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that gave no document, and why. `status` is `quarantined` or `skipped`."""

    status: Literal["quarantined", "skipped"]
    reason: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a stretch of file text comes from: `length` characters from `raw` on page `page`."""

    start: int
    page: int
    raw: int
    length: int


@dataclass(frozen=True, slots=True)
class FileText:
    """The repaired text of a file, with the map back to pages and raw offsets."""

    text: str
    origins: tuple[Origin, ...]
    marks: tuple[Mark, ...] = ()
    starts: tuple[int, ...] = field(default=(), repr=False)

    def locate(self, offset: int) -> tuple[int, int]:
        """(page, raw offset on that page) of the character at `offset`; characters that the
        repair put in (a line feed between pages) answer with the character before them."""
        if not self.origins:
            return 1, 0
        starts = self.starts or tuple(o.start for o in self.origins)
        origin = self.origins[max(0, bisect_right(starts, offset) - 1)]
        return origin.page, origin.raw + min(max(0, offset - origin.start), origin.length - 1)

    def locate_span(self, start: int, end: int) -> tuple[int, int, int]:
        """(page, raw start, raw end) of a span. What runs on to the next page ends, for the raw
        text, with its first one; a rule that put lines in another order cannot make it negative."""
        page, first = self.locate(start)
        at, last = end - 1, first
        while at > start:
            other, raw = self.locate(at)
            if other == page and raw >= first:
                last = raw
                break
            # the stretch that `at` lies in is elsewhere: go on before it
            index = bisect_right(self.starts, at) - 1 if self.starts else -1
            at = min(at, self.origins[index].start if index >= 0 else 0) - 1
        return page, first, last + 1


@dataclass(frozen=True, slots=True)
class Document:
    """One case study: a span of its file text."""

    doc_id: str
    path: str
    path_hex: str
    member: str
    title: str
    start: int
    end: int
    text: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence, bullet, heading or table row: a span of its document."""

    passage_id: str
    doc_id: str
    start: int
    end: int
    text: str
    role: Role
    heading_path: tuple[str, ...] = ()
    page: int = 1
    raw_page: int = 1
    raw_start: int = 0
    raw_end: int = 0
    bare: bool = False  # a heading or bullet that is only a name or a number
    rule: str = ""  # the cleaning rule that took it out of tagging, if one did


@dataclass(frozen=True, slots=True)
class Match:
    """A lexicon term found in a text; offsets are those of the text as written."""

    block: str
    term: str
    kind: str
    weight: float
    start: int
    end: int
    source: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row of the sum that makes a score. Offsets are relative to the passage; -1 if none."""

    block: str
    kind: Literal["lexicon", "tfidf", "heading", "context", "encoder", "intercept"]
    term: str
    start: int
    end: int
    weight: float
    source: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A passage describes a block. Made in `classify` and nowhere else."""

    block: str
    score: float
    probability: float
    evidence: tuple[Evidence, ...]
    origin: Literal["model", "human"] = "model"


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in a canvas cell: pieces of the quote, in their order."""

    text: str
    quote: str
    passage_id: str
    score: float


Box = tuple[float, float, float, float]
"""Left, top, width, height in shares of a page, y downward."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it looks, and where quotes stand on it."""

    number: int  # of the page, from 1
    png: bytes
    width: int  # pixels
    height: int
    boxes: tuple[tuple[Box, ...], ...]  # of each quote, line by line; none where it was not found
