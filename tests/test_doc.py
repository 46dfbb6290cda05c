"""Binary Word: files of our own making, one for each thing a reader can get wrong."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

import pytest
from cfb import make_cfb
from conftest import FIRST, SECOND

from pipeline.extract import doc_bytes, formats
from pipeline.extract.doc_properties import sprms
from pipeline.extract.errors import Unreadable

TEXT = 0x400  # where the text begins: right behind the head
HIDDEN, DELETED = b"\x3c\x08\x01", b"\x00\x08\x01"
IN_TABLE, ROW_END = b"\x16\x24\x01", b"\x16\x24\x01\x17\x24\x01"
INNER = IN_TABLE + b"\x49\x66\x02\x00\x00\x00"  # depth 2
INNER_CELL, INNER_ROW = INNER + b"\x4b\x24\x01", INNER + b"\x4b\x24\x01\x4c\x24\x01"
OUTLINE_3 = b"\x40\x26\x02"
Run = tuple[int, int, bytes]


def plc(edges: Sequence[int], entries: Sequence[bytes]) -> bytes:
    return struct.pack(f"<{len(edges)}I", *edges) + b"".join(entries)


def page_of(runs: Sequence[Run], *, item: int, paragraphs: bool, old: bool = False) -> bytes:
    """A page of properties: (first byte, last byte, changes), changes stored from the end on."""
    edges = [run[0] for run in runs] + [runs[-1][1]]
    page = bytearray(512)
    struct.pack_into(f"<{len(edges)}I", page, 0, *edges)
    free = 510
    for n, (_, _, changes) in enumerate(runs):
        if not changes:
            continue
        if not paragraphs:
            body = bytes((len(changes),)) + changes
        elif old:
            body = bytes((-(-len(changes) // 2),)) + changes + b"\0" * (len(changes) % 2)
        else:
            body = bytes((len(changes) // 2 + 1,)) + changes + b"\0" * (1 - len(changes) % 2)
        free = (free - len(body)) // 2 * 2
        page[free : free + len(body)] = body
        page[4 * len(edges) + item * n] = free // 2
    page[511] = len(runs)
    return bytes(page)


def filled(runs: Sequence[Run], start: int, end: int) -> list[Run]:
    """Runs without gaps, as pages have them."""
    out: list[Run] = []
    for first, last, changes in sorted(runs):
        out += [(start, first, b""), (first, last, changes)]
        start = last
    return [run for run in [*out, (start, end, b"")] if run[0] < run[1]]


def stylesheet(names: Sequence[tuple[int, str, bytes]]) -> bytes:
    """Paragraph styles of (built-in number, name, character changes)."""
    out = struct.pack("<HHH", 4, len(names), 10)
    for built_in, name, changes in names:
        style = struct.pack("<HHHHH", built_in, 0xFFF << 4 | 1, 2, 0, 0)
        style += struct.pack("<H", len(name)) + name.encode("utf-16-le") + b"\0\0"
        style += struct.pack("<HH", 2, 0) + struct.pack("<H", len(changes)) + changes
        out += struct.pack("<H", len(style)) + style + b"\0" * (len(style) % 2)
    return out


def fonts(entries: Sequence[tuple[str, int]]) -> bytes:
    out = struct.pack("<HH", len(entries), 0)
    for name, charset in entries:
        body = bytes((0, 0, 0, charset, 0)) + bytes(34) + name.encode("utf-16-le") + b"\0\0"
        out += bytes((len(body),)) + body
    return out


def word_97(
    *parts: str | bytes,
    lengths: Sequence[int] = (),
    hidden: Sequence[Run] = (),
    paragraphs: Sequence[Run] = (),
    tables: dict[int, bytes] | None = None,
    changes: Sequence[tuple[bytes, bytes]] = (),
    flags: int = 0x1200,
    language: int = 0x0804,
    streams: dict[str, bytes] | None = None,
) -> bytes:
    """A Word 97 file. `parts`: pieces of the text, str in 16 bits and bytes in 8 bits a character;
    `lengths`: of the stories; `hidden`, `paragraphs`: properties by character position; `tables`:
    others by their number in the head; `changes`: of a piece, with what it refers to."""
    text, entries, edges, places = b"", [], [0], []
    for n, part in enumerate(parts):
        data = part.encode("utf-16-le") if isinstance(part, str) else part
        place = TEXT + len(text)
        at = place if isinstance(part, str) else place * 2 | 1 << 30
        prm = changes[n][0] if changes else b"\0\0"
        entries.append(b"\0\0" + struct.pack("<I", at) + prm)
        width = 2 if isinstance(part, str) else 1
        places += [(edges[-1] + k, place + width * k) for k in range(len(data) // width)]
        edges.append(edges[-1] + len(data) // width)
        text += data
    byte_at = dict(places)
    byte_at[edges[-1]] = TEXT + len(text)
    stop = TEXT + len(text)

    def placed(runs: Sequence[Run]) -> list[Run]:
        return filled([(byte_at[a], byte_at[b], c) for a, b, c in runs], TEXT, stop)

    main = text + bytes(-(TEXT + len(text)) % 512)
    first_page = (TEXT + len(main)) // 512
    main += page_of(placed(hidden), item=1, paragraphs=False)
    main += page_of(placed(paragraphs), item=13, paragraphs=True)
    pieces = plc(edges, entries)
    prefix = b"".join(b"\x01" + struct.pack("<H", len(c)) + c for _, c in changes if c)
    found = {
        12: plc([TEXT, stop], [struct.pack("<I", first_page)]),
        13: plc([TEXT, stop], [struct.pack("<I", first_page + 1)]),
        33: prefix + b"\x02" + struct.pack("<I", len(pieces)) + pieces,
        **(tables or {}),
    }
    table, pairs = b"\0" * 4, [(0, 0)] * 93
    for number, data in found.items():
        pairs[number] = (len(table), len(data))
        table += data
    head = struct.pack("<HHHHHHH", 0xA5EC, 0xC1, 0, language, 0, flags, 0xBF).ljust(24, b"\0")
    head += struct.pack("<II", TEXT, stop) + struct.pack("<H", 14) + bytes(26) + struct.pack("<H", language)
    counts = (*(lengths or (edges[-1],)), *[0] * 8)[:8]
    head += struct.pack("<H", 22) + bytes(12) + struct.pack("<8I", *counts) + bytes(44)
    head += struct.pack("<H", 93) + b"".join(struct.pack("<II", *pair) for pair in pairs)
    name = "1Table" if flags & 0x200 else "0Table"
    return make_cfb({"WordDocument": head.ljust(TEXT, b"\0") + main, name: table, **(streams or {})})


def word_6(text: bytes, *, language: int = 0x0804, flags: int = 0, charsets: Sequence[int] = (), runs: Sequence[Run] = (), paragraphs: Sequence[Run] = (), bare: bool = False) -> bytes:  # fmt: skip
    """A Word 6 file: everything in one stream, tables right behind the text."""
    start = 0x300
    width = 2 if flags & 0x1000 else 1
    stop = start + len(text)
    main = text + bytes(-(start + len(text)) % 512)
    first_page = (start + len(main)) // 512
    shifted = [filled([(start + a, start + b, c) for a, b, c in r], start, stop) for r in (runs, paragraphs)]
    main += page_of(shifted[0], item=1, paragraphs=False, old=True)
    main += page_of(shifted[1], item=7, paragraphs=True, old=True)
    names = b"".join(bytes((6 + 5,)) + bytes((0, 0, 0, c, 0)) + b"font" + b"\0\0" for c in charsets)
    tables = {
        12: plc([start, stop], [struct.pack("<H", first_page)]),
        13: plc([start, stop], [struct.pack("<H", first_page + 1)]),
        15: struct.pack("<H", 2 + len(names)) + names,
    }
    pairs = [(0, 0)] * 34
    for number, data in tables.items():
        pairs[number] = (start + len(main), len(data))
        main += data
    head = struct.pack("<HHHHHHH", 0xA5DC, 0x68, 0, language, 0, flags, 0x65).ljust(24, b"\0")
    head += struct.pack("<II", start, stop) + bytes(20) + struct.pack("<8I", len(text) // width, *[0] * 7)
    head += bytes(4) + b"".join(struct.pack("<II", *pair) for pair in pairs)
    stream = head.ljust(start, b"\0") + main
    return stream if bare else make_cfb({"WordDocument": stream})


def read(data: bytes):
    """(text, [(kind, level, text of the mark)]), the span law held."""
    extraction = formats.read(data, "doc")
    assert extraction.type == "doc"
    (page,) = extraction.pages
    assert all(0 <= m.start < m.end <= len(page.text) for m in page.marks)
    return page.text, [(m.kind, m.level, page.text[m.start : m.end]) for m in page.marks]


GBK = f"{FIRST}\r{SECOND}\r"
ZH = f"{FIRST}\n{SECOND}"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((f"{FIRST}\r{SECOND}\r",), ZH),
        ((GBK.encode("gbk"),), ZH),
        ((FIRST + "\r", f"{SECOND}\r".encode("gbk")), ZH),
        ((b"caf\xe9 \x93menu\x94 \x80 20\r",), "café “menu” € 20"),
        ((b"na\xefve d\xe9j\xe0 vu, fa\xe7ade \xe0 la cr\xe8me br\xfbl\xe9e\r",), "naïve déjà vu, façade à la crème brûlée"),
        (("𠮷野家的渠道\r",), "𠮷野家的渠道"),
        (("甲\x0b乙\x0c丙\x1e丁\x1f戊\x01\x08\x02\x05\r",), "甲\n乙\n丙-丁戊"),
        (("前 \x13 HYPERLINK \"http://a.b\" \x14网站\x15 后\r",), "前 网站 后"),
        (("甲\x13 IF \x13 REF x \x14内\x15 = 1 \x14结\x13 PAGE \x143\x15果\x15乙\r",), "甲结3果乙"),
        (("开\x13 没有结尾 \x14的域\r",), "开 没有结尾 的域"),
        (("第\x13 EQ \\o\\ac(○,3)\x15项\r",), "第3项"),
        (("甲\r\x13 TOC \x14目录一\r目录二\x15\r乙\r",), "甲\n目录一\n目录二\n乙"),
    ],
)  # fmt: skip
def test_characters(parts, expected):
    assert read(word_97(*parts))[0].strip() == expected


@pytest.mark.parametrize("width", [1, 2])
def test_hidden_and_deleted_text_is_left_out(width):
    text = "abcdHIDEefghGONEijkl\r"
    part = text if width == 2 else text.encode()
    data = word_97(part, hidden=[(4, 8, HIDDEN), (12, 16, DELETED)])
    assert read(data)[0] == "abcdefghijkl\n"


def test_a_style_hides_and_a_run_shows_again():
    data = word_97(
        "甲乙丙丁\r戊\r",
        hidden=[(1, 2, b"\x3c\x08\x00"), (2, 3, b"\x3c\x08\x81")],
        paragraphs=[(0, 5, b"\x01\x00")],
        tables={1: stylesheet([(0, "Normal", b""), (0xFFE, "暗", HIDDEN)])},
    )
    assert read(data)[0] == "乙丙\n戊\n"


def test_what_a_fast_save_changes_in_a_piece_counts():
    pieces = ("留下", "删去", "暗藏", "结尾\r")
    none, single = (b"\0\0", b""), (struct.pack("<H", 0x41 << 1 | 1 << 8), b"")
    stored = (struct.pack("<H", 1), HIDDEN)
    assert read(word_97(*pieces, changes=[none, single, stored, none]))[0] == "留下结尾\n"


def test_headings_by_style_name_number_and_outline():
    data = word_97(
        "公司\r渠道\x0b通路\r正文\r细节\r",
        paragraphs=[(0, 3, b"\x01\0"), (3, 9, b"\x02\0"), (9, 12, b"\0\0"), (12, 15, b"\0\0" + OUTLINE_3)],
        tables={1: stylesheet([(0, "Normal", b""), (1, "heading 1", b""), (0xFFE, "标题 2", b"")])},
    )
    text, marks = read(data)
    assert text == "公司\n渠道通路\n正文\n细节\n"
    assert marks == [("heading", 1, "公司"), ("heading", 2, "渠道通路"), ("heading", 3, "细节")]


def rows(*cells: tuple[str, bytes]) -> tuple[str, list[Run]]:
    """Text of paragraphs with their properties."""
    text, runs = "", []
    for part, changes in cells:
        runs.append((len(text), len(text) + len(part), b"\0\0" + changes))
        text += part
    return text, runs


@pytest.mark.parametrize(
    ("cells", "expected", "marked"),
    [
        (
            [("前\r", b""), ("伙伴\x07", IN_TABLE), ("物流\r", IN_TABLE), ("公司\x07", IN_TABLE), ("\x07", ROW_END), ("后\r", b"")],
            "前\n伙伴\t物流 公司\n后\n",
            ["伙伴\t物流 公司"],
        ),
        (
            [("\x07", IN_TABLE), ("乙\x07", IN_TABLE), ("\x07", ROW_END), ("\x07", IN_TABLE), ("\x07", IN_TABLE), ("\x07", ROW_END)],
            "\t乙\n",
            ["\t乙"],
        ),
        (
            [("甲\r", IN_TABLE), ("乙\x07", IN_TABLE), ("\x07", ROW_END)],  # one cell around paragraphs
            "甲\n乙\n",
            [],
        ),
        (
            [("外\r", IN_TABLE), ("一\r", INNER_CELL), ("二\r", INNER_CELL), ("\r", INNER_ROW), ("里\x07", IN_TABLE), ("右\x07", IN_TABLE), ("\x07", ROW_END)],
            "外\n一\t二\n里\n右\n",
            ["一\t二"],
        ),
        ([("甲\x07", IN_TABLE), ("乙\x07", IN_TABLE), ("断\r", b"")], "甲\t乙\n断\n", ["甲\t乙"]),
        ([("甲\x07", b""), ("乙\x07", b""), ("断\r", b"")], "甲\t乙\n断\n", ["甲\t乙"]),
    ],
)  # fmt: skip
def test_tables(cells, expected, marked):
    text, runs = rows(*cells)
    found, marks = read(word_97(text, paragraphs=runs))
    assert found == expected
    assert marks == [("table", 0, row) for row in marked]


def test_stories_in_their_order():
    body, note, heads = "正文\x02甲\r第二段\r", "\x02 脚注\r\r", "眉头\r\r页脚\r\r眉头\r\r"
    comment, end, box = "\x05批注\r\r", "尾注\r\r", "框内\r\r"
    edges = [0] * 7 + [0, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12, 12]  # six separators, then twice six
    edges[-1] = 12
    shape = struct.pack("<I", 1025).ljust(26, b"\0")
    data = word_97(
        body + note + heads + comment + end + box,
        lengths=(len(body), len(note), len(heads), 0, len(comment), len(end), len(box), 0),
        tables={
            11: struct.pack(f"<{len(edges)}I", *edges),
            40: plc([0, len(body)], [shape]),
            56: plc([0, len(box)], [(bytes(14) + struct.pack("<I", 1025)).ljust(22, b"\0")]),
        },
    )
    text, marks = read(data)
    assert text.split("\n") == ["眉头", "正文甲", "框内", "第二段", " 脚注", "尾注", "页脚", "批注", ""]
    assert marks == [("furniture", 0, line) for line in ("眉头", "页脚", "批注")]


def test_text_boxes_of_a_group_hang_where_the_group_does():
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HHI", 0xF, kind, len(body)) + body

    def shape(number: int) -> bytes:
        return record(0xF004, record(0xF00A, struct.pack("<II", number, 0)))

    body, box = "一\r二\r", "组内\r\r"
    group = record(0xF003, shape(2000) + shape(2001))
    drawing = record(0xF002, record(0xF003, shape(1024) + group))
    data = word_97(
        body + box,
        lengths=(len(body), 0, 0, 0, 0, 0, len(box), 0),
        tables={
            40: plc([1, len(body)], [struct.pack("<I", 2000).ljust(26, b"\0")]),
            50: record(0xF000, b"") + b"\0" + drawing,
            56: plc([0, len(box)], [(bytes(14) + struct.pack("<I", 2001)).ljust(22, b"\0")]),
        },
    )
    assert read(data)[0] == "一\n组内\n二\n"


def test_list_numbers():
    def level(kind: int, text: str, start: int = 1) -> bytes:
        fixed = struct.pack("<IBB", start, kind, 0) + bytes(9) + b"\x02" + bytes(12)
        return fixed + struct.pack("<H", len(text)) + text.encode("utf-16-le")

    lists = struct.pack("<HII", 1, 7, 0) + bytes(18) + b"\x00\x00"
    levels = level(39, "\x00、") + level(0, "（\x01）") + level(23, "\uf06c") + level(255, "") * 6
    override = struct.pack("<I", 1) + struct.pack("<I", 7) + bytes(12) + b"\xff\xff\xff\xff"
    first, second, bullet = (b"\0\0\x0b\x46\x01\x00\x0a\x26" + bytes((n,)) for n in range(3))
    text, runs = rows(("甲\r", first), ("乙\r", second), ("丙\r", second), ("丁\r", first), ("戊\r", second), ("己\r", bullet), ("\r", first))  # fmt: skip
    runs = [(start, end, changes[2:]) for start, end, changes in runs]
    data = word_97(text, paragraphs=runs, tables={73: lists + levels, 74: override})
    assert read(data)[0] == "一、甲\n（1）乙\n（2）丙\n二、丁\n（1）戊\n• 己\n\n"


def test_signs_of_symbol_fonts():
    symbol = b"\x09\x6a" + struct.pack("<HH", 1, 0xF061)
    font = b"\x4f\x4a" + struct.pack("<H", 1)
    data = word_97(
        "角(与\uf062\r",
        hidden=[(1, 2, symbol), (3, 4, font)],
        tables={15: fonts([("宋体", 134), ("Symbol", 2)])},
    )
    assert read(data)[0] == "角α与β\n"


# --- Word 6 and 95 -------------------------------------------------------------------------------

TRADITIONAL = "公司透過直營門市與網路商城銷售，並由供應商長期供貨。\r"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (word_6(GBK.encode("gbk")), ZH),
        (word_6(GBK.encode("gbk"), bare=True), ZH),
        (word_6(GBK.encode("gbk"), language=0x0409, charsets=[0, 134]), ZH),
        (word_6(TRADITIONAL.encode("big5"), language=0x0404), TRADITIONAL.strip()),
        (word_6("カタカナで書いた文章です。\r".encode("cp932"), language=0x0411), "カタカナで書いた文章です。"),
        (word_6("고객 관계\r".encode("cp949"), language=0x0412), "고객 관계"),
        (word_6("Все клиенты\r".encode("cp1251"), language=0x0419), "Все клиенты"),
        (word_6("Les clients préférés, à côté\r".encode("cp1252"), language=0x040C), "Les clients préférés, à côté"),
        (word_6(GBK.encode("utf-16-le"), flags=0x1000), ZH),
        (
            word_6(b"".join(c.encode("gbk")[::-1].ljust(2, b"\0") for c in GBK), flags=0x1000),
            ZH,
        ),
        (
            word_6(b"caf\xe9 \xea\xeb\r", language=0x0409, charsets=[0, 204], runs=[(5, 7, b"\x5d\x01\x00")]),
            "café кл",
        ),
        (word_6(b"seen HIDE too\r", language=0x0409, runs=[(5, 10, b"\x5c\x01")]), "seen too"),
        (
            word_6(
                "渠道\x07门店\x07\x07完\r".encode("gbk"),
                paragraphs=[(0, 5, b"\0\0\x18\x01"), (5, 10, b"\0\0\x18\x01"), (10, 11, b"\0\0\x18\x01\x19\x01")],
            ),
            "渠道\t门店\n完",
        ),
    ],
)  # fmt: skip
def test_word_6_and_95(data, expected):
    assert read(data)[0].strip() == expected


def test_word_2_text():
    text = GBK.encode("gbk")
    head = struct.pack("<HHHHHH", 0xA5DB, 0x2D, 0, 0x0804, 0, 0).ljust(24, b"\0")
    head += struct.pack("<II", 0x180, 0x180 + len(text)) + bytes(20) + struct.pack("<I", len(text))
    assert read(head.ljust(0x180, b"\0") + text + bytes(64))[0].strip() == ZH


# --- what cannot be read -------------------------------------------------------------------------

GOOD = word_97(
    f"{FIRST}\r" * 40 + f"{SECOND}\r" * 40,
    hidden=[(3, 6, HIDDEN)],
    paragraphs=[(0, len(FIRST) + 1, b"\x01\0")],
    tables={1: stylesheet([(0, "Normal", b""), (1, "heading 1", b"")])},
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (word_97(ZH, flags=0x1300), "ENCRYPTED"),
        (word_97(ZH, flags=0x9300), "ENCRYPTED"),
        (word_6(b"x" * 50, flags=0x100), "ENCRYPTED"),
        (word_97(" \r\r"), "NO_TEXT"),
        (word_97("\x13 PAGE \x15\r"), "NO_TEXT"),
        (make_cfb({"WordDocument": b"\xec\xa5" + bytes(100)}), "CORRUPT"),
        (make_cfb({"WordDocument": bytes(5000)}), "CORRUPT"),
        (word_97(ZH, flags=0x1204, tables={33: b"\x02\xff\xff\xff\xff"}), "CORRUPT"),
        (word_97(ZH, lengths=(1 << 30,)), "LIMIT_SIZE"),
        (make_cfb({"Workbook": bytes(5000)}), "UNSUPPORTED_TYPE"),
        (word_97(ZH.encode("utf-16-le") * 4), "GARBAGE"),
        (word_6(FIRST.encode("utf-16-le") + b"and some words\0" * 9), "GARBAGE"),
        # 8-bit text that a damaged table calls 16-bit: Chinese characters, but none that is used
        (word_97((b"plain words in English, one after another. " * 20).decode("utf-16-le")), "GARBAGE"),
    ],
)
def test_unreadable_has_its_reason(data, reason):
    with pytest.raises(Unreadable) as error:
        formats.read(data, "doc")
    assert error.value.reason == reason


def outcome(data: bytes) -> str:
    try:
        extraction = formats.read(data, "doc")
    except Unreadable as error:
        return error.reason
    return extraction.pages[0].text


def is_ours(text: str) -> bool:
    """Whether most of a text is what the good file says."""
    known = set(FIRST + SECOND + "\n\t")
    return sum(char in known for char in text) >= 0.7 * len(text) > 0


def test_a_cut_file_gives_its_text_or_a_reason():
    results = [outcome(GOOD[: len(GOOD) * k // 20]) for k in range(20)]
    assert all((r.isascii() and r.isupper()) or is_ours(r) for r in results)
    assert {"EMPTY_FILE", "CORRUPT"} <= set(results)


def test_flipped_bits_give_text_or_a_reason():
    chance = random.Random(7)
    for _ in range(150):
        data = bytearray(GOOD)
        for _ in range(chance.choice((1, 8, 64))):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        result = outcome(bytes(data))
        assert (result.isascii() and result.isupper()) or is_ours(result)


def test_text_survives_the_loss_of_its_tables():
    data = word_97(f"{FIRST}\r{SECOND}\r")
    lost = data.replace("1Table".encode("utf-16-le"), "1Tabel".encode("utf-16-le"))
    extraction = formats.read(lost, "doc")
    assert extraction.pages[0].text.strip() == ZH
    assert extraction.warnings == ("REPAIRED",)


def test_pieces_over_one_another_end():
    piece = b"\0\0" + struct.pack("<I", TEXT) + b"\0\0"
    count = 5_000
    pieces = plc([20 * n for n in range(count + 1)], [piece] * count)
    clx = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    assert outcome(word_97(FIRST + SECOND, tables={33: clx})) == "GARBAGE"


def test_ten_thousand_fields_within_fields():
    text = "\x13a" * 10_000 + "甲" + "\x14b\x15" * 10_000 + FIRST + "\r"
    assert read(word_97(text))[0] == f"b{FIRST}\n"  # the result of the outermost


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (b"\x3c\x08\x01\x30\x4a\x05\x00", [(0x083C, b"\x01"), (0x4A30, b"\x05\x00")]),
        (b"\x08\xd6\x04\x00abc\x16\x24\x01", [(0xD608, b"\x04\x00abc"), (0x2416, b"\x01")]),
        (b"\x15\xc6\xff\x01abcd\x01xyz\x16\x24\x01", [(0xC615, b"\xff\x01abcd\x01xyz"), (0x2416, b"\x01")]),
        (b"\x3c", []),
        (b"\x08\xd6\xff\xffabc", [(0xD608, b"\xff\xffabc")]),
    ],
)
def test_changes_have_their_lengths(changes, expected):
    assert list(sprms(changes, "97")) == expected


@pytest.mark.parametrize("page", ["gb18030", "big5hkscs", "cp932", "cp949", "cp1251", "symbol"])
def test_every_byte_takes_one_place(page):
    data = bytes(range(256)) * 2 + bytes(range(255, -1, -1))
    assert len(doc_bytes.decode(data, page)) == len(data)
