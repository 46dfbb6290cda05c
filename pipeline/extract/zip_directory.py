"""What a ZIP says it holds: its central directory, bounded and checked before anything is inflated.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record).
"""

from __future__ import annotations

import io
import struct
import zipfile

from pipeline.extract.errors import Unreadable

MAX_ENTRIES = 10_000
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ENTRY = b"PK\x01\x02"
_END = b"PK\x05\x06"
_LOCAL_HEADER = 30  # bytes before the name


def directory(data: bytes) -> list[zipfile.ZipInfo]:
    """The entries in their order. Raises Unreadable: CORRUPT, LIMIT_ENTRIES.

    Counted before they are parsed: two million entries of 46 bytes fit into 100 MB and take
    1.5 GB as objects.
    """
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end >= 0 and len(data) >= end + 22:
        length = struct.unpack_from("<I", data, end + 12)[0]
        if data.count(_ENTRY, max(0, end - length), end) > MAX_ENTRIES:
            raise Unreadable("LIMIT_ENTRIES")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except Exception as error:  # besides its own: UnicodeDecodeError, struct.error, ValueError
        raise Unreadable("CORRUPT") from error
    if len(infos) > MAX_ENTRIES:
        raise Unreadable("LIMIT_ENTRIES")
    return infos


def payload(data: bytes, info: zipfile.ZipInfo) -> tuple[int, int]:
    """(start, end) of the compressed bytes of an entry. Raises Unreadable(CORRUPT).

    The lengths of name and extra field are those of the local header: they differ from the
    central directory's in files of the usual tools.
    """
    at = info.header_offset
    if at < 0 or data[at : at + 4] != SIGNATURES[0] or len(data) < at + _LOCAL_HEADER:
        raise Unreadable("CORRUPT")
    name, extra = struct.unpack_from("<HH", data, at + 26)
    start = at + _LOCAL_HEADER + name + extra
    end = start + info.compress_size
    if end > len(data):
        raise Unreadable("CORRUPT")
    return start, end
