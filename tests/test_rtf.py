"""Rich text: charsets, tables, what is hidden and what stands beside the body."""

from __future__ import annotations

import contextlib

import pytest
from conftest import FIRST, SECOND

from pipeline.clean import clean
from pipeline.extract import formats
from pipeline.extract.errors import Unreadable

FONTS = (
    r"{\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f1\fnil\fcharset134{\*\falt SimSun}\'cb\'ce\'cc\'e5;}"
    r"{\f2\fnil\fcharset136 \'b2\'d3\'a9\'fa\'c5\'e9;}{\f3\fmodern\fcharset128 MS Mincho;}{\f4\fcharset129 Batang;}"
    r"{\f5\froman\fcharset204 Times Cyr;}{\f6\froman\fcharset238 Times CE;}{\f7\fcharset2 Symbol;}"
    r"{\f8\fcharset2 Wingdings;}{\f9\fnil\cpg950 Ming;}{\f10\fswiss Arial;}}"
)
STYLES = r"{\stylesheet{\s0 Normal;}{\s1\sb240 heading 1;}{\s7\outlinelevel2 Kapitel;}}"


def pairs(text: str, encoding: str) -> str:
    return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))


def units(text: str, fallback: str = "?") -> str:
    """Signed UTF-16 units, as Word writes them."""
    data = text.encode("utf-16-le")
    numbers = [int.from_bytes(data[i : i + 2], "little", signed=True) for i in range(0, len(data), 2)]
    return "".join(f"\\u{number}{fallback}" for number in numbers)


def rtf(body: str, *, head: str = r"\ansi\ansicpg936\deff0") -> bytes:
    return f"{{\\rtf1{head}{FONTS}{STYLES}\n{body}}}".encode("latin-1")


def page_of(body: str, **options: str):
    (page,) = formats.read(rtf(body, **options), "rtf").pages
    return page


def marked(page):
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


TEXT = {
    "gbk pairs": (r"\f1 " + pairs("渠道通路", "gbk"), "渠道通路"),
    "gb18030 of four bytes": (r"\f1 " + pairs("𠮷野家", "gb18030"), "𠮷野家"),
    "big5 pairs": (r"\f2 " + pairs("價值主張", "big5"), "價值主張"),
    "big5 by code page of the font": (r"\f9 " + pairs("價值主張", "big5"), "價值主張"),
    "japanese pairs": (r"\f3 " + pairs("ソフトの販売", "cp932"), "ソフトの販売"),
    "second byte as a letter": (r"\f3 \'83A\'83\\\'83\{", "アソボ"),
    "korean pairs": (r"\f4 " + pairs("고객", "cp949"), "고객"),
    "cyrillic": (r"\f5 " + pairs("Привет", "cp1251"), "Привет"),
    "eastern europe": (r"\f6 " + pairs("čeština", "cp1250"), "čeština"),
    "accents stay letters in a chinese file": (r"\f0 soci\'e9t\'e9", "société"),
    "gbk under a western font": (r"\f0 " + pairs("渠道通路", "gbk"), "渠道通路"),
    "font without charset": (r"\f10 " + pairs("渠道通路", "gbk"), "渠道通路"),
    "font of the outer group again": (
        r"\f1 " + pairs("一", "gbk") + r"{\f5 \'cf}" + pairs("二", "gbk"),
        "一П二",
    ),
    "plain goes back to the default font": (r"\f5\plain \'e9t\'e9", "été"),
    "line breaks inside the pairs": ("\\f1 \\'c7\r\n\\'fe\\'b5\r\n\\'c0", "渠道"),
    "characters by number": (units("价值主张"), "价值主张"),
    "emoji in two units": (units("火箭🚀"), "火箭🚀"),
    "beyond 16 bits in one number": (r"\u128640?a", "🚀a"),
    "fallback of two bytes": (r"\uc2 " + units("价值", r"\'bc\'db"), "价值"),
    "no fallback": (r"{\uc0 " + units("价值", " ") + "}" + units("主张"), "价值主张"),
    "fallback that is missing": (r"\uc1\u20215 \u20540 {a}", "价值a"),
    "fallback by name": (r"\u8220\ldblquote x\u8221\rdblquote ", "“x”"),
    "special characters": (r"a\emdash b\lquote c\rquote\~d\_e\-f", "a—b‘c’\xa0d\u2011ef"),
    "escaped signs": (r"\{a\\b\}", "{a\\b}"),
    "greek by the symbol font": (r"{\f7 a}x", "αx"),
    "bullets of a symbol font are no letters": (r"{\f8 l}x", "\uf06cx"),
    "tab": (r"a\tab b", "a\tb"),
    "line inside a paragraph": (r"a\line b", "a\nb"),
    "hidden": (r"a{\v b}c\v d\v0 e\v f\plain g", "aceg"),
    "deleted": (r"a{\deleted b}c", "ac"),
    "field": (r'{\field{\*\fldinst HYPERLINK "http://127.0.0.1/"}{\fldrslt {\ul link}}}', "link"),
    "picture": (r"a{\pict\pngblip 89504e47{\*\blipuid 00}}b", "ab"),
    "picture of bytes": ("a{\\pict\\bin6 }}\\'41}b", "ab"),
    "bytes anywhere": ("a{\\*\\x\\bin4 }}}}}b\\bin3 {{{c", "abc"),
    "object": (r"a{\object{\*\objclass X}{\*\objdata 0105}{\result b}}c", "abc"),
    "unknown destination": (r"a{\*\unheard {\deep b}}c", "ac"),
    "unknown word": (r"a\unheard5 b", "ab"),
    "two versions": (r"{\upr{gone}{\*\ud{" + units("新") + "}}}", "新"),
    "math": (
        r"{\mmath{\*\moMath{\mf{\mfPr{\mtype bar}}{\mnum{\mr a}}{\mden{\mr b}}}}{\mmathPict x}}",
        "ab",
    ),
    "number of a list item": (r"{\listtext\f1 1.\tab}a", "1. a"),
    "index entry and bookmark": (r"a{\xe{b}}{\*\bkmkstart c}d", "ad"),
    "text behind the end": (r"a} b{", "a"),
}


@pytest.mark.parametrize("name", TEXT)
def test_text(name):
    body, expected = TEXT[name]
    body = body.encode("gbk", "ignore").decode("latin-1")
    (page,) = formats.read(rtf(body + r"\par "), "rtf").pages
    assert page.text.rstrip("\n") == expected


def test_nothing_declared():
    """Programs that know no charsets: the bytes say what they are."""
    for encoding in ("gbk", "utf-8"):
        raw = f"{FIRST}\\par {SECOND}".encode(encoding)
        (page,) = formats.read(b"{\\rtf1\\ansi " + raw + b"}", "rtf").pages
        assert page.text == f"{FIRST}\n{SECOND}\n"
    body = "".join(f"\\'{b:02x}" for b in FIRST.encode("gbk"))
    (page,) = formats.read(f"{{\\rtf1\\ansi {body}}}".encode(), "rtf").pages
    assert page.text == FIRST + "\n"
    (page,) = formats.read(b"{\\rtf1\\ansi soci\\'e9t\\'e9 g\\'e9n\\'e9rale}", "rtf").pages
    assert page.text == "société générale\n"


def test_groups_without_a_frame():
    (page,) = formats.read(rb"{\pard \f0 first\par}{\pard second\par}", "rtf").pages
    assert page.text == "first\nsecond\n"


def test_tables_headings_and_lines():
    row = r"\trowd\cellx1\cellx2\pard\intbl a\par b\cell c\tab d\cell\row "
    inner = r"\trowd\pard\intbl x {\itap2 y\nestcell z\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}}\cell w\cell\row "
    single = r"\trowd\pard\intbl one\par two\cell\row "
    empty = r"\trowd\pard\intbl \cell\cell\row "
    open_row = r"\trowd\pard\intbl e\cell f\cell"
    page = page_of(
        r"\s1 title\line more\par\pard plain\par "
        + row
        + inner
        + single
        + empty
        + r"\pard\s7 third\par\pard\outlinelevel0 direct\par\pard "
        + open_row
    )
    assert page.text == ("title more\nplain\na b\tc d\nx y z\tw\none\ntwo\nthird\ndirect\ne\tf\n")
    assert marked(page) == [
        ("title more", "heading", 1),
        ("a b\tc d", "table", 0),
        ("x y z\tw", "table", 0),
        ("third", "heading", 3),
        ("direct", "heading", 1),
        ("e\tf", "table", 0),
    ]
    assert page.flows


def test_what_stands_beside_the_body():
    page = page_of(
        r"{\header head\par}{\footerf foot {\b 1}}"
        r"a{\footnote\pard note\par}b{\*\atnid X}{\*\annotation remark}"
        r"{\shp{\*\shpinst\shpleft1{\sp{\sn n}{\sv v}}{\shptxt box\par}}{\shprslt old}}c\par d\par"
    )
    assert page.text == "head\nabc\nbox\nd\nnote\nfoot 1\nremark\n"
    assert marked(page) == [(x, "furniture", 0) for x in ("head", "foot 1", "remark")]


def test_the_way_back_to_the_page():
    page = page_of(r"\f1 " + pairs(FIRST, "gbk") + r"\par " + units("🚀") + r"\par")
    file = clean([page])
    assert file.text.startswith(FIRST)
    assert page.text[slice(*file.locate_span(0, len(FIRST))[1:])] == FIRST


GOOD = rtf(r"\f1 " + pairs(FIRST, "gbk") + r"\par " + units(SECOND) + r"\par")


def test_truncated():
    """Every cut gives a beginning of the text or no text, never another character."""
    whole = formats.read(GOOD, "rtf").pages[0].text
    read = 0
    for end in range(len(GOOD) - 1, 6, -3):
        with contextlib.suppress(Unreadable):
            extraction = formats.read(GOOD[:end], "doc")
            assert whole.startswith(extraction.pages[0].text.rstrip("\n"))
            assert set(extraction.warnings) == {"REPAIRED", "EXT_MISMATCH"}
            read += 1
    assert read > 100


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{\\rtf1" + b"{" * 100_000 + b"text", "LIMIT_DEPTH"),
        (b"{\\rtf1 }", "NO_TEXT"),
        (b"{\\rtf1{\\pict " + b"00" * 1000, "NO_TEXT"),
        (b"{\\rtf1\\bin99999999 " + b"text", "NO_TEXT"),
        (rtf(r"\f1 " + r"\'ff\'ff\'80" * 50), "BINARY_DATA"),
        (b"{\\rtf1\\ansi " + bytes(range(0x80, 0x100)) * 4 + b"}", "BINARY_DATA"),
    ],
)
def test_hostile(data, reason):
    with pytest.raises(Unreadable, match=reason):
        formats.read(data, "rtf")


@pytest.mark.parametrize(
    "filler",
    [b"{}" * 100_000, b"\\'" * 100_000, b"\\pard\\plain" * 30_000, b"{\\*\\x {y}}" * 50_000, b"}" * 50_000, b"\\u-1?" * 50_000],
)  # fmt: skip
def test_much_of_the_same_ends(filler):
    body = FIRST.encode("gbk")
    extraction = formats.read(b"{\\rtf1\\ansi\\ansicpg936 " + body + b"\\par " + filler, "rtf")
    assert extraction.pages[0].text.startswith(FIRST)


@pytest.mark.parametrize("head", [r"{\rtv1\ansi", r"{rtf1\ansi", r"\rtf1\ansi", "\x7f\\rtf1\\ansi"])
def test_a_damaged_head_leaves_no_markup(head):
    source = rtf(r"\f1 " + pairs(FIRST, "gbk") + r"\par " + pairs(SECOND, "gbk"))
    extraction = formats.read(source.replace(rb"{\rtf1\ansi", head.encode(), 1), "rtf")
    text = "".join(page.text for page in extraction.pages)
    assert FIRST in text
    assert SECOND in text
    assert "\\" not in text


def test_named_doc_is_told():
    assert formats.read(GOOD, "doc").warnings == ("EXT_MISMATCH",)
    assert formats.read(b"\xef\xbb\xbf\r\n" + GOOD, "rtf").warnings == ()
