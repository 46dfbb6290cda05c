"""The four laws as properties: span, sum, loss, determinism."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import FIRST, ROOT, SAMPLES, SECOND, make_docx, make_pdf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import lexicon, model
from pipeline.characters import repair
from pipeline.classify import weigh
from pipeline.clean import clean
from pipeline.extract import formats
from pipeline.extract.errors import Unreadable
from pipeline.features import Subject
from pipeline.notes import MAX_NOTE, note_of
from pipeline.records import Page, SourceFile
from pipeline.segment import segment
from pipeline.split import split

WORDS = st.sampled_from(
    [
        "公司",
        "小米",
        "通过",
        "经销商",
        "销售",
        "手机",
        "。",
        "，",
        "；",
        "：",
        "、",
        "！",
        "一、",
        "（二）",
        "1、",
        "2.",
        "①",
        "·",
        "-",
        "#",
        "|",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "",
        "",
        "渠道通路",
        "客户关系",
        "收入来源",
        "成本",
        "供应商",
        "目录",
        "……",
        "(3)",
        "案例一：",
        "合集下载",
        "是指",
        "⼩⽶",
        "é",
        "\x02",
        "\ufeff",
        "線上",
        "ﬁ",
        "Ⅲ",
        "”",
        "“",
        "）",
        "2013年",
        "App",
        "[6]",
        "<p>",
        "<br/>",
        "&emsp;",
        "> ",
        "![图](a.cn/b)",
        "│",
        "┌──┬──┐",
        "├──┤",
        "<|TABLE_1|>",
        "---",
        "参考文献",
        "7",
    ]
)
TEXT = st.lists(WORDS, max_size=60).map("".join)
FAST = settings(max_examples=150, deadline=None)


@FAST
@example(["公司" * 10, "公司" * 9 + "\n" + "公司" * 9 + "\n公司"])  # a passage over a page break
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_span_law(texts):
    follows_the_span_law(texts, [Page(i + 1, t) for i, t in enumerate(texts)])


def follows_the_span_law(texts: list[str], pages: list[Page]) -> None:
    """Documents and passages are spans, in order, and lead back to where they stand on the page."""
    file = clean(pages)
    last = 0
    for document in split(file, SourceFile("a.txt", "00")):
        assert file.text[document.start : document.end] == document.text
        assert document.start >= last
        last = document.end
        end = 0
        for passage in segment(document, file):
            assert document.text[passage.start : passage.end] == passage.text
            assert passage.text.strip() == passage.text != ""
            assert passage.start >= end
            end = passage.end
            page, raw = pages[passage.raw_page - 1], texts[passage.raw_page - 1]
            assert passage.raw_start < passage.raw_end
            places = page.raw_offsets(range(len(raw)))
            # the way back finds the first character, also where the reader put lines in another order
            found = {repair(raw[i:])[0][:1] for i, at in enumerate(places) if at == passage.raw_start}
            assert passage.text[:1] in found
            assert page.order or passage.raw_end <= len(raw)
    covered = "".join(d.text for d in split(file, SourceFile("a.txt", "00")))
    assert "".join(covered.split()) == "".join(file.text.split())  # no text between documents


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*")) if SAMPLES.is_dir() else [], ids=lambda p: p.name)
def test_span_law_on_every_sample(path):
    try:
        extraction = formats.read(path.read_bytes(), path.suffix.removeprefix(".").lower())
    except Unreadable:
        return
    assert [page.number for page in extraction.pages] == list(range(1, len(extraction.pages) + 1))
    for page in extraction.pages:
        assert all(0 <= m.start <= m.end <= len(page.text) for m in page.marks)
    follows_the_span_law([p.text for p in extraction.pages], list(extraction.pages))


@FAST
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_cleaning_drops_nothing_but_what_repair_drops(texts):
    file = clean([Page(i + 1, t) for i, t in enumerate(texts)])
    kept = sorted("".join(file.text.split()))
    assert kept == sorted("".join("".join(repair(t)[0] for t in texts).split()))


@FAST
@given(st.text(max_size=40), TEXT, st.lists(WORDS.filter(str.strip), max_size=2))
def test_sum_law(noise, text, headings):
    trained, terms = model.load(), lexicon.load()
    weighed = weigh(Subject(text + noise, heading_path=tuple(headings)), trained, terms)
    for code, score in weighed.scores.items():
        rows = weighed.evidence(code, trained)
        assert round(sum(row.weight for row in rows), 6) == pytest.approx(score, abs=1e-9)
        for row in rows:
            assert row.source
            assert row.start == row.end == -1 or 0 <= row.start < row.end <= len(weighed.subject.text)


@FAST
@given(TEXT.filter(str.strip))
def test_a_note_is_made_of_its_quote(text):
    trained, terms = model.load(), lexicon.load()
    weighed = weigh(Subject(text), trained, terms)
    note = note_of(text, weighed.evidence("CH", trained), ["小米"])
    assert len(note) <= MAX_NOTE
    pieces = ".*?".join(r"\s*".join(map(re.escape, piece)) for piece in note.split())
    assert re.search(pieces, text, re.DOTALL)


@FAST
@given(st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=0x2FA1F), max_size=60))
def test_any_text_survives_the_stages(text):
    file = clean([Page(1, text)])
    assert not any(0xD800 <= ord(c) <= 0xDFFF for c in file.text)
    for document in split(file, SourceFile("a.txt", "00")):
        segment(document, file)


def corpus(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.txt").write_text(f"甲公司案例分析\n\n{FIRST}\n{SECOND}\n", encoding="gb18030")
    (folder / "b.pdf").write_bytes(make_pdf([[FIRST, SECOND], [SECOND]]))
    (folder / "c.docx").write_bytes(make_docx(["# 渠道", FIRST], [["成本", "人工成本"]]))
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4\nnothing")
    (folder / "empty.txt").write_bytes(b"")
    return folder


def published(out: Path) -> dict[str, bytes]:
    return {
        p.relative_to(out).as_posix(): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and ".huabu" not in p.parts
    }


def test_loss_law(tmp_path, run):
    run("build", corpus(tmp_path / "raw"), tmp_path / "out")
    ledger = pd.read_parquet(tmp_path / "out" / "ledger.parquet")
    documents = pd.read_parquet(tmp_path / "out" / "documents.parquet")
    assert sorted(ledger["path"]) == ["a.txt", "b.pdf", "bad.pdf", "c.docx", "empty.txt"]
    assert set(documents["path"]) == set(ledger.loc[ledger["status"] == "ok", "path"])
    assert all((ledger["reason"] != "") == (ledger["status"] != "ok"))


def test_determinism_law(tmp_path):
    """The same bytes with 1 or 2 workers, after a killed run, in another folder, language, clock
    zone and hash seed."""
    raw = corpus(tmp_path / "raw")

    def build(out: Path, workers: int, cwd: Path, **environment: str) -> dict[str, bytes]:
        command = [sys.executable, "-m", "pipeline", "build", str(raw), str(out), "--workers", str(workers)]
        subprocess.run(
            command,
            cwd=cwd,
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        return published(out)

    first = build(tmp_path / "one", 1, tmp_path, LANG="C", TZ="UTC", PYTHONHASHSEED="0")
    again = build(tmp_path / "two", 2, ROOT, LANG="zh_CN.UTF-8", TZ="Asia/Shanghai", PYTHONHASHSEED="1")
    assert first == again
    (tmp_path / "two" / "canvas.csv").unlink()
    assert build(tmp_path / "two", 2, tmp_path) == first
