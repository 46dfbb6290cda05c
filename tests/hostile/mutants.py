"""Small valid files of every format, and what chance makes of them."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

from conftest import FIRST, SECOND, make_pdf
from slides import Slide, box, grid, make_ppt, make_pptx, shape, words
from test_doc import word_6, word_97
from test_mht import archive as mht
from test_mht import part as mht_part
from test_rtf import pairs, rtf
from test_wordml import flat, word2003
from wordxml import box as text_box
from wordxml import element, package, par, relations, table, word

from hostile.pdf_writer import base, pdf

WHO = ["重要伙伴", "物流公司"]
LINES = f"某咖啡案例分析\n\n{FIRST}\n{SECOND}\n客户细分\t年轻消费者\n"
PLAIN = par("渠道") + par(FIRST) + table(WHO, ["甲", SECOND])
BODY = (
    par("渠道", '<w:pStyle w:val="1"/>')
    + par(FIRST)
    + table(WHO, ["甲", SECOND])
    + f"<w:p>{text_box(par('框中字'))}</w:p>"
)
NOTES = element("footnotes", f'<w:footnote w:id="2">{par("脚注一则")}</w:footnote>')
STYLES = element("styles", '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>')
PAGE = (
    f'<!doctype html><html><head><meta charset="utf-8"><title>案例</title></head><body><h1>渠道</h1><p>{FIRST}</p>'
    f"<table><tr><td>重要伙伴</td><td>物流公司</td></tr></table><ul><li>{SECOND}</li></ul></body></html>"
)
DOCX = word(
    BODY,
    {
        "word/_rels/document.xml.rels": relations(("styles", "styles.xml"), ("footnotes", "footnotes.xml")),
        "word/styles.xml": STYLES,
        "word/footnotes.xml": NOTES,
    },
)
PPTX = make_pptx(
    [shape("渠道", kind="title") + shape(FIRST, at=(20, 60)) + grid([WHO]), shape(SECOND)],
    notes=shape("讲稿一则", kind="body"),
)
PDF = pdf(base())
FILES: dict[str, tuple[str, bytes]] = {
    "txt utf-8": ("txt", LINES.encode()),
    "txt gb18030": ("txt", LINES.encode("gb18030")),
    "txt utf-16": ("txt", LINES.encode("utf-16")),
    "html": ("html", PAGE.encode()),
    "html gbk": ("htm", PAGE.replace("utf-8", "gbk").encode("gbk")),
    "mht": ("mht", mht(mht_part(PAGE, encoding="quoted-printable"))),
    "mht base64": ("mht", mht(mht_part(PAGE, encoding="base64"), mht_part("GIF", kind="image/gif"))),
    "rtf": ("rtf", rtf(r"{\f1 " + pairs(FIRST, "gbk") + r"\par\trowd\cellx900 " + pairs("甲", "gbk") + r"\cell\row\pard " + pairs(SECOND, "gbk") + r"\par}")),
    "docx": ("docx", DOCX),
    "wordml": ("xml", word2003(PLAIN)),
    "wordml flat": ("xml", flat(BODY)),
    "doc 97": ("doc", word_97(f"{FIRST}\r甲\7乙\7\7{SECOND}\r\x13 PAGE \x147\x15\r")),
    "doc 97 pieces": ("doc", word_97(f"{FIRST}\r", b"Latin words.\r", f"{SECOND}\r")),
    "doc 6": ("doc", word_6(f"{FIRST}\r{SECOND}\r".encode("gbk"), charsets=[134])),
    "doc 6 bare": ("doc", word_6(f"{FIRST}\r{SECOND}\r".encode("gbk"), charsets=[134], bare=True)),
    "ppt": ("ppt", make_ppt([Slide([box(words(FIRST, 0)), box(words(b"Latin words."))]), Slide([box(words(SECOND))])])),
    "pptx": ("pptx", PPTX),
    "pdf": ("pdf", PDF),
    "pdf deflated": ("pdf", make_pdf([["渠道", FIRST], [SECOND, "重要伙伴 物流公司"]])),
    "zip": ("zip", package({"一.txt": LINES, "二.docx": DOCX, "三/四.zip": package({"五.pdf": PDF})})),
}  # fmt: skip
"""Name -> extension and bytes."""

NUMBERS = (
    b"\0",
    b"\xff",
    b"\xff\xff",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\0",
    b"\1\0",
    b"\0\x80",
)
WORDS = (
    b"<", b">", b"&", b"&#0;", b"&#xD800;", b"&#x1F;", b"]]>", b"<!--", b"<![CDATA[", b"<!DOCTYPE x [", b"</w:p>", b"<w:p>",
    b"{", b"}", b"\\u-10240?", b"\\bin99999 ", b"\\'", b"\\u55296?", b"<<", b">>", b" 0 R", b"stream\n", b"endobj", b"(", b"\x13", b"\x14",
    b"\x15", b"\7", b"\x00\xd8", b"\xd8\x00", b"\xef\xbf\xbf", b"\xed\xa0\x80", b"\x1b", b"\x7f", b"=", b"=0", b"--=_B", b"PK\3\4", b"PK\5\6", b"99999999999", b"-1",
)  # fmt: skip


def _at(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + 2 ** chance.randint(0, 9))


def flipped(data: bytes, chance: random.Random) -> bytes:
    hit = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        hit[chance.randint(0, len(hit) - 1)] ^= 1 << chance.randint(0, 7)
    return bytes(hit)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def beheaded(data: bytes, chance: random.Random) -> bytes:
    return data[chance.randint(0, len(data)) :]


def without(data: bytes, chance: random.Random) -> bytes:
    start, stop = _at(chance, data)
    return data[:start] + data[stop:]


def doubled(data: bytes, chance: random.Random) -> bytes:
    start, stop = _at(chance, data)
    return data[:stop] + data[start:stop] * chance.randint(1, 3) + data[stop:]


def moved(data: bytes, chance: random.Random) -> bytes:
    (a, b), (c, d) = sorted((_at(chance, data), _at(chance, data)))
    return data[:a] + data[max(b, c) : d] + data[b : max(b, c)] + data[a:b] + data[d:]


def overwritten(data: bytes, chance: random.Random) -> bytes:
    """A number that is a length, a place or a count somewhere, at its most extreme."""
    number = chance.choice(NUMBERS)
    start = chance.randint(0, len(data))
    return data[:start] + number + data[start + len(number) :]


def interrupted(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + chance.choice(WORDS) + data[start:]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flipped, cut, beheaded, without, doubled, moved, overwritten, interrupted
)  # fmt: skip


def damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        if data:
            data = chance.choice(WAYS)(data, chance)
    return data


def repacked(data: bytes, chance: random.Random) -> bytes:
    """A ZIP whose parts were damaged, swapped or lost before it was packed: its checksums are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        parts: dict[str, str | bytes] = {name: made.read(name) for name in made.namelist()}
    for _ in range(chance.randint(1, 2)):
        one, other = chance.choice(sorted(parts)), chance.choice(sorted(parts))
        way = chance.randint(0, 5)
        if way == 0:
            parts[one], parts[other] = parts[other], parts[one]
        elif way == 1 and len(parts) > 1:
            del parts[one]
        else:
            content = parts[one]
            assert isinstance(content, bytes)
            parts[one] = damaged(content, chance) if way < 5 else b""
    return package(parts)


def mutant(name: str, chance: random.Random) -> bytes:
    """One of the files, changed by chance: `random.Random(seed)` makes the same one again."""
    data = FILES[name][1]
    if data.startswith(b"PK") and chance.randint(0, 3):
        data = repacked(data, chance)
        return data if chance.randint(0, 3) else damaged(data, chance)
    return damaged(data, chance)
