"""Web pages: what stands on the screen, in which encoding, and what is the article."""

from __future__ import annotations

import pytest
from conftest import FIRST, SECOND

from pipeline.extract import formats, webpage
from pipeline.extract.errors import Unreadable

TRADITIONAL = "公司透過直營門市與網路商城銷售，並由供應商長期供貨，顧客關係良好。\n" * 4


def marked(page):
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


PAGE = f"""<!DOCTYPE html><html><head><meta charset="CHARSET"><title>某咖啡</title>
<script>var secret = "偷看</p>";</script><style>p {{ color: red }}</style></head><body>
<nav><a href="http://127.0.0.1:9/">首页</a></nav><!-- 不写出来 --><h2>销售<br>模式</h2>
<p>{FIRST[:9]}
{FIRST[9:]}<br>价格 &lt; 对手 &#x4e2d;&hellip;</p><ul><li>自有门店<li>网上商城</ul>
<template>模板</template><noscript>请打开</noscript>
<table><tr><th>模块<th>内容<tr><td>重要伙伴<td><p>物流</p><p>公司</p></table>{SECOND}</body></html>"""
HTML_HAS = [FIRST, SECOND, "价格 < 对手 中…", "销售模式", "- 自有门店\n- 网上商城", "重要伙伴\t物流 公司"]
HTML_HAS_NOT = ["偷看", "secret", "color", "不写出来", "模板", "请打开", "<p", "&"]


def page(declared: str, encoding: str) -> bytes:
    return PAGE.replace("CHARSET", declared).encode(encoding)


GOOD = {
    "html": ("case.html", page("utf-8", "utf-8"), HTML_HAS, HTML_HAS_NOT),
    "html gbk": ("case.htm", page("gb2312", "gb18030"), HTML_HAS, HTML_HAS_NOT),
    "html big5": (
        "case.htm",
        f'<html><meta charset="big5"><p>{TRADITIONAL}</p></html>'.encode("big5"),
        ["直營門市與網路商城"],
        ["\ufffd"],
    ),
    "html utf-16": ("case.htm", page("utf-8", "utf-16"), HTML_HAS, HTML_HAS_NOT),
    "html that lies: gbk": ("case.html", page("gbk", "utf-8"), HTML_HAS, HTML_HAS_NOT),
    "html that lies: utf-8": ("case.html", page("utf-8", "gb18030"), HTML_HAS, HTML_HAS_NOT),
    "html that lies: big5": ("case.html", page("big5", "gb18030"), HTML_HAS, HTML_HAS_NOT),
    "html that lies: utf-16": ("case.html", page("utf-16", "utf-8"), HTML_HAS, HTML_HAS_NOT),
    "html that lies: windows-1252": ("case.html", page("windows-1252", "gb18030"), HTML_HAS, HTML_HAS_NOT),
    "html in shift_jis": (
        "case.html",
        "<html><meta charset=shift_jis><p>企業はコーヒーを販売している。".encode("shift_jis"),
        ["企業はコーヒーを販売"],
        [],
    ),
    "xhtml": (
        "case.html",
        f'<?xml version="1.0" encoding="gbk"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x.dtd">'
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{FIRST}</p></body></html>'.encode(),
        [FIRST],
        ["xml", "DTD"],
    ),
    "html that names files": (
        "case.html",
        f'<!DOCTYPE html [<!ENTITY e SYSTEM "file:///etc/passwd">]><html><p>&e;{FIRST}'.encode(),
        [FIRST],
        ["root:"],
    ),
    "piece of html": ("case.html", f"<div><p>{FIRST}</p>\n<p>{SECOND}</p></div>".encode(), [FIRST], ["<"]),
}


@pytest.mark.parametrize("name", GOOD)
def test_page_includes(name):
    file, data, must, must_not = GOOD[name]
    extraction = formats.read(data, file.rpartition(".")[2])
    text = "\n".join(page.text for page in extraction.pages)
    assert extraction.type == "html"
    assert all(part in text for part in must)
    assert not any(part in text for part in must_not)
    assert "EXT_MISMATCH" not in extraction.warnings


BAD = {
    "html of tags only": (b"<html><body><div></div></body></html>", "NO_TEXT"),
    "html of script only": (b"<html><script>var a = 1;</script>", "NO_TEXT"),
    "html of 100,000 div": (b"<html>" + b"<div>" * 100_000 + FIRST.encode(), "LIMIT_DEPTH"),
    "html of 100,000 b and i": (b"<html>" + b"<b><i>" * 50_000 + FIRST.encode(), "LIMIT_DEPTH"),
    "html of 100,000 table": (b"<html>" + b"<table><tr><td>" * 100_000 + FIRST.encode(), "LIMIT_DEPTH"),
    # libxml2 gives the text before a depth of 256 and no error: never ok with half a page
    "html of 1,000 div": (
        f"<html><p>{FIRST}</p>".encode() + b"<div>" * 1_000 + SECOND.encode(),
        "LIMIT_DEPTH",
    ),
    "html of 100,000 attributes": (
        b"<html><p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">" + FIRST.encode(),
        "LIMIT_SIZE",
    ),
    "html of 100,000 attributes without end": (
        b"<html><p " + b" ".join(b'a%d="' % n for n in range(100_001)),
        "LIMIT_SIZE",
    ),
    "html of open comments": (b"<html>" + b"<!--" * 200_000 + FIRST.encode(), "NO_TEXT"),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_has_its_reason(name):
    data, reason = BAD[name]
    with pytest.raises(Unreadable) as error:
        formats.read(data, "html")
    assert error.value.reason == reason


SLOW = {
    "<p>": b"<p>x" * 30_000,
    "<li>": b"<li>x" * 30_000,
    "<td>": b"<td>x" * 30_000,
    "<": b"<" * 1_000_000,
    "misnested": b"<b><i></b></i>" * 50_000,
    "<script></script>": b"<script></script>" * 30_000,
    "blank": b" \n" * 1_000_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_html_of_much_the_same_is_read_to_its_end(name):
    """What backtracks on these would take hours, not seconds."""
    extraction = formats.read(f"<html><p>{FIRST}".encode() + SLOW[name] + SECOND.encode(), "html")
    assert FIRST in extraction.pages[0].text
    assert SECOND in extraction.pages[0].text


def test_html_marks():
    (page,) = formats.read(page_with_layout(), "html").pages
    assert marked(page) == [
        ("某咖啡 - 案例网", "furniture", 0),
        ("- 首页", "furniture", 0),
        ("某咖啡", "heading", 1),
        ("关键业务", "heading", 3),
        ("甲\t乙", "table", 0),
        ("版权所有", "furniture", 0),
    ]
    assert "单格\n第一行\n  第二行\n" in page.text


def page_with_layout() -> bytes:
    """A page in a table of layout, with a table of data inside."""
    data = "<table><tr><td>甲</td><td>乙</td></tr><tr><td colspan=2>单格</td></tr></table>"
    return (
        "<html><title>某咖啡 - 案例网</title><nav><ul><li>首页</ul></nav><table><tr><td><h1>某咖啡</h1>"
        f"<h3>关键业务</h3></td><td>{data}<pre>第一行\n  第二行</pre></td></tr></table><footer>版权所有</footer>"
    ).encode()


SMALL = f'<html><head><meta charset="{{}}"><title>题目</title><script>var x="不要";</script></head><body><nav>导航</nav><h1>渠道通路</h1><p>{FIRST}</p><ul><li>门店</li></ul><table><tr><td>甲</td><td>乙</td></tr></table><!-- 注释 --></body></html>'


@pytest.mark.parametrize(
    ("declared", "real"), [("utf-8", "utf-8"), ("gb2312", "gb18030"), ("iso-8859-1", "utf-8")]
)
def test_web_page(declared, real):
    extraction = formats.read(SMALL.format(declared).encode(real), "html")
    (page,) = extraction.pages
    assert extraction.type == "html"
    assert all(part in page.text for part in (FIRST, "渠道通路\n", "- 门店", "甲\t乙"))
    assert not any(part in page.text for part in ("不要", "注释", "<"))
    marks = [(page.text[m.start : m.end].strip(), m.kind) for m in page.marks]
    assert ("题目", "furniture") in marks  # the page's title and navigation are no passages of the case
    assert [m for m in marks if m[1] != "furniture"] == [("渠道通路", "heading"), ("甲\t乙", "table")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<div>" * 100_000 + FIRST, "LIMIT_DEPTH"),
        ("<p " + " ".join(f'a{i}="1"' for i in range(100_000)) + f">{FIRST}</p>", "LIMIT_SIZE"),
        ("<b><i>" * 50_000 + FIRST, "LIMIT_DEPTH"),
        ("<script>只有程序</script>", "NO_TEXT"),
    ],
)
def test_hostile_web_pages_end(body, reason):
    with pytest.raises(Unreadable, match=reason):
        formats.read(f"<html><body>{body}</body></html>".encode(), "html")


WORD = f"""MIME-free <html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:x"><head>
<meta http-equiv=Content-Type content="text/html; charset=gb2312"><style><!-- p.MsoNormal {{margin:0cm}} --></style>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View></w:WordDocument></xml><![endif]--></head>
<body lang=ZH-CN><div class=Section1><h1>一、渠道<o:p></o:p></h1><p class=MsoNormal><span lang=EN-US>1.</span>{FIRST}<o:p></o:p></p>
<p class=MsoNormal><![if !supportLists]><span>·</span><![endif]>{SECOND}</p><p><o:p>&nbsp;</o:p></p></div></body></html>"""


def test_word_saved_as_a_page():
    data = WORD.removeprefix("MIME-free ").encode("gb18030")
    extraction = formats.read(data, "doc")
    (page,) = extraction.pages
    assert extraction.warnings == ("EXT_MISMATCH",)
    assert page.text.split("\n")[0] == "一、渠道"
    assert f"1.{FIRST}" in page.text
    assert f"·{SECOND}" in page.text
    assert not any(part in page.text for part in ("Mso", "Print", "margin", "supportLists", "endif"))
    assert marked(page) == [("一、渠道", "heading", 1)]


LINKS = "".join(f"<li><a href=/{n}>另一家公司的故事之{n}</a></li>" for n in "一二三四")
LONG = f"<p>{FIRST}</p><p>{SECOND}</p>" * 3


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (f"<div class='nav-bar'><ul>{LINKS}</ul></div>", "另一家"),
        (f"<div class='left'><ul>{LINKS}</ul></div>", "另一家"),
        (f"<div><h3>相关阅读</h3><ul>{LINKS}</ul></div>", "相关阅读"),
        (f"<div><p>延伸閱讀：</p><ul>{LINKS}</ul></div>", "延伸閱讀"),
        ("<div id=comment-list><div>匿名用户</div><p>说得好，支持一下！</p></div>", "说得好"),
        ("<div><h3>网友评论</h3><p>排队太久。</p></div>", "排队太久"),
        ("<aside>编辑推荐</aside>", "编辑推荐"),
        ("<form><select><option>上海</option></select><button>搜索</button></form>", "搜索"),
        ("<div role=contentinfo>某某网</div>", "某某网"),
        ("<div class=breadcrumb>首页 &gt; 正文</div>", "首页"),
        ("<table><tr><td>版权所有 某某公司 <a>关于我们</a></td></tr></table>", "版权所有"),
        ("<div>Copyright © 2020 某某网</div>", "Copyright"),
        ("<header>商业笔记</header><main>正文在此</main>", "商业笔记"),
    ],
)
def test_what_stands_around_the_article(around, words):
    (page,) = formats.read(f"<html><body><h1>案例</h1>{LONG}{around}</body></html>".encode(), "html").pages
    kinds = {text: kind for text, kind, _ in marked(page)}
    assert any(words in text and kind == "furniture" for text, kind in kinds.items())
    assert FIRST in page.text
    assert not any(FIRST in text or SECOND in text for text in kinds)


@pytest.mark.parametrize(
    "article",
    [
        f"<div class=comment><div id=sidebar>{LONG}</div></div>",  # the frame of everything
        f"<div class='banner'><h1>某咖啡</h1></div>{LONG}",
        f"{LONG}<h2>重要伙伴</h2><ul><li><a>京东</a></li><li><a>顺丰</a></li><li><a>美团</a></li></ul>",
        f"{LONG}<p>与<a>京东</a>、<a>顺丰</a>和<a>美团</a>签有长期合作协议，见各公司的公告。</p>",
        f"{LONG}<table><tr><td>渠道</td><td><a>小程序</a></td></tr></table>",
        f"<article><header><h1>某咖啡</h1></header>{LONG}</article>",
        f"<p>公司评论了市场。</p>{LONG}",
    ],
)
def test_the_article_is_not_furniture(article):
    (page,) = formats.read(f"<html><body>{article}</body></html>".encode(), "html").pages
    assert "furniture" not in {kind for _, kind, _ in marked(page)}


def test_page_without_an_article():
    (page,) = formats.read(
        f"<html><body><ul>{LINKS}</ul><div>{LINKS}</div></body></html>".encode(), "html"
    ).pages
    assert page.text.count("故事") == 8
    assert {kind for _, kind, _ in marked(page)} == {"furniture"}


def test_charset_of_a_header():
    data = f"<html><p>{TRADITIONAL}".encode("big5")
    assert webpage.decode(data, "big5")[0].startswith("<html><p>公司透過")
    assert webpage.decode(data, "utf-8")[0].startswith("<html><p>公司透過")
    assert webpage.decode(f"<meta charset=gbk>{FIRST}".encode("gbk"), "us-ascii")[0].endswith(FIRST)
    assert webpage.decode(f"<p>{FIRST}".encode(), "iso-8859-1")[0].endswith(FIRST)


def test_utf_7_is_not_decoded():
    """A page that names UTF-7 could hide tags from whoever checked it."""
    data = f"<html><meta charset=utf-7><p>+ADw-script+AD4-{FIRST}".encode()
    (page,) = formats.read(data, "html").pages
    assert "+ADw-script+AD4-" in page.text
    assert FIRST in page.text


@pytest.mark.parametrize("breaks", ["<br>", "<br/><br/>", "\n<br />\n"])
def test_lines_wrapped_by_hand_are_one_paragraph(breaks):
    text = "".join(f"{FIRST[:-1]}，{SECOND[:-1]}，" for _ in range(4))
    lines = [text[i : i + 36] for i in range(0, len(text), 36)]
    (page,) = formats.read(f"<html><p>{breaks.join(lines)}</p></html>".encode(), "html").pages
    assert page.text.split("\n")[0] == text
    verse = f"{FIRST}<br>{SECOND}<br>地址：上海<br>电话：无"
    (page,) = formats.read(f"<html><p>{verse}</p></html>".encode(), "html").pages
    assert [line for line in page.text.split("\n") if line] == verse.split("<br>")
