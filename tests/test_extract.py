"""Readers: must-include / must-not-include per document, through the function and the command."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from conftest import FIRST, SAMPLES, SECOND, make_docx, make_pdf
from hostile.pdf_writer import base, pdf
from slides import grid, make_pptx, shape

from pipeline.clean import clean
from pipeline.extract import formats, quality, txt
from pipeline.extract.errors import Unreadable

ZH = f"{FIRST}\n{SECOND}\n" * 3
TRADITIONAL = "公司透過直營門市與網路商城銷售，並由供應商長期供貨，顧客關係良好。\n" * 4

DECK = make_pptx(
    [
        shape(FIRST, at=(20, 60))
        + shape("渠道|通路", kind="title")
        + f"<p:grpSp><p:grpSpPr/>{shape('组内文字')}</p:grpSp>",
        shape(SECOND) + grid([["重要伙伴", "物流公司"]]),
    ],
    notes=shape("讲稿：先说门店。", kind="body") + shape("7", kind="sldNum"),
)
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
    "html": (
        "case.html",
        f"<html><title>题目</title><script>var x</script><p>{FIRST}</p>".encode(),
        [FIRST],
        ["<", "var"],
    ),
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
    "zip that is no docx": (make_docx([FIRST]).replace(b"word/", b"xxxx/"), "UNSUPPORTED_TYPE"),
    "random bytes": (bytes((i * 7919 + (i * i) % 251) % 256 for i in range(5000)), "BINARY_DATA"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(200), "UNSUPPORTED_TYPE"),
    "exe": (b"MZ" + bytes(500), "UNSUPPORTED_TYPE"),
    "wordml": (
        f'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:doc><w:p>{FIRST}'.encode(),
        "UNSUPPORTED_TYPE",
    ),
    "ole without word": (formats.OLE + bytes(2000), "CORRUPT"),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_has_its_reason(name):
    data, reason = BAD[name]
    with pytest.raises(Unreadable) as error:
        formats.read(data, "pdf")
    assert error.value.reason == reason


def marked(page):
    return [(page.text[m.start : m.end], m.kind, m.level) for m in page.marks]


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
    assert quality.is_garbage("QlSø••Ç~¿N•è^—TŒ•ê„%•QNUFWÎT^t•{mˆ•9€•U.T–Ua0SŸe™u1N[¶O›^”UF••gO›^”ÿ")
    assert not quality.is_garbage(ZH)
    assert not quality.is_garbage("• 12 € • 15 € • 18 € — 2 019 • 35 000 €\n• 12 • 15 • 2018 — 35 %")
    assert not quality.is_garbage("È già più là: città, perché, così; été, à la fête, où l’œuvre naît.")
    assert not quality.is_garbage("Société générale à Zürich, déjà vu, naïve, façade; années 1960–1970.")


def test_a_text_without_its_font_is_none():
    """Pairs of bytes of Chinese characters come out one by one."""
    whole = pdf(base())
    assert FIRST in formats.read(whole, "pdf").pages[0].text
    with pytest.raises(Unreadable, match="GARBAGE"):
        formats.read(whole.replace(b"/F 4 0 R", b"/F 8 0 R"), "pdf")


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
    assert (row["status"], row["type"], row["extractor"]) == ("ok", "doc", "doc/97")
    assert "海底捞" in (tmp_path / f"{doc.name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["BMC商业模式画布分析", "MZ世代的消费", "PK大战：两家公司", "BMW的渠道", "RIFF", "本文讨论%PDF-文件"],
)
def test_first_letters_alone_decide_nothing(text):
    assert formats.sniff(text.encode()) == "txt"
