"""Readers: must-include / must-not-include per document, through the function and the command."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from html import escape

import pytest
from conftest import FIRST, SAMPLES, SECOND, make_docx, make_pdf

from pipeline.clean import clean
from pipeline.extract import formats, quality, sandbox, txt
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Skipped

ZH = f"{FIRST}\n{SECOND}\n" * 3
TRADITIONAL = "公司透過直營門市與網路商城銷售，並由供應商長期供貨，顧客關係良好。\n" * 4

SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)


def shape(text: str, *, at: tuple[int, int] | None = None, kind: str = "") -> str:
    """A text box; `|` breaks a line, a line feed starts a paragraph; `at` is (x, y) in mm."""
    place = f'<a:xfrm><a:off x="{at[0] * 36000}" y="{at[1] * 36000}"/></a:xfrm>' if at else ""
    lines = (escape(line).replace("|", "</a:t></a:r><a:br/><a:r><a:t>") for line in text.split("\n"))
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    holder = f'<p:ph type="{kind}"/>' if kind else ""
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{holder}</p:nvPr></p:nvSpPr>"
        f"<p:spPr>{place}</p:spPr><p:txBody>{paragraphs}</p:txBody></p:sp>"
    )


def grid(rows: list[list[str]]) -> str:
    """A table in its frame."""
    cells = "".join(
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{c}</a:t></a:r></a:p></a:txBody></a:tc>" for c in row)
        + "</a:tr>"
        for row in rows
    )
    return f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{cells}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"


def make_pptx(slides: list[str], *, notes: str = "", extra: dict[str, str] | None = None) -> bytes:
    """A PPTX of slides given as the XML of their shapes. The first slide is the last part, so that
    only the list in presentation.xml has the order; `notes` belong to the first."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def sheet(name: str, shapes: str) -> str:
        return f"<p:{name} {SPACES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{name}>"

    def relations(rows: list[tuple[str, str, str]]) -> str:
        items = "".join(f'<Relationship Id="{i}" Type="{kind}/{t}" Target="{to}"/>' for i, t, to in rows)
        return f"<Relationships>{items}</Relationships>"

    count = len(slides)
    listed = "".join(f'<p:sldId id="{256 + n}" r:id="s{count - n}"/>' for n in range(count))
    parts = {
        "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>{listed}</p:sldIdLst>"
        '<p:sldSz cx="9144000" cy="6858000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relations(
            [(f"s{n}", "slide", f"slides/slide{n}.xml") for n in range(1, count + 1)]
        ),
    }
    for number, shapes in enumerate(slides):
        parts[f"ppt/slides/slide{count - number}.xml"] = sheet("sld", shapes)
    if notes:
        parts[f"ppt/slides/_rels/slide{count}.xml.rels"] = relations(
            [("n", "notesSlide", "/ppt/notesSlides/notesSlide1.xml")]
        )
        parts["ppt/notesSlides/notesSlide1.xml"] = sheet("notes", notes)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, xml in (parts | (extra or {})).items():
            archive.writestr(name, xml)
    return buffer.getvalue()


DECK = make_pptx(
    [
        shape(FIRST, at=(20, 60))
        + shape("渠道|通路", kind="title")
        + f"<p:grpSp><p:grpSpPr/>{shape('组内文字')}</p:grpSp>",
        shape(SECOND) + grid([["重要伙伴", "物流公司"]]),
    ],
    notes=shape("讲稿：先说门店。", kind="body") + shape("7", kind="sldNum"),
)
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
    "pdf": ("case.pdf", make_pdf([[FIRST, SECOND]]), [FIRST, SECOND], ["(cid:"]),
    "docx": (
        "case.docx",
        make_docx(["# 销售模式", FIRST], [["供应商", SECOND]]),
        ["销售模式", FIRST, SECOND],
        ["# "],
    ),
    "utf-8": ("case.txt", ZH.encode(), [FIRST, SECOND], ["\ufeff"]),
    "utf-8-sig": ("case.txt", ZH.encode("utf-8-sig"), [FIRST, SECOND], ["\ufeff"]),
    "gb18030": ("case.txt", ZH.encode("gb18030"), [FIRST, SECOND], ["\ufffd"]),
    "utf-16": ("case.txt", ZH.encode("utf-16"), [FIRST, SECOND], ["\ufeff"]),
    "utf-16-le": ("case.txt", ZH.encode("utf-16-le"), [FIRST, SECOND], ["\0"]),
    "utf-16-be": ("case.txt", ZH.encode("utf-16-be"), [FIRST, SECOND], ["\0"]),
    "big5": ("case.txt", TRADITIONAL.encode("big5"), ["直營門市與網路商城"], ["\ufffd"]),
    "wrong extension": ("case.doc", make_docx([FIRST]), [FIRST], []),
    "no extension": ("case", ZH.encode("gb18030"), [SECOND], []),
    "four characters": ("case.txt", "小米案例".encode("gbk"), ["小米案例"], []),
    "pptx": (
        "case.pptx",
        DECK,
        ["渠道通路\n", FIRST, "组内文字", "讲稿：先说门店。", SECOND, "重要伙伴\t物流公司"],
        ["7"],
    ),
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
    "markdown with a tag": (
        "case.md",
        f'<div align="center">\n\n# 某咖啡\n\n- {FIRST}\n- {SECOND}\n'.encode(),
        [f"- {FIRST}\n- {SECOND}"],
        [],
    ),
    "table marker": ("case.txt", f"<|TABLE_0143_0001.xlsx|>\n{ZH}".encode(), ["<|TABLE", FIRST], []),
    "one bad byte": ("case.txt", ZH.encode()[:200] + b"\xff" + ZH.encode()[201:], [FIRST], []),
}


@pytest.mark.parametrize("name", GOOD)
def test_reader_includes(name):
    file, data, must, must_not = GOOD[name]
    extraction = formats.read(data, file.rpartition(".")[2] if "." in file else "")
    text = "\n".join(page.text for page in extraction.pages)
    assert all(part in text for part in must)
    assert not any(part in text for part in must_not)
    assert ("EXT_MISMATCH" in extraction.warnings) == (name == "wrong extension")


@pytest.mark.parametrize("name", GOOD)
def test_command_includes(name, tmp_path, run):
    file, data, must, must_not = GOOD[name]
    (tmp_path / file).write_bytes(data)
    code, _, _ = run("extract", tmp_path / file, tmp_path / "out")
    text = (tmp_path / "out" / f"{file}.txt").read_text(encoding="utf-8")
    assert code == 0
    assert all(part in text for part in must)
    assert not any(part in text for part in must_not)


BAD = {
    "empty": (b"", "EMPTY_FILE"),
    "blank": (b" \r\n\t\n", "NO_TEXT"),
    "encrypted pdf": (make_pdf([[FIRST]], password="secret"), "ENCRYPTED"),
    "cut pdf": (make_pdf([[FIRST]])[:400], "CORRUPT"),
    "pdf without text": (make_pdf([[]]), "NO_TEXT"),
    "cut docx": (make_docx([FIRST])[:5000], "CORRUPT"),
    "cut pptx": (DECK[:900], "CORRUPT"),
    "pptx without its slide": (
        make_pptx([shape(FIRST)], extra={"ppt/_rels/presentation.xml.rels": "<Relationships/>"}),
        "CORRUPT",
    ),
    "pptx that is no xml": (make_pptx([shape(FIRST) + "<p:sp>"]), "CORRUPT"),
    "pptx without text": (make_pptx([shape(" ")]), "NO_TEXT"),
    "pptx with a dtd": (
        make_pptx(
            [shape(FIRST)], extra={"ppt/x.xml": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'}
        ),
        "XML_DTD",
    ),
    "pptx of groups": (
        make_pptx(["<p:grpSp>" * 200 + shape(FIRST) + "</p:grpSp>" * 200]),
        "LIMIT_DEPTH",
    ),
    "pptx of paragraphs": (
        make_pptx([shape("\n".join(str(n * 7919) for n in range(200_001)))]),
        "LIMIT_SIZE",
    ),
    "zip that is no docx": (make_docx([FIRST]).replace(b"word/", b"xxxx/"), "UNSUPPORTED_TYPE"),
    "random bytes": (bytes((i * 7919 + (i * i) % 251) % 256 for i in range(5000)), "BINARY_DATA"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(200), "UNSUPPORTED_TYPE"),
    "exe": (b"MZ" + bytes(500), "UNSUPPORTED_TYPE"),
    "mht": (
        b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n<html><p>" + FIRST.encode(),
        "UNSUPPORTED_TYPE",
    ),
    "wordml": (
        f'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:doc><w:p>{FIRST}'.encode(),
        "UNSUPPORTED_TYPE",
    ),
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
    "ole without word": (formats.OLE + bytes(2000), "CORRUPT"),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_has_its_reason(name):
    data, reason = BAD[name]
    start = time.process_time()
    with pytest.raises(Unreadable) as error:
        formats.read(data, "pdf")
    assert error.value.reason == reason
    assert time.process_time() - start < 5


SLOW = {
    "<p>": b"<p>x" * 100_000,
    "<li>": b"<li>x" * 100_000,
    "<td>": b"<td>x" * 100_000,
    "<": b"<" * 1_000_000,
    "misnested": b"<b><i></b></i>" * 50_000,
    "<script></script>": b"<script></script>" * 100_000,
    "blank": b" \n" * 1_000_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_html_is_read_in_linear_time(name):
    start = time.process_time()
    extraction = formats.read(f"<html><p>{FIRST}".encode() + SLOW[name] + SECOND.encode(), "html")
    assert FIRST in extraction.pages[0].text
    assert SECOND in extraction.pages[0].text
    assert time.process_time() - start < 5


def marked(page):
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


def test_pptx_in_reading_order():
    footer = shape("某公司内部资料", at=(80, 180), kind="ftr")
    number = shape("", kind="sldNum").replace(
        "<a:r><a:t></a:t></a:r>", '<a:fld type="slidenum"><a:t>12</a:t></a:fld>'
    )
    inner = shape("右", at=(60, 0)) + shape("左", at=(0, 2))
    group = f'<p:grpSp><p:grpSpPr><a:xfrm><a:off x="0" y="3600000"/></a:xfrm></p:grpSpPr>{inner}</p:grpSp>'
    variants = f"<mc:AlternateContent xmlns:mc='x'><mc:Choice>{shape('新写法', at=(0, 150))}</mc:Choice>"
    variants += f"<mc:Fallback>{shape('旧写法', at=(0, 150))}</mc:Fallback></mc:AlternateContent>"
    boxes = shape("第二行", at=(0, 60)) + shape("乙", at=(90, 31)) + shape("甲", at=(0, 33))
    deck = make_pptx(
        [footer + number + variants + group + boxes + shape("标题", kind="ctrTitle"), shape("第二页")]
    )
    first, second = formats.read(deck, "pptx").pages
    assert first.text.split() == ["标题", "甲", "乙", "第二行", "左", "右", "新写法", "某公司内部资料"]
    assert marked(first) == [("标题", "heading", 1), ("某公司内部资料", "furniture", 0)]
    assert (second.number, second.text) == (2, "第二页\n")


def test_pptx_reads_hidden_slides_and_diagrams():
    frame = f'<p:graphicFrame><d:relIds xmlns:d="x" {SPACES} r:dm="d"/></p:graphicFrame>'
    points = {"0": "", "3": "三", "1": "一", "2": "二"}
    model = "<m><ptLst>" + "".join(
        f'<pt modelId="{k}" type="{"node" if v else "doc"}"><t {SPACES}><a:p><a:r><a:t>{v}</a:t></a:r></a:p></t></pt>'
        for k, v in points.items()
    )
    model += "</ptLst><cxnLst>" + "".join(
        f'<cxn srcId="{a}" destId="{b}" srcOrd="{n}"/>'
        for a, b, n in (("0", "3", 1), ("0", "1", 0), ("1", "2", 0))
    )
    relations = '<Relationships><Relationship Id="d" Type="x/diagramData" Target="../diagrams/data1.xml"/></Relationships>'
    extra = {"ppt/diagrams/data1.xml": model + "</cxnLst></m>", "ppt/slides/_rels/slide1.xml.rels": relations}
    slide = f'<p:sld {SPACES} show="0"><p:cSld><p:spTree>{frame}</p:spTree></p:cSld></p:sld>'
    (page,) = formats.read(make_pptx([""], extra={**extra, "ppt/slides/slide1.xml": slide}), "pptx").pages
    assert page.text == "一\n二\n三\n"


def test_long_bullets_are_not_taken_for_one_wrapped_sentence():
    bullets = [
        "与高校共建联合实验室并共享检测数据和专家资源",
        "面向中小企业提供按年订阅的线上诊断和培训服务",
        "在华东和华南设立直营门店并由当地伙伴负责安装",
        "通过行业展会和老客户推荐持续获得新的企业客户",
    ]
    page = "<html>" + "".join(f"<p>{bullet}</p>" for bullet in bullets)
    for data in (make_pptx([shape("\n".join(bullets))]), page.encode()):
        lines = clean(formats.read(data, "").pages).text.split("\n")
        assert [line for line in lines if line] == bullets


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


def test_docx_in_document_order():
    extraction = formats.read(make_docx(["# 标题", "前文"], [["甲", "乙"], ["丙", "丁"]]), "docx")
    (page,) = extraction.pages
    assert page.text.startswith("标题\n前文\n甲\t乙\n丙\t丁\n")
    assert [(page.text[m.start : m.end], m.kind) for m in page.marks] == [
        ("标题", "heading"),
        ("甲\t乙", "table"),
        ("丙\t丁", "table"),
    ]


def test_docx_with_a_dtd_is_refused():
    source = zipfile.ZipFile(io.BytesIO(make_docx([FIRST])))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for info in source.infolist():
            body = source.read(info)
            if info.filename == "word/document.xml":
                body = body.replace(
                    b"<w:document", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document', 1
                )
            target.writestr(info, body)
    with pytest.raises(Unreadable, match="XML_DTD"):
        formats.read(buffer.getvalue(), "docx")


def test_big5_decodes_as_gb18030_without_error_but_is_not_taken_for_it():
    data = TRADITIONAL.encode("big5")
    data.decode("gb18030")  # a decode without an error proves nothing
    assert txt.decode(data)[1] == "big5hkscs"


def test_garbage_is_recognised():
    wrong = "公司的核心资源是品牌和技术，主要渠道是线下门店。".encode("utf-16-le").decode("latin-1") * 4
    assert quality.is_garbage(wrong)
    assert not quality.is_garbage(ZH)
    assert not quality.is_garbage("Société générale à Zürich, déjà vu, naïve, façade; années 1960–1970.")


def test_sandbox_kills_what_does_not_end(monkeypatch):
    """A worker that hangs is killed at the time limit; its neighbours are read all the same."""
    hang = "import sys, time; sys.path.insert(0, %r)\nfrom pipeline.extract import formats, worker\n"
    hang += "real = formats.read\n"
    hang += "def read(data, extension):\n"
    hang += "    if data == b'hang': time.sleep(600)\n"
    hang += "    if data == b'die': import os; os._exit(1)\n"
    hang += "    if data == b'eat': bytearray(8 << 30)\n"
    hang += "    return real(data, extension)\n"
    hang += "formats.read = read\nworker.main()\n"
    monkeypatch.setattr(sandbox, "_PROGRAM", hang % sandbox._ROOT)
    jobs = [sandbox.Job(k, k.encode(), "txt") for k in ("hang", "die", "eat")]
    jobs += [sandbox.Job(f"good{i}", ZH.encode(), "txt") for i in range(4)]
    results = dict(sandbox.read_all(jobs, workers=2, time_limit=3))
    assert results["hang"] == Skipped("quarantined", "TIMEOUT")
    assert results["die"] == Skipped("quarantined", "CRASH")
    assert results["eat"] == Skipped("quarantined", "OOM")
    assert all(isinstance(results[f"good{i}"], Extraction) for i in range(4))


def test_sandbox_that_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr(sandbox, "_PROGRAM", "raise SystemExit(1)")
    with pytest.raises(sandbox.SandboxBroken):
        list(sandbox.read_all([sandbox.Job("a", b"a", "txt")], workers=1, time_limit=3))


def test_clean_extract_drops_furniture(tmp_path, run):
    body = [f"第{n}点说明公司怎样通过门店把产品卖给年轻人，这一行是正文。" for n in "一二三四五六七八九"]
    pages = [["某咖啡公司案例研究", *body[i : i + 3], f"- {i // 3 + 1} -"] for i in (0, 3, 6)]
    (tmp_path / "case.pdf").write_bytes(make_pdf(pages))
    run("extract", tmp_path / "case.pdf", tmp_path / "all")
    run("extract", tmp_path / "case.pdf", tmp_path / "clean", "--clean")
    everything = (tmp_path / "all" / "case.pdf.txt").read_text(encoding="utf-8")
    cleaned = (tmp_path / "clean" / "case.pdf.txt").read_text(encoding="utf-8")
    assert "- 2 -" in everything
    assert everything.count("某咖啡公司案例研究") == 3
    assert "- 2 -" not in cleaned
    assert "某咖啡公司案例研究" not in cleaned
    assert all(line in cleaned for line in body)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="samples were removed by `make clear-samples`")
def test_legacy_doc_sample(tmp_path, run):
    (doc,) = SAMPLES.glob("*.doc")
    run("extract", doc, tmp_path)
    with (tmp_path / "ledger.csv").open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["status"], row["type"], row["extractor"]) == ("ok", "doc", "unword")
    assert "海底捞" in (tmp_path / f"{doc.name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["BMC商业模式画布分析", "MZ世代的消费", "PK大战：两家公司", "BMW的渠道", "RIFF", "本文讨论%PDF-文件"],
)
def test_first_letters_alone_decide_nothing(text):
    assert formats.sniff(text.encode()) == "txt"


def test_workers_run_no_code_of_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "struct.py").write_text("raise SystemExit('ran')")
    (tmp_path / "pypdfium2.py").write_text("raise SystemExit('ran')")
    monkeypatch.chdir(tmp_path)
    results = dict(sandbox.read_all([sandbox.Job("a", make_pdf([[FIRST]]), "pdf")], workers=1, time_limit=20))
    assert isinstance(results["a"], Extraction)


PAGE = f'<html><head><meta charset="{{}}"><title>题目</title><script>var x="不要";</script></head><body><nav>导航</nav><h1>渠道通路</h1><p>{FIRST}</p><ul><li>门店</li></ul><table><tr><td>甲</td><td>乙</td></tr></table><!-- 注释 --></body></html>'


@pytest.mark.parametrize(
    ("declared", "real"), [("utf-8", "utf-8"), ("gb2312", "gb18030"), ("iso-8859-1", "utf-8")]
)
def test_web_page(declared, real):
    extraction = formats.read(PAGE.format(declared).encode(real), "html")
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


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="samples were removed by `make clear-samples`")
def test_slides_of_the_sample():
    (file,) = SAMPLES.glob("*.pptx")
    extraction = formats.read(file.read_bytes(), "pptx")
    titles = [p.text[m.start : m.end] for p in extraction.pages for m in p.marks if m.kind == "heading"]
    assert extraction.type == "pptx"
    assert len(extraction.pages) >= 8
    assert {"客户细分", "价值主张", "收入来源"} <= {t.strip() for t in titles}
    with pytest.raises(Unreadable, match="CORRUPT"):
        formats.read(file.read_bytes()[:3000], "pptx")
