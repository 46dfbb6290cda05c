"""Archives: bombs, names that point outside, members that are none (groups 7, 8, 46 to 55)."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence

from wordxml import par, word

from hostile.cases import BOTH, CANARY, FIRST, GOOD, KILLED, LIMITS, OK, Case, Member, one_of
from hostile.pdf_writer import base, pdf

TEXT = GOOD.encode()
READ = Member(OK, BOTH)
Entries = Sequence[tuple[str, bytes]]


def archive(entries: Entries, *, method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            made.writestr(info, data, method)
    return buffer.getvalue()


def raw_named(names: Sequence[bytes], data: bytes = TEXT) -> bytes:
    """An archive whose names are these bytes, without the flag for UTF-8."""
    plain = [f"{n:02}".ljust(len(name), "x") for n, name in enumerate(names)]
    made = archive([(name, data + name.encode()) for name in plain], method=zipfile.ZIP_STORED)
    for old, new in zip(plain, names, strict=True):
        made = made.replace(
            struct.pack("<H", len(new)) + b"\0\0" + old.encode(), struct.pack("<H", len(new)) + b"\0\0" + new
        )
        at = made.index(b"PK\x01\x02")
        made = made[:at] + made[at:].replace(old.encode(), new)
    return made


def good() -> Iterator[Case]:
    office = word(par(FIRST) + par("另一段。" * 5))
    members = {"案例/一.txt": READ, "二.docx": Member(OK, (FIRST,)), "三.pdf": READ}
    yield Case(
        7,
        "good.zip",
        archive([("案例/一.txt", TEXT), ("二.docx", office), ("三.pdf", pdf(base()))]),
        OK,
        members=members,
    )
    for encoding, names in (
        ("gbk", ["商业模式案例.txt", "客户细分/渠道.txt"]),
        ("big5", ["商業模式案例.txt", "客戶關係/通路.txt"]),
    ):
        yield Case(
            8,
            f"names-{encoding}.zip",
            raw_named([n.encode(encoding) for n in names]),
            OK,
            members=dict.fromkeys(names, READ),
        )
    yield Case(
        8, "as.docx", archive([("a.txt", TEXT)]), OK, members={"a.txt": READ}, warns=one_of("EXT_MISMATCH")
    )


def bombs() -> Iterator[Case]:
    bomb = LIMITS | KILLED
    yield Case(46, "ratio.zip", lambda: archive([("a.txt", b"a" * (30 << 20))]), bomb)
    yield Case(
        46,
        "ratio-beside-good.zip",
        lambda: archive([("a.txt", b"a" * (30 << 20)), ("b.txt", TEXT)]),
        OK,
        members={"a.txt": Member(bomb), "b.txt": READ},
    )
    yield Case(46, "ratio-300-mb.zip", lambda: archive([("a.txt", b"a" * (300 << 20))]), bomb, heavy=True)
    yield Case(46, "budget.zip", lambda: archive([(f"{n}.txt", (f"{n:030}\n" * 10).encode() * 20_000 + bytes(range(256)) * 400) for n in range(40)]), bomb | OK, heavy=True)  # fmt: skip
    nest = archive([("a.txt", TEXT)])
    for depth in range(2, 51):
        nest = archive([("a.zip", nest)])
        if depth in (3, 4, 50):
            yield Case(48, f"depth-{depth}.zip", nest, OK if depth == 3 else bomb)
    for width, depth in ((4, 3), (16, 5)):
        nest = archive([("a.txt", TEXT)])
        for _ in range(depth):
            nest = archive([(f"{n}.zip", nest) for n in range(width)])
        yield Case(47, f"nest-{width}-to-the-{depth}.zip", nest, bomb)
    nest = archive([("a.txt", TEXT)])
    twin = archive([(f"{n}.zip", nest) for n in range(16)])
    yield Case(
        47, "nest-16-to-the-2.zip", archive([(f"{n}.zip", twin) for n in range(16)]), OK | bomb, heavy=True
    )
    for count in (9_000, 60_000):
        yield Case(49, f"members-{count}.zip", lambda count=count: archive([(f"{n}.txt", b"") for n in range(count)], method=zipfile.ZIP_STORED), bomb | one_of("EMPTY_FILE"), heavy=count == 9_000)  # fmt: skip
    yield Case(50, "overlap.zip", overlapping(100), bomb)
    yield Case(50, "overlap-beside-good.zip", overlapping(1, beside=True), bomb | OK)
    for name, size in (("larger", 10**9), ("smaller", 5), ("nothing", 0)):
        yield Case(
            50,
            f"size-{name}.zip",
            resized(archive([("a.txt", TEXT), ("b.txt", TEXT)]), size),
            OK | bomb | one_of("CORRUPT"),
        )
    yield Case(50, "quine-like.zip", archive([("a.zip", archive([]))]), bomb | one_of("EMPTY_ARCHIVE"))


def overlapping(count: int, *, beside: bool = False) -> bytes:
    """Many entries of the directory for one local file."""
    made = archive([("0000.txt", TEXT * 200), *([("good.txt", TEXT)] if beside else [])])
    at = made.index(b"PK\x01\x02")
    end = made.index(b"PK\x05\x06")
    length = 46 + 8
    entry = made[at : at + length]
    entries = b"".join(entry[:46] + b"%04d.txt" % n for n in range(count)) + made[at:end]
    total = struct.unpack_from("<H", made, end + 10)[0] + count
    return made[:at] + entries + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, total, total, len(entries), at, 0)


def resized(data: bytes, size: int) -> bytes:
    """The first entry says, in both headers, that it is so long."""
    out = bytearray(data)
    struct.pack_into("<I", out, 22, size)
    struct.pack_into("<I", out, data.index(b"PK\x01\x02") + 24, size)
    return bytes(out)


def bad_members() -> Iterator[Case]:
    outside = one_of("PATH_TRAVERSAL")
    slips = [
        "../a.txt",
        "../../../../tmp/a.txt",
        "/etc/a.txt",
        "C:\\a.txt",
        "..\\..\\a.txt",
        "a/../../b.txt",
        "\\\\host\\share\\a.txt",
        "C:a.txt",
        "a/..\\..\\b.txt",
    ]
    for number, name in enumerate(slips):
        made = archive([(name, CANARY.encode()), ("好.txt", TEXT)])
        members = {name: Member(outside), "好.txt": READ}
        yield Case(51, f"slip-{number}.zip", made, OK, members=members, lacks=(CANARY,))
    yield Case(
        51, "slip-only.zip", archive([("../a.txt", TEXT)]), outside, members={"../a.txt": Member(outside)}
    )
    for name, mode, reason in (
        ("link", stat.S_IFLNK, "SYMLINK"),
        ("pipe", stat.S_IFIFO, "NOT_REGULAR"),
        ("device", stat.S_IFCHR, "NOT_REGULAR"),
        ("socket", stat.S_IFSOCK, "NOT_REGULAR"),
    ):
        yield Case(
            52,
            f"{name}.zip",
            archive([("a.txt", b"/etc/passwd")], mode=mode | 0o777),
            one_of(reason),
            members={"a.txt": Member(one_of(reason))},
        )
    locked = bytearray(archive([("a.txt", TEXT), ("好.txt", TEXT)]))
    locked[6] |= 1
    locked[bytes(locked).index(b"PK\x01\x02") + 8] |= 1
    yield Case(
        53, "encrypted.zip", bytes(locked), OK, members={"a.txt": Member(one_of("ENCRYPTED")), "好.txt": READ}
    )
    alone = bytearray(archive([("a.txt", TEXT)]))
    alone[6] |= 1
    alone[bytes(alone).index(b"PK\x01\x02") + 8] |= 1
    yield Case(53, "encrypted-only.zip", bytes(alone), one_of("ENCRYPTED"))
    mixed: Entries = [
        ("好.txt", TEXT),
        ("空.txt", b""),
        ("坏.pdf", b"%PDF-1.7\n1 0 obj\n<<"),
        ("图.png", b"\x89PNG\r\n\x1a\n" + bytes(99)),
        ("bad.zip", b"PK\x03\x04" + bytes(50)),
        ("好.pdf", pdf(base())),
        ("__MACOSX/._好.txt", b"\0\5\x16\7"),
        ("folder/", b""),
        ("Thumbs.db", b"x"),
    ]
    members = {
        "好.txt": READ,
        "空.txt": Member(one_of("EMPTY_FILE")),
        "坏.pdf": Member(one_of("CORRUPT")),
        "图.png": Member(one_of("UNSUPPORTED_TYPE")),
        "bad.zip": Member(one_of("CORRUPT")),
        "好.pdf": READ,
        "__MACOSX/._好.txt": Member(one_of("IGNORED")),
        "Thumbs.db": Member(one_of("IGNORED")),
    }
    yield Case(54, "mixed.zip", archive(mixed), OK, members=members)
    broken = archive([("a.txt", TEXT * 50), ("好.txt", TEXT)])
    at = broken.index(b"PK\x03\x04") + 60
    yield Case(
        54,
        "stream-broken.zip",
        broken[:at] + b"\xff" * 20 + broken[at + 20 :],
        OK,
        members={"a.txt": Member(one_of("CORRUPT")), "好.txt": READ},
    )
    yield Case(54, "no-directory.zip", archive([("好.txt", TEXT)])[:-60], one_of("CORRUPT"))
    yield Case(
        54,
        "text-before.zip",
        b"#!/bin/sh\n" * 20 + archive([("好.txt", TEXT)]),
        OK | one_of("BINARY_DATA", "CORRUPT", "GARBAGE", "UNSUPPORTED_TYPE"),
    )
    yield Case(54, "text-behind.zip", archive([("好.txt", TEXT)]) + b"x" * 500, OK | one_of("CORRUPT"))
    twice = archive([("好.txt", TEXT), ("好.txt", f"{GOOD}二".encode()), ("好.txt", f"{GOOD}三".encode())])
    yield Case(
        55, "twice.zip", twice, OK, members=dict.fromkeys(["好.txt", "好 (2).txt", "好 (3).txt"], READ)
    )
    yield Case(
        55,
        "case.zip",
        archive([("A.txt", TEXT), ("a.txt", f"{GOOD}二".encode())]),
        OK,
        members={"A.txt": READ, "a.txt": READ},
    )
    yield Case(
        55,
        "folder-and-file.zip",
        archive([("a", TEXT), ("a/b.txt", f"{GOOD}二".encode())]),
        OK,
        members={"a": READ, "a/b.txt": READ},
    )
    yield Case(12, "empty.zip", archive([]), one_of("EMPTY_ARCHIVE"))
    yield Case(12, "folders-only.zip", archive([("a/", b""), ("a/b/", b"")]), one_of("EMPTY_ARCHIVE"))
    for number, name in enumerate(
        [
            "=1+1.txt",
            "@SUM(A1).txt",
            "-1.txt",
            "+1.txt",
            "<b>x.txt",
            "a\nb.txt",
            "\u202etxt.exe",
            "x" * 300 + ".txt",
            "con.txt",
            "ab:c.txt",
            " .txt",
        ]
    ):
        yield Case(55, f"name-{number}.zip", archive([(name, TEXT)]), OK)


def cases() -> Iterator[Case]:
    yield from good()
    yield from bombs()
    yield from bad_members()
