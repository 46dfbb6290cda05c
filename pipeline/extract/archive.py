"""Archives (ZIP): members with their bytes, or the reason why one is not read.

Names are labels, never paths: nothing is written. One budget covers the outermost archive with all
that is nested in it, and counts what really inflates, since declared sizes lie.
"""

from __future__ import annotations

import bz2
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.extract import archive_names, package, zip_directory
from pipeline.extract.errors import Unreadable

MAX_DEPTH = 3  # archives inside each other, the outermost counted
MAX_INFLATED = 200 << 20
MAX_RATIO = 200
RATIO_FROM = 1 << 20
"""A ratio above 200 is refused only beyond 1 MB: small files of blanks compress further."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive; `data` is None where there is a `reason` why it is not read. The members
    of one that is an `archive` itself follow it, with its path before theirs."""

    path: str
    data: bytes | None = None
    reason: str = ""
    archive: bool = False


class _Exhausted(Unreadable):
    """The budget of the outermost archive is used up: nothing of it is taken."""


@dataclass(slots=True)
class _Budget:
    """What an archive has used so far, nested ones included."""

    entries: int = 0
    inflated: int = 0
    taken: dict[str, int] = field(default_factory=dict)  # path -> how many members had it

    def add_entries(self, count: int) -> None:
        self.entries += count
        if self.entries > zip_directory.MAX_ENTRIES:
            raise _Exhausted("LIMIT_ENTRIES")

    def add_bytes(self, count: int) -> None:
        self.inflated += count
        if self.inflated > MAX_INFLATED:
            raise _Exhausted("ZIP_BOMB")

    def name(self, path: str) -> str:
        """The path, numbered where an earlier member has it: `a.txt`, `a (2).txt`, `a (3).txt`."""
        name = path
        while name in self.taken:
            self.taken[path] += 1
            stem, dot, extension = path.rpartition(".")
            number = f" ({self.taken[path]})"
            name = f"{stem}{number}.{extension}" if dot and "/" not in extension else path + number
        self.taken[name] = 1
        return name


def unpack(data: bytes) -> tuple[Member, ...]:
    """Members in the order of the archive, those of a nested archive after it; folders are none.

    Raises Unreadable where there is nothing to list: CORRUPT, EMPTY_ARCHIVE, LIMIT_ENTRIES, ZIP_BOMB.
    """
    return tuple(_members(data, "", 1, _Budget()))


def _members(data: bytes, prefix: str, depth: int, budget: _Budget) -> Iterator[Member]:
    try:
        infos = zip_directory.directory(data)
    except Unreadable as error:
        if error.reason == "LIMIT_ENTRIES":
            raise _Exhausted(error.reason) from error
        raise
    budget.add_entries(len(infos))
    # What ends behind the file is left to its own reading: one bad member does not harm the others.
    within = [i for i in infos if i.header_offset + package.LOCAL_HEADER + i.compress_size <= len(data)]
    package.check_overlap(within, len(data))
    empty = True
    for info, name in zip(infos, archive_names.decode_names(infos), strict=True):
        if name.endswith(("/", "\\")):
            continue
        empty = False
        yield from _member(data, info, name, prefix, depth, budget)
    if empty:
        raise Unreadable("EMPTY_ARCHIVE")


def _member(
    data: bytes, info: zipfile.ZipInfo, name: str, prefix: str, depth: int, budget: _Budget
) -> Iterator[Member]:
    try:
        path = budget.name(prefix + (archive_names.label(name) or "?"))
    except Unreadable as error:
        yield Member(budget.name(prefix + archive_names.shown(name)), reason=error.reason)
        return
    try:
        if archive_names.is_clutter(path):
            raise Unreadable("IGNORED")
        body = _inflate(data, info, budget)
        nested = list(_nested(body, path, depth, budget))
    except _Exhausted:
        raise
    except Unreadable as error:
        yield Member(path, reason=error.reason)
        return
    yield Member(path, body, archive=bool(nested))
    yield from nested


def _nested(body: bytes, path: str, depth: int, budget: _Budget) -> Iterator[Member]:
    """Members of a member that is an archive; none for any other file."""
    from pipeline.extract import formats

    if not body.startswith(zip_directory.SIGNATURES):
        return
    try:
        kind = formats.sniff(body)
    except Unreadable as error:
        if error.reason == "LIMIT_ENTRIES":
            raise _Exhausted(error.reason) from error
        return  # its own reading finds the same, under its own name
    if kind != "zip":
        return
    if depth == MAX_DEPTH:
        raise Unreadable("LIMIT_DEPTH")
    yield from _members(body, path + "/", depth + 1, budget)


def _inflate(data: bytes, info: zipfile.ZipInfo, budget: _Budget) -> bytes:
    """The bytes of an entry, checked by its checksum.

    Raises Unreadable: SYMLINK, NOT_REGULAR, ENCRYPTED, UNSUPPORTED_TYPE, CORRUPT, ZIP_BOMB.
    """
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG):
        raise Unreadable("SYMLINK" if mode == stat.S_IFLNK else "NOT_REGULAR")
    if info.flag_bits & 1:
        raise Unreadable("ENCRYPTED")
    start, end = zip_directory.payload(data, info)
    try:
        parts = list(_bounded(memoryview(data)[start:end], info.compress_type, budget))
    except (zlib.error, OSError, EOFError, ValueError) as error:
        raise Unreadable("CORRUPT") from error
    body = b"".join(parts)
    if zlib.crc32(body) != info.CRC:
        raise Unreadable("CORRUPT")
    return body


def _bounded(packed: memoryview, method: int, budget: _Budget) -> Iterator[bytes]:
    """What `packed` inflates to, in pieces of 1 MB that are counted before the next is made."""
    size = 0
    for piece in _pieces(packed, method):
        size += len(piece)
        budget.add_bytes(len(piece))
        if size > RATIO_FROM and size > MAX_RATIO * max(1, len(packed)):
            raise Unreadable("ZIP_BOMB")
        yield piece


def _pieces(packed: memoryview, method: int) -> Iterator[bytes]:
    step = RATIO_FROM
    if method == zipfile.ZIP_STORED:
        for at in range(0, len(packed), step):
            yield bytes(packed[at : at + step])
        return
    if method == zipfile.ZIP_DEFLATED:
        stream = zlib.decompressobj(-15)
        # Fed in pieces: what is left over is copied each time, quadratic if it were all of it.
        for at in range(0, len(packed), step):
            rest: bytes | memoryview = packed[at : at + step]
            while len(rest) and not stream.eof:
                yield stream.decompress(rest, step)
                rest = stream.unconsumed_tail
        while piece := stream.decompress(b"", step) if not stream.eof else b"":
            yield piece
        if not stream.eof:
            raise EOFError
    elif method == zipfile.ZIP_BZIP2:
        unpacked = bz2.BZ2Decompressor()
        yield unpacked.decompress(bytes(packed), step)
        while not unpacked.eof:
            if unpacked.needs_input:
                raise EOFError
            yield unpacked.decompress(b"", step)
    else:
        raise Unreadable("UNSUPPORTED_TYPE")
