"""The offline page: every canvas, every note, nothing of the content run or fetched."""

from __future__ import annotations

import re

import pytest
from conftest import FIRST, SAMPLES, SECOND
from lxml import html


@pytest.fixture
def page(tmp_path, run):
    raw = tmp_path / "raw"
    raw.mkdir()
    hostile = "<script>alert(1)</script>"
    (raw / "a.txt").write_text(
        f"某咖啡案例分析\n\n{FIRST}\n{SECOND}\n{hostile}公司通过经销商销售咖啡。\n", encoding="utf-8"
    )
    (raw / f"{hostile.replace('/', '')}.txt").write_text(SECOND, encoding="utf-8")
    (raw / "empty.txt").write_bytes(b"")
    run("build", raw, tmp_path / "out")
    return (tmp_path / "out" / "site" / "index.html").read_text(encoding="utf-8")


def test_nothing_is_fetched_or_run(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy.group(1) or "default-src 'none'" in policy.group(1)
    tree = html.fromstring(page.encode())
    assert not tree.xpath(
        "//script[@src]|//link[not(starts-with(@href,'data:'))]|//iframe|//img[not(starts-with(@src,'data:'))]"
    )
    assert "<script>alert" not in page
    assert all(a.get("href", "").startswith("#") for a in tree.xpath("//a"))


def test_every_block_and_note_is_there(page, tmp_path):
    import pandas as pd

    canvas = pd.read_parquet(tmp_path / "out" / "canvas.parquet")
    text = html.fromstring(page.encode()).text_content()
    assert all(
        name in text
        for name in (
            "重要伙伴",
            "关键业务",
            "核心资源",
            "价值主张",
            "客户关系",
            "渠道通路",
            "客户细分",
            "成本结构",
            "收入来源",
        )
    )
    assert all(note in text for note in canvas["note"])
    assert all(i in page for i in canvas["passage_id"])


def test_files_that_were_not_read_are_named(page):
    assert "empty.txt" in page
    assert "EMPTY_FILE" in page


def test_an_empty_folder_gives_a_page_that_says_so(tmp_path, run):
    (tmp_path / "raw").mkdir()
    run("build", tmp_path / "raw", tmp_path / "out")
    assert "<html" in (tmp_path / "out" / "site" / "index.html").read_text(encoding="utf-8")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples were removed")
def test_who_labelled_is_said(tmp_path, run):
    run("build", SAMPLES, tmp_path / "out")
    page = (tmp_path / "out" / "site" / "index.html").read_text(encoding="utf-8")
    assert "语言模型" in page
