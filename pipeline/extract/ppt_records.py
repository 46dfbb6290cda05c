"""The records of a PowerPoint 97-2003 file and where the newest version of each object lies.

Section numbers are those of [MS-PPT]; drawings are records of [MS-ODRAW] in the same stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.extract.errors import Unreadable

MAX_RECORDS = 2_000_000  # of one stream; a lecture of 300 slides has 60,000
MAX_EDITS = 10_000  # saves that a file remembers
MAX_OBJECTS = 200_000  # slides, pages of notes, masters, embedded objects

DOCUMENT, SLIDE, NOTES, MASTER, ENVIRONMENT = 0x03E8, 0x03EE, 0x03F0, 0x03F8, 0x03F2
SLIDE_ATOM, SLIDE_PERSIST, DRAWING, SLIDE_LIST = 0x03EF, 0x03F3, 0x040C, 0x0FF0
HANDOUT = 0x0FC9
TEXT_REF, TEXT_HEADER, TEXT_CHARS, TEXT_BYTES = 0x0F9E, 0x0F9F, 0x0FA0, 0x0FA8
STRING, HEADERS_FOOTERS, HEADERS_FOOTERS_ATOM = 0x0FBA, 0x0FD9, 0x0FDA
SLIDE_NUMBER, HEADER_HERE, FOOTER_HERE = 0x0FD8, 0x0FF9, 0x0FFA
DATES = (0x0FF7, 0x0FF8, 0x1015)
PLACEHOLDER, ROUND_TRIP_PLACEHOLDER = 0x0BC3, 0x0420
USER_EDIT, CURRENT_USER, PERSIST_DIRECTORY, CRYPT_SESSION = 0x0FF5, 0x0FF6, 0x1772, 0x2F14
PROG_TAGS, PROG_BINARY_TAG, BINARY_TAG_DATA = 0x1388, 0x138A, 0x138B
COMMENT, COMMENT_ATOM = 0x2EE0, 0x2EE1
_ENCRYPTED_TOKEN = 0xF3D1C4DF


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its type, and the span of its body in the stream."""

    kind: int
    instance: int
    container: bool
    start: int
    end: int


@dataclass(slots=True)
class Records:
    """The bytes of a stream, read as records. Counts what it reads, whoever asks."""

    data: bytes
    read: int = 0
    cut: bool = False  # a record said that it is longer than what holds it

    def at(self, offset: int, end: int | None = None) -> Record | None:
        """The record that starts at an offset, ending where its holder does at the latest."""
        limit = len(self.data) if end is None else end
        if offset < 0 or offset + 8 > limit:
            return None
        self.read += 1
        if self.read > MAX_RECORDS:
            raise Unreadable("LIMIT_SIZE")
        flags, kind, size = struct.unpack_from("<HHI", self.data, offset)
        start = offset + 8
        if start + size > limit:
            self.cut = True
        return Record(kind, flags >> 4, flags & 15 == 15, start, min(start + size, limit))

    def inside(self, record: Record) -> Iterator[Record]:
        """The records in the body of a container."""
        return self.between(record.start, record.end)

    def between(self, start: int, end: int) -> Iterator[Record]:
        while (record := self.at(start, end)) is not None:
            yield record
            start = record.end

    def first(self, record: Record, kind: int, instance: int | None = None) -> Record | None:
        """The first record of a kind in a container."""
        found = (r for r in self.inside(record) if r.kind == kind)
        return next((r for r in found if instance is None or r.instance == instance), None)

    def body(self, record: Record) -> bytes:
        return self.data[record.start : record.end]

    def number(self, record: Record, at: int = 0) -> int:
        """An unsigned 32-bit number in the body; 0 where the body is too short for it."""
        start = record.start + at
        return int(struct.unpack_from("<I", self.data, start)[0]) if start + 4 <= record.end else 0

    def string(self, record: Record) -> str:
        return self.body(record).decode("utf-16-le", "replace").rstrip("\0")


@dataclass(slots=True)
class Directory:
    """Where objects lie in the stream, by their number (2.3.4, 2.3.6)."""

    document: int = 0
    offsets: dict[int, int] = field(default_factory=dict)


def directory(records: Records, current_user: bytes | None) -> Directory:
    """The objects of the newest save and, for those it did not write again, of the saves before.

    Empty where the chain of saves is broken from its start. Raises Unreadable(ENCRYPTED).
    """
    found = Directory()
    offset = _newest_edit(records, current_user)
    seen: set[int] = set()
    while offset is not None and offset not in seen and len(seen) < MAX_EDITS:
        seen.add(offset)
        edit = records.at(offset)
        if edit is None or edit.kind != USER_EDIT:
            break
        table = records.at(records.number(edit, 12))
        if table is not None and table.kind == PERSIST_DIRECTORY:
            _add_objects(records, table, found.offsets)
        found.document = found.document or records.number(edit, 16)
        if edit.end - edit.start >= 32:  # it names the key of an encrypted file
            session = records.at(found.offsets.get(records.number(edit, 28), -1))
            if session is not None and session.kind == CRYPT_SESSION:
                raise Unreadable("ENCRYPTED")
        offset = records.number(edit, 8) or None
    return found


def _newest_edit(records: Records, current_user: bytes | None) -> int | None:
    """Offset of the newest save: as `Current User` says, else the last that lies in the stream."""
    if current_user is not None and len(current_user) >= 20:
        token, offset = struct.unpack_from("<II", current_user, 12)
        if token == _ENCRYPTED_TOKEN:
            raise Unreadable("ENCRYPTED")
        edit = records.at(offset)
        if edit is not None and edit.kind == USER_EDIT:
            return int(offset)
    edits = [r.start - 8 for r in records.between(0, len(records.data)) if r.kind == USER_EDIT]
    return max(edits, default=None)


def _add_objects(records: Records, table: Record, offsets: dict[int, int]) -> None:
    """Runs of objects with numbers that follow each other; what a newer save said stands."""
    at, size = 0, table.end - table.start
    while at + 4 <= size and len(offsets) < MAX_OBJECTS:
        head = records.number(table, at)
        first, count = head & 0xFFFFF, head >> 20
        at += 4
        for number in range(min(count, (size - at) // 4)):
            offsets.setdefault(first + number, records.number(table, at + 4 * number))
        at += 4 * count
