"""Plain text: empty files, encodings, controls, traps for patterns, formulas (groups 5, 10 to 12, 75 to 84)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from hostile.cases import BINARY, BOTH, FIRST, GOOD, LIMITS, OK, SECOND, Case, one_of

OFFICE = ("pdf", "docx", "pptx", "doc", "txt", "html", "zip")
TRADITIONAL = "公司透過直營門市與網路商城向年輕消費者銷售咖啡，並由三家供應商長期供貨。"
SHORT = "小米案例"
CONTROLS = [chr(c) for c in (*range(9), 11, 12, *range(14, 32), *range(127, 160))]
FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(1)", "\t=1+1", "\r=1+1", " =1+1", "　=1+1",
    '=HYPERLINK("http://127.0.0.1:9","点")', "=IMPORTXML(A1)", '"=1+1', "'=1+1",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</script><script>alert(1)//", "<svg/onload=alert(1)>", "{{7*7}}", "{% raw %}", "${7*7}",
    "<!--", "]]>", "&lt;b&gt;", "javascript:alert(1)", "\u2028alert(1)\u2029",
)  # fmt: skip


def nothing() -> Iterator[Case]:
    empty, none = one_of("EMPTY_FILE"), one_of("NO_TEXT", "EMPTY_FILE")
    for extension in OFFICE:
        yield Case(10, f"empty.{extension}", b"", empty)
    blanks = {
        "blanks": " \r\n\t " * 50,
        "wide": "　" * 90,
        "invisible": "\u200b\ufeff\u2060" * 50,
        "signs": "。，！" * 30,
        "nul": "\0" * 90,
    }
    for name, text in blanks.items():
        yield Case(11, f"{name}.txt", text.encode(), none | BINARY)
    for name, data in (
        ("bom-8", codecs.BOM_UTF8),
        ("bom-16", codecs.BOM_UTF16_LE),
        ("bom-32", codecs.BOM_UTF32_BE),
        ("line", b"\n"),
    ):
        yield Case(11, f"{name}.txt", data, none)
    for name, page in {"tags": "<html><head></head><body><div><p></p></div></body></html>", "script": "<html><script>var a='文字'</script></html>", "comment": "<html><!-- 文字 --></html>", "picture": "<html><img alt='' src=x></html>"}.items():  # fmt: skip
        yield Case(12, f"{name}.html", page.encode(), none)


def markup_only() -> Iterator[Case]:
    """A text all of whose letters stand in tags: nothing is left for a passage."""
    yield Case(12, "tags.txt", b'<font a="b">\n</font>\n<a href="x"></a>\n' * 9, one_of("NO_TEXT"))
    spaces = 'xmlns:p="urn:x" xmlns:a="urn:y"'
    yield Case(
        12,
        "part.xml",
        f"<p:presentation {spaces}><p:sldSz cx='1'/></p:presentation>".encode(),
        one_of("UNSUPPORTED_TYPE"),
    )


def encodings() -> Iterator[Case]:
    body = GOOD * 2
    for encoding in (
        "utf-8",
        "utf-8-sig",
        "gbk",
        "gb2312",
        "gb18030",
        "hz",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "big5",
        "big5hkscs",
    ):
        text = (TRADITIONAL + "\n") * 3 if encoding.startswith("big5") else body
        has = (TRADITIONAL,) if encoding.startswith("big5") else BOTH
        ends = OK if encoding != "hz" else OK | BINARY
        yield Case(75, f"{encoding}.txt", text.encode(encoding), ends, has=has if encoding != "hz" else ())
    for encoding in ("utf-16-le", "utf-16-be"):
        bom = codecs.BOM_UTF16_LE if encoding.endswith("le") else codecs.BOM_UTF16_BE
        yield Case(75, f"{encoding}-bom-odd.txt", bom + body.encode(encoding) + b"\x41", OK, has=BOTH)
    for encoding in ("utf-8", "gbk", "gb18030"):
        yield Case(75, f"short-{encoding}.txt", SHORT.encode(encoding), OK, has=(SHORT,))
        yield Case(75, f"lines-{encoding}.txt", GOOD.replace("\n", "\r\n").encode(encoding), OK, has=BOTH)
        yield Case(75, f"returns-{encoding}.txt", GOOD.replace("\n", "\r").encode(encoding), OK, has=BOTH)
    whole = (GOOD * 5).encode()
    yield Case(
        76, "bad-byte.txt", whole[:200] + b"\xff" + whole[200:], OK, has=BOTH, warns=one_of("ENCODING")
    )
    yield Case(76, "cut.txt", whole[:-1] + "销".encode()[:2], OK, has=BOTH)
    gbk = (GOOD * 5).encode("gbk")
    yield Case(
        76, "bad-byte-gbk.txt", gbk[:100] + b"\xff" + gbk[100:], OK, has=BOTH, warns=one_of("ENCODING")
    )
    paired = GOOD + "火箭🚀𠮷"
    yield Case(
        76,
        "surrogates-in-utf-8.txt",
        paired.encode("utf-16-le").decode("utf-16-le").encode() + b"\xed\xa0\xbd\xed\xb8\x80",
        OK,
        has=BOTH,
    )
    yield Case(76, "lone-surrogate.txt", whole + b"\xed\xa0\xbd", OK, has=BOTH)
    yield Case(76, "overlong.txt", whole + b"\xc0\xaf\xe0\x80\xaf", OK, has=BOTH)
    yield Case(76, "beyond-unicode.txt", whole + b"\xf4\x90\x80\x80", OK, has=BOTH)
    yield Case(
        76,
        "lone-in-utf-16.txt",
        codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le") + b"\x00\xd8\x41\x00",
        OK,
        has=BOTH,
    )
    mixed = f"{FIRST}\n".encode() * 3 + f"{SECOND}\n".encode("gbk")
    yield Case(77, "mixed.txt", mixed, OK, has=BOTH)
    yield Case(77, "bom-lies.txt", codecs.BOM_UTF16_LE + GOOD.encode(), OK | BINARY)
    yield Case(
        77, "bom-8-before-gbk.txt", codecs.BOM_UTF8 + (GOOD * 3).encode("gbk"), OK | BINARY, lacks=("¹«Ë¾",)
    )
    yield Case(77, "two-boms.txt", codecs.BOM_UTF8 * 2 + whole, OK, has=BOTH)
    yield Case(77, "korean.txt", ("회사는 매장에서 커피를 판매한다. " * 20).encode("cp949"), OK | BINARY)
    yield Case(77, "utf-7.txt", GOOD.encode("utf-7"), OK | BINARY)


def controls() -> Iterator[Case]:
    """What a terminal, a workbook or a reader of XML would trip over."""
    yield Case(78, "nul.txt", f"{GOOD}商\0业\0模式。\n{GOOD}{GOOD}".encode(), OK, has=BOTH, lacks=("\0",))
    yield Case(78, "all.txt", (GOOD * 20 + "".join(CONTROLS)).encode(), OK, has=BOTH, lacks=tuple(CONTROLS))
    yield Case(
        79,
        "direction.txt",
        f"{GOOD}\u202e案例\u202c\u2066甲\u2069\u200f乙\n".encode(),
        OK,
        has=BOTH,
        lacks=("\u202e", "\u2066"),
    )
    yield Case(
        79, "invisible.txt", ("\u200b".join(FIRST) + "\n" + "\ufeff".join(SECOND)).encode(), OK, has=BOTH
    )
    yield Case(
        79,
        "noncharacters.txt",
        f"{GOOD}\ufffe\uffff\U0001fffe\ue000\n".encode(),
        OK,
        has=BOTH,
        lacks=("\ufffe", "\uffff"),
    )
    yield Case(79, "marks.txt", (GOOD + "商" + "\u0301" * 20_000 + "\n").encode(), OK, has=BOTH)
    yield Case(
        80,
        "terminal.txt",
        f"\x1b[31m{GOOD}\x1b[0m\x1b]0;x\x07\x1b[2J".encode(),
        OK,
        has=BOTH,
        lacks=("\x1b", "\x07"),
    )


def traps() -> Iterator[Case]:
    """Texts on which a careless pattern takes quadratic time, or for ever."""
    for size, heavy in ((3_000, False), (60_000, True)):
        for name, text in repeated(size).items():
            made = f"{GOOD}{text}\n{SECOND}\n".encode()
            yield Case(81, f"{name}-{size}.txt", made, OK, has=BOTH, heavy=heavy)
    yield from long()


def repeated(size: int) -> dict[str, str]:
    return {
        "blanks": " " * size, "wide-blanks": "　" * size, "tabs": "\t" * size, "lines": "\n" * size, "dots": "." * size, "middle-dots": "…" * size,
        "digits": "1" * size, "numbers": "1." * size, "chinese-numbers": "一" * size, "brackets": "（" * size, "closing": "）" * size, "pairs": "（）" * size,
        "angles": "<" * size, "tags": "<p>" * size, "ends": "</p" * size, "ampersands": "&" * size, "entities": "&#x" * size, "pipes": "|" * size, "bars": "│" * size,
        "frames": "┌──┬" * (size // 4), "hashes": "#" * size, "dashes": "-" * size, "stars": "*" * size, "backslashes": "\\" * size, "quotes": "“" * size,
        "citations": "[1]" * (size // 3), "letters": "a" * size, "han": "的" * size, "marks": "⼩" * size, "latin-words": "a " * size, "addresses": "a@" * size, "links": "http://" * (size // 7),
        "years": "2013年" * (size // 5), "clauses": "公司，" * (size // 3), "sentences": "公司。" * (size // 3), "steps": "1、" * size, "phrases": "面向" * size, "toc": "第一章 概述……1\n" * (size // 10),
        "numbered": "".join(f"{n}、\n" for n in range(size // 8)), "colons": "：" * size, "underscores": "_" * size, "hyphen-lines": "-\n" * size, "page-numbers": "- 1 -\n" * (size // 6),
        "same-lines": "公司通过门店销售\n" * (size // 9), "words-alone": "渠道通路\n" * (size // 5), "markdown-table": "|a|b|\n|-|-|\n" * (size // 12), "table-marks": "<|TABLE_1|>" * (size // 11), "images": "![x](" * (size // 5),
        "canvas": "├──┤渠道│\n" * (size // 8), "comments": "<!--" * (size // 4), "form-feeds": "\f" * size, "vertical": "公\n" * size, "ideographic-stops": "。" * size, "bullets": "●" * size, "bullet-lines": "● a\n" * (size // 4),
    }  # fmt: skip


def long() -> Iterator[Case]:
    yield Case(
        82,
        "line-5-mb.txt",
        (FIRST * (5_000_000 // 75)).encode,
        OK | LIMITS,
        has=(FIRST,),
        heavy=True,
    )
    yield Case(
        82,
        "lines-10-to-the-6.txt",
        lambda: f"{GOOD}{'行' * 4}\n".encode() + b"x\n" * 10**6,
        OK | LIMITS,
        has=BOTH,
        heavy=True,
    )
    yield Case(
        82,
        "line-of-letters-5-mb.txt",
        lambda: GOOD.encode() + b"a" * 5_000_000,
        OK | LIMITS,
        has=BOTH,
        heavy=True,
    )
    yield Case(
        82,
        "line-of-blanks-5-mb.txt",
        lambda: GOOD.encode() + b" " * 5_000_000,
        OK | LIMITS,
        has=BOTH,
        heavy=True,
    )


def titles() -> Iterator[Case]:
    for number, formula in enumerate(FORMULAS):
        yield Case(83, f"formula-{number}.txt", f"{formula}\n\n{FIRST}\n{SECOND}\n".encode(), OK, has=BOTH)
    for number, name in enumerate(("=1+1.txt", "@SUM(1).txt", "+1.txt", "-1.txt", "＝1+1.txt")):
        yield Case(83, name, f"{GOOD}{number}".encode(), OK, has=BOTH)
    for number, markup in enumerate(MARKUP):
        yield Case(
            84,
            f"markup-{number}.txt",
            f"{markup}\n\n{FIRST}\n{SECOND}\n公司名称：{markup}\n".encode(),
            OK,
            has=BOTH,
        )


def cases() -> Iterator[Case]:
    yield Case(5, "good.txt", GOOD.encode(), OK, has=BOTH)
    yield from nothing()
    yield from markup_only()
    yield from encodings()
    yield from controls()
    yield from traps()
    yield from titles()
