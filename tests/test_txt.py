"""Plain text: every Chinese encoding at every length, and what is no text."""

from __future__ import annotations

import codecs
import csv
import random
from functools import cache

import opencc
import pytest
from conftest import FIRST, ROOT, SECOND

from pipeline.clean import clean
from pipeline.extract import formats, txt
from pipeline.extract.errors import Unreadable
from pipeline.segment import annotate, cut

TRADITIONAL = "公司透過直營門市與網路商城銷售，並由供應商長期供貨，顧客關係良好。\n"
ZH = f"{FIRST}\n{SECOND}\n"
ENCODINGS = {
    "utf-8": ("utf-8", b"", False),
    "utf-8 with a mark": ("utf-8", codecs.BOM_UTF8, False),
    "gbk": ("gbk", b"", False),
    "gb18030": ("gb18030", b"", False),
    "gb18030 with a mark": ("gb18030", b"\x84\x31\x95\x33", False),
    "gbk of traditional text": ("gbk", b"", True),
    "big5": ("big5", b"", True),
    "big5 of hong kong": ("big5hkscs", b"", True),
    "utf-16-le": ("utf-16-le", b"", False),
    "utf-16-be": ("utf-16-be", b"", False),
    "utf-16-le with a mark": ("utf-16-le", codecs.BOM_UTF16_LE, False),
    "utf-16-be with a mark": ("utf-16-be", codecs.BOM_UTF16_BE, False),
    "utf-32": ("utf-32-le", codecs.BOM_UTF32_LE, False),
}


@cache
def own_texts(*, traditional: bool) -> tuple[str, ...]:
    """The sources of the samples, and every seventh labelled case."""
    texts = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "data/samples-src").glob("*.md"))]
    for path in sorted((ROOT / "data/labelled/cases").glob("*.csv"))[::7]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            texts.append("\n".join(row["text"] for row in csv.DictReader(file)))
    return tuple(map(opencc.OpenCC("s2t").convert, texts)) if traditional else tuple(texts)


@pytest.mark.parametrize("size", [50, 200, 2_000, 20_000])
@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_cut_at_a_number_of_bytes(name, size):
    encoding, mark, traditional = ENCODINGS[name]
    where = random.Random(size)
    wrong = []
    for text in own_texts(traditional=traditional):
        for _ in range(3 if size < 20_000 else 1):
            start = where.randrange(max(1, len(text) - size // 2))
            data = text[start : start + size].encode(encoding, "ignore")[:size]
            expected = codecs.getincrementaldecoder(encoding)("ignore").decode(data)
            if txt.decode(mark + data)[0].removeprefix("\ufeff") != expected:
                wrong.append(expected[:40])
    assert not wrong


ART = "┌────┬────┐\n│重要伙伴│关键业务│\n└────┴────┘\n→ ① ★ ＡＢ１２\n"
RIGHT = {
    "figures with a few words": "Revenue 2019: 12.5 %, ROE 8.1 %\n" * 40 + "渠道: App\n",
    "a drawn canvas": ART,
    "titles only": "小米\n联通\n渠道通路\n成本结构\n",
    "one title": "联通",
    "one character": "一",
    "a character of four bytes": f"𠮷野家。{ZH}",
    "one long line": ZH.replace("\n", "") * 2_000,
    "latin with many words": "The company sells coffee 咖啡 in stores 门店 and online 网上.\n" * 3,
}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16"])
@pytest.mark.parametrize("name", RIGHT)
def test_odd_texts(name, encoding):
    if encoding == "utf-16-le" and name.startswith("one "):
        pytest.skip("four bytes are many things")
    assert txt.decode(RIGHT[name].encode(encoding))[0].removeprefix("\ufeff") == RIGHT[name]


def broken(encoding: str, at: int, byte: bytes, text: str = ZH * 3) -> bytes:
    data = text.encode(encoding)
    return data[:at] + byte + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "begin", "end", "encoding", "damaged"),
    [
        (broken("utf-8", 30, b"\xff"), "公司通过线下门店和", ZH, "utf-8", True),
        (broken("gbk", 20, b"\xff"), "公司通过线下门店和自", "\n" + SECOND + "\n", "gb18030", True),
        (broken("gbk", 21, b"\xff"), "公司通过线下门店和自", "\n" + SECOND + "\n", "gb18030", True),
        (broken("big5", 20, b"\xff", TRADITIONAL * 3), "公司透過直營門市與網", TRADITIONAL, "big5hkscs", True),
        (ZH.encode() * 2 + ZH.encode("gbk") + ZH.encode(), ZH * 3, ZH, "utf-8", True),
        (ZH.encode() + ZH.encode("gbk"), ZH, ZH, "utf-8", True),
        (ZH.encode() + "\ud83d\ude80".encode("utf-8", "surrogatepass") + b"x", ZH, "🚀x", "utf-8", False),
        (ZH.encode() + b"\xc0\xaf" + ZH.encode(), ZH, ZH, "utf-8", True),
        (ZH.encode() + b"\0" + ZH.encode(), ZH, ZH, "utf-8", False),
        (ZH.encode("gbk") + b"\0" + ZH.encode("gbk"), ZH, ZH, "gb18030", False),
        (ZH.encode("utf-16-le") + b"A", ZH, ZH, "utf-16-le", True),
        (ZH.encode("utf-16") + b"A", "\ufeff公司".lstrip("\ufeff"), ZH, "utf-16", True),
        (ZH.encode("utf-16-le") + b"\0\xd8" + ZH.encode("utf-16-le"), ZH, ZH, "utf-16-le", True),
        ("Business Model Canvas, channels".encode("utf-16-le"), "Business", "channels", "utf-16-le", False),
        ("渠道".encode("utf-7") + b" plain", "+", "plain", "utf-8", False),
        ("Don’t say “no” – ever. ".encode("cp1252") * 3, "Don’t say “no” –", "ever. ", "cp1252", False),
        ("La société générale à Zürich".encode("cp1252"), "La société", "Zürich", "cp1252", False),
        (("企業はコーヒーを販売している。\n" * 3).encode("cp932"), "企業は", "いる。\n", "cp932", False),
        (ZH.encode() + b"\x1b[31m" + ZH.encode(), ZH, ZH, "utf-8", False),
    ],
)  # fmt: skip
def test_damaged_and_mixed(data, begin, end, encoding, damaged):
    text, found, flag = txt.decode(data)
    assert text.startswith(begin)
    assert text.endswith(end)
    assert (found, flag) == (encoding, damaged)
    warnings = formats.read(data, "txt").warnings
    assert warnings == (("ENCODING",) if damaged else ())


def seeded(start: int) -> bytes:
    source = random.Random(7)
    return bytes(source.randrange(start, 256) for _ in range(5_000))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (seeded(0), "BINARY_DATA"),
        (seeded(160), "BINARY_DATA"),
        ((ZH.encode("gbk")[:30] + b"\xff") * 20_000, "BINARY_DATA"),
        (b"\x01\x02" * 500, "BINARY_DATA"),
        (("회사는 커피를 온라인으로 판매하고 있습니다.\n" * 3).encode("cp949"), "ENCODING"),
        (("Компания продаёт кофе через интернет.\n" * 3).encode("cp1251"), "ENCODING"),
        (b"\xef\xbb\xbf", "EMPTY_FILE"),
        (b"\xff\xfe", "EMPTY_FILE"),
        (b" \n\t\n", "NO_TEXT"),
        (b"--- *** ---\n", "NO_TEXT"),
    ],
)
def test_no_text_rather_than_wrong_text(data, reason):
    with pytest.raises(Unreadable, match=reason):
        formats.read(data, "txt")


def test_controls_do_not_reach_the_file_text():
    data = ("公\u200b司\u202e反\u202c\x1b[31m\x08\u0000渠道\n" + ZH * 4).encode()
    text = clean(formats.read(data, "txt").pages).text
    assert not any(char in text for char in "\u200b\u202e\u202c\x1b\x08\0")
    assert "渠道" in text


MARKDOWN = """# 某咖啡

公司通过线下门店和自营网上商城向年轻消费者销售咖啡，门店多开在写字楼大堂里，
十分钟取走。

## 渠道通路

- **门店**：自有
- 小程序

| 模块 | 内容 |
|---|---|
| 重要伙伴 | 物流公司 |

<div align="center">图一</div>
"""


def test_markdown_stays_as_it_is_written():
    """No reader of its own: what it could mark, later stages read from the signs themselves, and
    the file text keeps them."""
    extraction = formats.read(MARKDOWN.encode(), "md")
    assert (extraction.type, extraction.warnings) == ("txt", ())
    assert extraction.pages[0].text == MARKDOWN
    text = clean(extraction.pages).text
    texts = [text[p.start : p.end] for p in cut(text)]
    contexts = dict(zip(texts, annotate(texts), strict=True))
    assert contexts["## 渠道通路"].role == "heading"
    assert contexts["- 小程序"].heading_path[-1] == "渠道通路"
    assert contexts["| 重要伙伴 | 物流公司 |"].role == "table"
    assert contexts["|---|---|"].role == "boilerplate"
