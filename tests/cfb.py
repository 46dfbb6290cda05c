"""A compound file (OLE2) from its streams: the container that tests build .doc and .ppt files in."""

from __future__ import annotations

import struct

SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF
_SMALLEST = 4096


def make_cfb(streams: dict[str, bytes]) -> bytes:
    """The file ([MS-CFB], version 3). Streams lie in the root storage in sectors of 512 bytes; the
    short ones are padded with NUL to 4,096 bytes, so that none needs the mini stream."""
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    bodies = [_padded(streams[name], _SMALLEST) for name in names]
    entries = (1 + len(names) + 3) // 4 * 4  # four entries of 128 bytes in a sector
    counts = [entries // 4, *(len(body) // SECTOR for body in bodies)]
    fat_sectors = 1
    while fat_sectors * 128 < fat_sectors + sum(counts):
        fat_sectors += 1
    if fat_sectors > 109:
        raise ValueError("more than the header lists")

    fat = [_FAT] * fat_sectors
    starts = []
    for count in counts:
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + count), _END]
    fat += [_FREE] * (fat_sectors * 128 - len(fat))

    # The tree of names is a chain to the right: sorted, so every search in it ends where it should.
    directory = _entry("Root Entry", 5, _END, 0, child=1 if names else _NONE)
    for number, (name, body) in enumerate(zip(names, bodies, strict=True), start=1):
        right = number + 1 if number < len(names) else _NONE
        directory += _entry(name, 2, starts[number], len(body), right=right)
    directory += _entry("", 0, 0, 0) * (entries - 1 - len(names))

    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, starts[0], 0, _SMALLEST, _END, 0, _END, 0)
    header += struct.pack("<109I", *(n if n < fat_sectors else _FREE for n in range(109)))
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + b"".join(bodies)


def _entry(name: str, kind: int, start: int, size: int, *, right: int = _NONE, child: int = _NONE) -> bytes:
    encoded = name.encode("utf-16-le")
    length = len(encoded) + 2 if name else 0
    entry = encoded.ljust(64, b"\0") + struct.pack("<HBB", length, kind, 1)
    entry += struct.pack("<III", _NONE, right, child) + bytes(16 + 4 + 16)
    return entry + struct.pack("<IQ", start, size)


def _padded(data: bytes, least: int) -> bytes:
    return data.ljust(max(least, -(-len(data) // SECTOR) * SECTOR), b"\0")
