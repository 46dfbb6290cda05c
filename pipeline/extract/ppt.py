"""PowerPoint 97-2003: a page per slide in the order of the show, read from its records.

The document lists slides and pages of notes by number; the directory of the newest save says where
each lies. Section numbers are those of [MS-PPT].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.extract import ole, ppt_95, ppt_text
from pipeline.extract import ppt_records as ppt
from pipeline.extract.errors import Unreadable
from pipeline.extract.ppt_records import Directory, Record, Records
from pipeline.extract.ppt_shapes import Drawing
from pipeline.extract.ppt_text import Filled, Text
from pipeline.extract.slide_page import Deck
from pipeline.extract.slide_shapes import Shape
from pipeline.records import Extraction, Page

MAX_SLIDES = 20_000
MAX_DEPTH = 100  # levels of containers, where all are looked through
_STREAM, _USER, _OLD = "PowerPoint Document", "Current User", "PP40"
_STORAGES = ("", "PP97_DUALSTORAGE/")  # the second in files that PowerPoint 95 can open too
_HAS_USER_DATE, _HAS_HEADER, _HAS_FOOTER = 0x4, 0x10, 0x20
_UNSEEN = (ppt.MASTER, ppt.ENVIRONMENT, ppt.HANDOUT)
"""Containers of texts that no slide shows: prompts (“click to edit”) and defaults."""


def read(data: bytes) -> Extraction:
    """One page per slide, hidden ones too; titles and table rows as marks, notes at the end.

    A file whose directory is broken is read record by record, with the warning REPAIRED.
    Raises Unreadable: CORRUPT, ENCRYPTED, LIMIT_SIZE, LIMIT_DEPTH, LIMIT_PAGES.
    """
    container = ole.open_streams(data)
    try:
        if ole.stream(container, "EncryptedSummary") is not None:
            raise Unreadable("ENCRYPTED")
        for storage in _STORAGES:
            body = ole.stream(container, storage + _STREAM)
            if body is not None:
                user = ole.stream(container, storage + _USER)
                return _read(Records(body), user)
        old = ole.stream(container, _OLD)
    finally:
        container.close()
    if old is None:
        raise Unreadable("CORRUPT")
    return ppt_95.read(old)


def _read(records: Records, user: bytes | None) -> Extraction:
    directory = ppt.directory(records, user)
    document = records.at(directory.offsets.get(directory.document, -1))
    pages: tuple[Page, ...] = ()
    broken = True
    if document is not None and document.kind == ppt.DOCUMENT:
        show = _Show(records, directory, document, _encoding(records))
        pages = show.pages()
        broken = show.missing > 0 or records.cut
    if broken and not any(page.text for page in pages):
        # Nothing where the directory points to: the texts that lie in the stream, as they come.
        pages = _scanned(records)
    return Extraction("ppt", "huabu/ppt", pages, ("REPAIRED",) if broken else ())


def _encoding(records: Records) -> str:
    atoms = (a for _, a in _texts_below(records, 0, len(records.data), 0) if a.kind == ppt.TEXT_BYTES)
    return ppt_text.code_page(records.body(a)[:2_000] for _, a in zip(range(5_000), atoms, strict=False))


# --- by the directory ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Entry:
    """A slide or page of notes as the document lists it (2.4.14.3)."""

    persist: int  # its number in the directory
    ident: int
    atoms: list[Record] = field(default_factory=list)  # its texts in the outline


@dataclass(slots=True)
class _Show:
    """The slides of a document in order."""

    records: Records
    directory: Directory
    document: Record
    encoding: str
    missing: int = 0  # slides that are listed and not there

    def pages(self) -> tuple[Page, ...]:
        records = self.records
        atom = next(iter(records.inside(self.document)), None)
        width, height = (records.number(atom, 0), records.number(atom, 4)) if atom else (0, 0)
        deck = Deck(height or 4_320, width or 5_760)
        notes = {entry.ident: entry for entry in self._entries(2)}
        common = records.first(self.document, ppt.HEADERS_FOOTERS, 3)
        common_notes = records.first(self.document, ppt.HEADERS_FOOTERS, 4)
        pages: list[Page] = []
        for number, entry in enumerate(self._entries(0), start=1):
            slide = self._object(entry, ppt.SLIDE)
            shapes = self._shapes(entry, slide, number, common)
            noted: list[Shape] = []
            comments: list[str] = []
            if slide is not None:
                slide_atom = records.first(slide, ppt.SLIDE_ATOM)
                page = notes.get(records.number(slide_atom, 16)) if slide_atom else None
                if page is not None and (found := self._object(page, ppt.NOTES)) is not None:
                    noted = self._shapes(page, found, number, common_notes)
                comments = list(_comments(records, slide))
            pages.append(deck.page(number, shapes, notes=noted, comments=comments))
        return tuple(pages)

    def _entries(self, instance: int) -> list[_Entry]:
        """Slides (0) or pages of notes (2) in their order, each once."""
        entries: dict[int, _Entry] = {}
        current: _Entry | None = None
        lists = (r for r in self.records.inside(self.document) if r.kind == ppt.SLIDE_LIST)
        for listed in lists:
            if listed.instance != instance:
                continue
            for atom in self.records.inside(listed):
                if atom.kind == ppt.SLIDE_PERSIST:
                    current = _Entry(self.records.number(atom), self.records.number(atom, 12))
                    if len(entries) >= MAX_SLIDES:
                        raise Unreadable("LIMIT_PAGES")
                    entries.setdefault(current.persist, current)
                elif current is not None:
                    current.atoms.append(atom)
        return list(entries.values())

    def _object(self, entry: _Entry, kind: int) -> Record | None:
        found = self.records.at(self.directory.offsets.get(entry.persist, -1))
        if found is None or found.kind != kind:
            self.missing += 1
            return None
        return found

    def _shapes(self, entry: _Entry, slide: Record | None, number: int, common: Record | None) -> list[Shape]:
        """What stands on a slide, with the footer its master shows on it."""
        own = None if slide is None else self.records.first(slide, ppt.HEADERS_FOOTERS)
        header, footer, date = _headers(self.records, own or common)
        filled = Filled(number, header, footer)
        outline = ppt_text.texts(self.records, entry.atoms, self.encoding)
        if slide is None:
            return [_outlined(text, filled) for text in outline]
        drawing = Drawing(self.records, outline, self.encoding, filled)
        shapes = drawing.shapes(slide)
        if not shapes:
            shapes = [_outlined(text, filled) for text in outline]
        furniture = tuple(line for line in (header, footer, date) if line)
        return [*shapes, Shape(kind="running", lines=furniture)] if furniture else shapes


def _outlined(text: Text, filled: Filled) -> Shape:
    return Shape(kind="title" if text.kind in ppt_text.TITLES else "text", lines=text.lines(filled))


def _headers(records: Records, holder: Record | None) -> tuple[str, str, str]:
    """Header, footer and the date as somebody wrote it (2.4.15.1), where they are shown."""
    if holder is None:
        return "", "", ""
    atom = records.first(holder, ppt.HEADERS_FOOTERS_ATOM)
    flags = records.number(atom) >> 16 if atom else 0
    strings = {r.instance: records.string(r) for r in records.inside(holder) if r.kind == ppt.STRING}
    return (
        strings.get(1, "") if flags & _HAS_HEADER else "",
        strings.get(2, "") if flags & _HAS_FOOTER else "",
        strings.get(0, "") if flags & _HAS_USER_DATE else "",
    )


def _comments(records: Records, slide: Record) -> Iterator[str]:
    """Author, time and text of the comments on a slide (2.5.25)."""
    tags = [t for r in records.inside(slide) if r.kind == ppt.PROG_TAGS for t in records.inside(r)]
    blobs = [d for t in tags if t.kind == ppt.PROG_BINARY_TAG for d in records.inside(t)]
    for blob in blobs:
        if blob.kind != ppt.BINARY_TAG_DATA:
            continue
        for comment in records.inside(blob):
            if comment.kind != ppt.COMMENT:
                continue
            said = {r.instance: records.string(r) for r in records.inside(comment) if r.kind == ppt.STRING}
            atom = records.first(comment, ppt.COMMENT_ATOM)
            if said.get(1, "").strip():
                author = f"{said.get(0, '')} {said.get(2, '')}"  # and the initials on the slide
                yield f"{author} {_time(records.body(atom)[4:20] if atom else b'')} {said[1]}"


def _time(body: bytes) -> str:
    """A time as the system stores it: year, month, day of the week, day, hour, minute, second, ms."""
    if len(body) < 16:
        return ""
    year, month, _, day, hour, minute, second, part = struct.unpack("<8H", body)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{part:03}"


# --- record by record ---------------------------------------------------------------------------


def _texts_below(records: Records, start: int, end: int, depth: int) -> Iterator[tuple[int, Record]]:
    """Text atoms at any depth, each with the number of the slide or page of notes it lies in."""
    pending: list[tuple[int, int, int, int]] = [(start, end, depth, 0)]
    holders = 0
    while pending:
        at, stop, level, holder = pending.pop()
        record = records.at(at, stop)
        if record is None:
            continue
        pending.append((record.end, stop, level, holder))
        if record.kind in (ppt.TEXT_HEADER, ppt.TEXT_CHARS, ppt.TEXT_BYTES):
            yield holder, record
        # [MS-ODRAW] 2.2.32: the box of a text is a container that does not say so in every file.
        elif (record.container or record.kind == 0xF00D) and record.kind not in _UNSEEN:
            if level >= MAX_DEPTH:
                raise Unreadable("LIMIT_DEPTH")
            if record.kind in (ppt.SLIDE, ppt.NOTES):
                if _is_notes_master(records, record):
                    continue
                holders += 1
                holder = holders
            pending.append((record.start, record.end, level + 1, holder))


def _is_notes_master(records: Records, holder: Record) -> bool:
    """Whether a page of notes belongs to no slide (2.5.12)."""
    atom = records.at(holder.start, holder.end)
    return holder.kind == ppt.NOTES and atom is not None and not records.number(atom)


def _scanned(records: Records) -> tuple[Page, ...]:
    """The texts of a stream in the order they lie in it, each once: a file keeps what older saves
    wrote."""
    by_holder: dict[int, list[Record]] = {}
    for holder, atom in _texts_below(records, 0, len(records.data), 0):
        by_holder.setdefault(holder, []).append(atom)
    encoding = ppt_text.code_page(
        records.body(a) for g in by_holder.values() for a in g if a.kind == ppt.TEXT_BYTES
    )
    deck = Deck(4_320, 5_760)
    seen: set[str] = set()
    pages: list[Page] = []
    for holder in sorted(by_holder, key=lambda h: (h == 0, h)):
        shapes: list[Shape] = []
        for text in ppt_text.texts(records, by_holder[holder], encoding):
            if text.chars not in seen:
                seen.add(text.chars)
                shapes.append(_outlined(text, Filled(len(pages) + 1)))
        if any(shape.lines for shape in shapes):
            pages.append(deck.page(len(pages) + 1, shapes))
    return tuple(pages)
