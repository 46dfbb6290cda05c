"""PowerPoint 97-2003: what its records say, and what broken and hostile files end as."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from cfb import make_cfb
from conftest import FIRST, SECOND
from slides import (
    Slide,
    atom,
    box,
    footers,
    group,
    holder,
    make_ppt,
    outlined,
    ppt_streams,
    saved,
    string,
    words,
)

from pipeline.extract import formats, ppt_records
from pipeline.extract.errors import Unreadable

TITLE, BODY, NUMBER, FOOTER = 0x0D, 0x0E, 0x08, 0x09
STREAM, USER = "PowerPoint Document", "Current User"


def marked(page):
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


def lines(page) -> list[str]:
    return [line for line in page.text.split("\n") if line]


def read(*shapes: bytes, more: bytes = b"", **options):
    extraction = formats.read(make_ppt([Slide([*shapes], more=more)], **options), "ppt")
    assert extraction.warnings == ()
    (page,) = extraction.pages
    return page


def test_slides_come_in_the_order_of_the_show():
    outline = [words("渠道\v通路", 0), words(f"{FIRST}\r第二点\v换行", 1)]
    first = Slide(
        [box(outlined(1), at=(0, 1000, 900, 2000)), box(outlined(0), placeholder=TITLE)],
        outline=outline,
        notes=[
            box(words("讲稿：先说门店。", 2), placeholder=0x0C),
            box(words("缩小的幻灯片"), placeholder=0x0B),
        ],
    )
    extraction = formats.read(make_ppt([first, Slide([box(words(SECOND))])]), "pps")
    one, two = extraction.pages
    assert (extraction.type, extraction.warnings) == ("ppt", ())
    assert lines(one) == ["渠道通路", FIRST, "第二点", "换行", "讲稿：先说门店。"]
    assert marked(one) == [("渠道通路", "heading", 1)]
    assert lines(two) == [SECOND]
    assert one.flows
    assert one.number == 1


def test_shapes_are_read_by_their_places_groups_by_those_of_their_parts():
    parts = (
        box(words("右"), at=(600, 0, 900, 300), child=True),
        box(words("左"), at=(0, 5, 300, 300), child=True),
    )
    page = read(
        box(words("下"), at=(0, 3000, 900, 3300)),
        group(*parts, at=(0, 1000, 5000, 2000), inner=(0, 0, 900, 300)),
        box(words("删去"), deleted=True),
        box(words("上"), at=(0, 100, 900, 300)),
    )
    assert lines(page) == ["上", "左", "右", "下"]


def test_a_group_with_the_mark_of_a_table_is_read_by_rows():
    cells = [
        box(words(text), at=(300 * c, 100 * r, 300 * c + 300, 100 * r + 100), child=True, kind=1)
        for r, row in enumerate((("重要伙伴", "物流\v公司"), ("", "门店")))
        for c, text in enumerate(row)
    ]
    border = box(at=(0, 0, 600, 0), child=True, kind=20)
    page = read(group(*reversed(cells), border, at=(0, 0, 600, 200), inner=(0, 0, 600, 200), table=True))
    assert marked(page) == [("重要伙伴\t物流 公司", "table", 0), ("\t门店", "table", 0)]


def test_a_label_above_its_box_is_a_heading_of_the_second_level():
    page = read(
        box(words("1. 客户细分"), at=(0, 500, 1000, 700)),
        box(words("年轻白领\r大学生"), at=(0, 720, 1000, 1500)),
    )
    assert marked(page) == [("1. 客户细分", "heading", 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words("𠀀字与Ａ"), "𠀀字与Ａ"),
        (
            words("Société \x93généreuse\x94 \x95 5 €".replace("€", "\x80").encode("latin-1")),
            "Société “généreuse” • 5 €",
        ),
        (words("公司通过门店销售".encode("gb2312")), "公司通过门店销售"),
        (words("公司透過門市銷售".encode("big5")), "公司透過門市銷售"),
    ],
    ids=["utf-16", "windows-1252", "gb2312", "big5"],
)
def test_characters(text, expected):
    assert lines(read(box(text))) == [expected]


def test_fields_are_filled_in_and_furniture_is_marked():
    number = atom(0x0FD8, struct.pack("<I", 2))
    date = atom(0x0FF7, struct.pack("<II", 0, 0))
    page = read(
        box(words("第 * 页") + number, at=(0, 900, 100, 950)),
        box(words("*") + atom(0x0FD8, bytes(4)), at=(0, 1900, 100, 1950)),
        box(words("*") + date, placeholder=0x07),
        box(words("内部资料"), placeholder=FOOTER, at=(0, 4000, 100, 4100)),
        more=footers(0x20 | 0x04, footer="某公司", date="二〇一六年五月"),
    )
    assert lines(page) == ["第 1 页", "1", "内部资料", "某公司", "二〇一六年五月"]
    assert [text for text, kind, _ in marked(page) if kind == "furniture"] == lines(page)[1:]


def test_a_footer_of_the_deck_is_written_once_and_only_where_it_is_shown():
    slides = [Slide([box(words(text))]) for text in (FIRST, SECOND)]
    data = make_ppt(slides, more=footers(0x20, 3, footer="某公司", header="不显示"))
    assert [lines(page) for page in formats.read(data, "ppt").pages] == [[FIRST, "某公司"], [SECOND]]


def test_comments_stand_at_the_end_as_furniture():
    time = struct.pack("<8H", 2011, 9, 6, 17, 8, 45, 16, 522)
    comment = holder(
        0x2EE0,
        string("张三", 0),
        string("数字要核对", 1),
        string("ZS", 2),
        atom(0x2EE1, bytes(4) + time + bytes(8)),
    )
    tags = holder(0x1388, holder(0x138A, string("___PPT10", 0), atom(0x138B, comment)))
    page = read(box(words(FIRST)), more=tags)
    assert marked(page) == [("张三 ZS 2011-09-17T08:45:16.522 数字要核对", "furniture", 0)]


def test_letters_of_word_art():
    letters = "艺术字\0".encode("utf-16-le")
    art = atom(0xF00B, struct.pack("<HI", 0x80C0, len(letters)) + letters, 1)
    assert lines(read(box(properties=art, kind=136))) == ["艺术字"]


def test_the_newest_save_wins():
    streams = ppt_streams([Slide([box(words("旧的"))]), Slide([box(words("没改"))])])
    stream = streams[STREAM]
    new = make_slide(box(words("新的")))
    last = struct.unpack_from("<I", streams[USER], 16)[0]
    again = saved(stream + new, {10: len(stream)}, last=last)
    pages = formats.read(make_cfb(again), "ppt").pages
    assert [lines(page) for page in pages] == [["新的"], ["没改"]]


def make_slide(*shapes: bytes) -> bytes:
    own = holder(0xF004, atom(0xF009, bytes(16)), atom(0xF00A, struct.pack("<II", 0, 5)))
    return holder(0x03EE, holder(0x040C, holder(0xF002, holder(0xF003, own, *shapes))))


def edit_offset(streams: dict[str, bytes]) -> int:
    return int(struct.unpack_from("<I", streams[USER], 16)[0])


def looped(streams: dict[str, bytes]) -> dict[str, bytes]:
    """The newest save says that it came after itself."""
    at = edit_offset(streams)
    stream = bytearray(streams[STREAM])
    struct.pack_into("<I", stream, at + 8 + 8, at)
    return {**streams, STREAM: bytes(stream)}


@pytest.mark.parametrize(
    ("change", "warnings"),
    [
        (looped, ()),
        (lambda s: {STREAM: s[STREAM]}, ()),  # without `Current User`, the last save in the stream
        (lambda s: {**s, USER: s[USER][:16] + b"\xff" * 4 + s[USER][20:]}, ()),
        (lambda s: {**s, STREAM: s[STREAM][: edit_offset(s)]}, ("REPAIRED",)),
        (lambda s: {**s, STREAM: s[STREAM].replace(struct.pack("<H", 0x1772), b"\0\0")}, ("REPAIRED",)),
    ],
    ids=["loop of saves", "no current user", "wrong offset", "no save", "no directory"],
)
def test_broken_directories(change, warnings):
    streams = ppt_streams([Slide([box(words(FIRST))]), Slide([box(words("标题", 0)), box(words(SECOND))])])
    extraction = formats.read(make_cfb(change(streams)), "ppt")
    text = "\n".join(page.text for page in extraction.pages)
    assert extraction.warnings == warnings
    assert FIRST in text
    assert SECOND in text
    assert "母版" not in text
    assert [m for page in extraction.pages for m in marked(page)] == [("标题", "heading", 1)]


def test_a_slide_that_is_lost_is_read_from_the_outline():
    slides = [Slide([], outline=[words("标题", 0), words(FIRST, 1)]), Slide([box(words(SECOND))])]
    streams = ppt_streams(slides)
    broken = streams[STREAM].replace(struct.pack("<II", 1 << 20 | 10, 0), b"")
    slide = struct.pack("<H", 0x03EE)
    at = broken.rindex(slide)  # the first slide is stored last
    broken = broken[:at] + b"\1\0" + broken[at + 2 :]
    extraction = formats.read(make_cfb({**streams, STREAM: broken}), "ppt")
    assert extraction.warnings == ("REPAIRED",)
    assert [lines(page) for page in extraction.pages] == [["标题", FIRST], [SECOND]]


def run95(text: bytes) -> bytes:
    size = struct.pack("<I", len(text))
    return b"\x01\0" + size + text + b"\0" * (len(text) % 2) + b"\x0c\0" + size + bytes(20)


def test_powerpoint_95_gives_its_texts():
    stream = b"\xed\xde\xad\x0b" + bytes(60)
    stream += run95("公司通过门店销售".encode("gb2312")) + run95(b"Channels\rOnline shop")
    (page,) = formats.read(make_cfb({"PP40": stream}), "ppt").pages
    assert lines(page) == ["公司通过门店销售", "Channels", "Online shop"]


@pytest.mark.parametrize("name", ["WordDocument", "EncryptedSomething"])
def test_what_a_slide_holds_does_not_decide_what_the_file_is(name):
    data = make_ppt([Slide([box(words(FIRST))])], before=atom(0x1011, name.encode("utf-16-le")))
    assert formats.sniff(data) == "ppt"


def nested(depth: int) -> bytes:
    inner = box(words(FIRST))
    for _ in range(depth):
        inner = holder(0xF003, box(), inner)
    return inner


STREAMS = ppt_streams([Slide([box(words(FIRST))])])
BAD = {
    "encrypted": (
        make_cfb({**STREAMS, USER: STREAMS[USER][:12] + struct.pack("<I", 0xF3D1C4DF) + STREAMS[USER][16:]}),
        "ENCRYPTED",
    ),
    "encrypted summary": (make_cfb({**STREAMS, "EncryptedSummary": b"x"}), "ENCRYPTED"),
    "without text": (make_ppt([Slide([box(words(" "))])]), "NO_TEXT"),
    "only master text": (make_ppt([Slide([])]), "NO_TEXT"),
    "groups in groups": (make_ppt([Slide([nested(1_000)])]), "LIMIT_DEPTH"),
    "containers in containers": (
        make_cfb({STREAM: b"".join(struct.pack("<HHI", 15, 0x03E8, 8 * n) for n in range(1_000, 0, -1))}),
        "LIMIT_DEPTH",
    ),
    "noise": (make_cfb({STREAM: bytes((n * 7919 + (n * n) % 251) % 256 for n in range(9_000))}), "NO_TEXT"),
    "old noise": (
        make_cfb({"PP40": bytes((n * 7919 + (n * n) % 251) % 256 for n in range(9_000))}),
        "NO_TEXT",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_has_its_reason(name):
    data, reason = BAD[name]
    with pytest.raises(Unreadable, match=reason):
        formats.read(data, "ppt")


def test_records_are_counted(monkeypatch):
    monkeypatch.setattr(ppt_records, "MAX_RECORDS", 1_000)
    with pytest.raises(Unreadable, match="LIMIT_SIZE"):
        formats.read(make_cfb({STREAM: bytes(8) * 2_000}), "ppt")


WHOLE = make_ppt([Slide([box(words(FIRST))], notes=[box(words("讲稿"))]), Slide([box(words(SECOND))])])


def test_a_cut_file_is_never_ok_without_text():
    for size in range(0, len(WHOLE), len(WHOLE) // 150):
        ends_well(WHOLE[:size])


def test_flipped_bits_are_never_ok_without_text():
    for bit in range(0, 8 * len(WHOLE), 8 * len(WHOLE) // 400 + 3):
        data = bytearray(WHOLE)
        data[bit // 8] ^= 1 << bit % 8
        ends_well(bytes(data))


def test_cut_streams_and_wrong_sizes_end_well():
    streams = ppt_streams([Slide([box(words(FIRST))]), Slide([box(words(SECOND))])])
    stream = streams[STREAM]
    for size in range(0, len(stream), 7):
        ends_well(make_cfb({**streams, STREAM: stream[:size]}))
    for at in range(0, len(stream) - 4, 9):
        ends_well(make_cfb({**streams, STREAM: stream[:at] + b"\xff\xff\xff\x7f" + stream[at + 4 :]}))


def ends_well(data: bytes) -> None:
    """Text whose marks lie in it, or a reason; nothing else."""
    try:
        extraction = formats.read(data, "ppt")
    except Unreadable:
        return
    assert any(page.text.strip() for page in extraction.pages)
    for page in extraction.pages:
        assert all(0 <= m.start < m.end <= len(page.text) for m in page.marks)
    assert all(a.number < b.number for a, b in pairwise(extraction.pages))
