"""Names of archive members: bytes in some encoding -> labels. A label is never used as a path."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

from pipeline import store
from pipeline.extract.errors import Unreadable

UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
MAX_LABEL = 1_000
MIN_PLAUSIBLE = 0.5
"""Share of usual characters below which names without a flag are taken for Western (cp437)."""
_DRIVE = re.compile(r"[A-Za-z]:")


def decode_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The name of every entry as written in it, one after another.

    The Unicode path field, else the UTF-8 flag, else one encoding for all names of the archive:
    strict UTF-8 (the Finder sets no flag), GBK or Big5 (Windows in Chinese), cp437 (the standard).
    Source: APPNOTE 4.4.4 bit 11, 4.6.9, appendix D.
    """
    raw = [_bytes_of(info) for info in infos]
    known = [_own_unicode(info, name) for info, name in zip(infos, raw, strict=True)]
    encoding = _encoding_of([name for name, sure in zip(raw, known, strict=True) if sure is None])
    return [
        sure if sure is not None else name.decode(encoding, "replace")
        for name, sure in zip(raw, known, strict=True)
    ]


def _bytes_of(info: zipfile.ZipInfo) -> bytes:
    """The name as stored. `filename` is of no use: cut at a NUL, and on Windows every 0x5C, the
    second byte of many Big5 characters, is a slash in it."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & UTF8_FLAG else "cp437", "replace")


def _own_unicode(info: zipfile.ZipInfo, raw: bytes) -> str | None:
    """The name where the entry itself says that it is Unicode."""
    at, extra = 0, info.extra
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if tag == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            # The checksum tells whether a later tool renamed the entry and left the field behind.
            if struct.unpack_from("<I", field, 1)[0] == zlib.crc32(raw):
                return field[5:].decode("utf-8", "replace")
            break
        at += 4 + size
    return info.orig_filename if info.flag_bits & UTF8_FLAG else None


def _encoding_of(names: Sequence[bytes]) -> str:
    """The encoding that makes names without a flag plausible; a tie goes to the one named first."""
    joined = b"\n".join(name for name in names if not name.isascii())[:100_000]
    try:
        joined.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    plausible = {"gb18030": _usual_gbk(joined), "big5hkscs": _usual_big5(joined)}
    best = max(plausible, key=lambda encoding: plausible[encoding])
    return best if plausible[best] >= MIN_PLAUSIBLE else "cp437"


def _usual_gbk(names: bytes) -> float:
    """Share of usual characters of GB 2312 among two-byte ones: level 1 (rows B0 to D7) counts
    whole, level 2 half, the extension of GBK not at all."""
    weights = [
        (0.0 if second < 0xA1 else 1.0 if first < 0xD8 else 0.5) if 0xB0 <= first <= 0xF7 else
        (1.0 if 0xA1 <= first <= 0xA3 and second >= 0xA1 else 0.0)
        for first, second in _pairs(names)
    ]  # fmt: skip
    return sum(weights) / len(weights) if weights else 0.0


def _usual_big5(names: bytes) -> float:
    """The same for Big5: level 1 is rows A4 to C6, punctuation A1 to A3, level 2 from C9."""
    weights = [
        0.0 if not (0x40 <= second <= 0x7E or second >= 0xA1) else
        1.0 if 0xA1 <= first <= 0xC6 else 0.5 if 0xC9 <= first <= 0xF9 else 0.0
        for first, second in _pairs(names)
    ]  # fmt: skip
    return sum(weights) / len(weights) if weights else 0.0


def _pairs(names: bytes) -> list[tuple[int, int]]:
    """Two-byte characters, read from the left; a lead byte before a line end is half of one."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(names):
        if names[at] < 0x80:
            at += 1
            continue
        found.append((names[at], names[at + 1] if at + 1 < len(names) else 0))
        at += 2
    return found


def label(name: str) -> str:
    """The name as a POSIX path inside the archive, e.g. `案例/a.txt`; empty for the folder itself.

    Backslashes separate as on Windows, where some tools write them. Raises
    Unreadable(PATH_TRAVERSAL) for what points outside: `..`, a root, a drive, a NUL.
    """
    parts = name.replace("\\", "/").split("/")
    if "\0" in name or ".." in parts or not parts[0] or _DRIVE.match(parts[0]):
        raise Unreadable("PATH_TRAVERSAL")
    return shown("/".join(part for part in parts if part not in ("", ".")))


def shown(name: str) -> str:
    """A name without control and direction characters, not longer than the ledger can bear."""
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\x{ord(c):02x}" for c in name[:MAX_LABEL])


def is_clutter(path: str) -> bool:
    """What the system put there, as in the folder walk: no case of anybody."""
    *folders, base = path.lower().split("/")
    return "__macosx" in folders or base in store.CLUTTER or base.startswith(("~$", "._"))
