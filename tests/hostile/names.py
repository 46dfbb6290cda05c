"""Names of files and folders, and what systems leave in folders (groups 91 to 95)."""

from __future__ import annotations

from collections.abc import Iterator

from hostile.cases import BOTH, GOOD, OK, Case, one_of

NAMES = (
    "商业模式案例：小米（2013）", "🚀火箭", "a\nb", "-rf", "--help", "\u00e9", "e\u0301", "$(touch x)", "`id`; rm -rf x", "a b  c", " 前空格", "%s%n", "a'b\"c",
    "<script>alert(1)</script>"[:8], "<img src=x>", "&amp;", "=1+1", "@SUM(1)", "\u202egnp", "\u200b", "con", "aux.txt.", "a\\b", "a:b", "*?", "\x1b[31m", "\x7f", "nul", "\t",
    "名" * 83, "x" * 250,
)  # fmt: skip
CLUTTER = (".DS_Store", "Thumbs.db", "desktop.ini", "~$案例.docx", "._案例.txt", ".gitkeep")


def cases() -> Iterator[Case]:
    for number, name in enumerate(NAMES):
        yield Case(91, f"{name}.txt", f"{GOOD}名{number}\n".encode(), OK, has=BOTH)
        yield Case(94, f"{name[:60]}/{number}.txt", f"{GOOD}夹{number}\n".encode(), OK, has=BOTH)
    for number, raw in enumerate(
        (b"\xff\xfe.txt", "案例.txt".encode("gbk"), b"\xed\xa0\x80.txt", b"\\xff.txt", b"a\xc3.txt", b"\x80")
    ):
        yield Case(92, raw, f"{GOOD}字节{number}\n".encode(), OK, has=BOTH)
        yield Case(92, raw + b".d/a.txt", f"{GOOD}字节夹{number}\n".encode(), OK, has=BOTH)
    for depth in (10, 60):
        yield Case(93, "/".join(["层"] * depth) + "/案例.txt", f"{GOOD}{depth}\n".encode(), OK, has=BOTH)
    for name in CLUTTER:
        yield Case(95, name, b"\0\0\0\1Bud1" + bytes(50), one_of("IGNORED"))
        yield Case(95, f"夹/{name}", GOOD.encode(), one_of("IGNORED"))
    yield Case(95, ".hidden.txt", f"{GOOD}隐\n".encode(), OK, has=BOTH)
    yield Case(95, "NFC-\u00e9.txt", f"{GOOD}一\n".encode(), OK, has=BOTH)
    yield Case(95, "NFC-e\u0301.txt", f"{GOOD}二\n".encode(), OK, has=BOTH)
