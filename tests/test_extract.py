"""Readers: must-include / must-not-include per document, through the function and the command."""

from __future__ import annotations

import csv

import pytest
from conftest import FIRST, SAMPLES, SECOND, make_docx, make_pdf

from pipeline.extract import formats, quality, sandbox, txt
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Skipped

ZH = f"{FIRST}\n{SECOND}\n" * 3
TRADITIONAL = "公司透過直營門市與網路商城銷售，並由供應商長期供貨，顧客關係良好。\n" * 4

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
    "ole without word": (formats.OLE + bytes(2000), "CORRUPT"),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_has_its_reason(name):
    data, reason = BAD[name]
    with pytest.raises(Unreadable) as error:
        formats.read(data, "pdf")
    assert error.value.reason == reason


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
    import io
    import zipfile

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
