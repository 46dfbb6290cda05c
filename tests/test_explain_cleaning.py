"""`huabu explain-cleaning`: every rule with its count and cases, and what cannot be read."""

from __future__ import annotations

import csv
import io

import pytest
from conftest import make_docx, make_pdf

from pipeline.clean import clean_listing
from pipeline.records import Document, Page, SourceFile
from pipeline.repairs import cell, passage_repairs, rules
from pipeline.segment import segment
from pipeline.split import seam_repairs, split

TEXT = (
    "某茶馆案例分析\n\n某茶馆案例分析\n\n茶馆开在学校\u200b旁边。[1]\n<p>&emsp;会员可以积分。</p>\n> 收取茶钱。\n"
    + "".join(f"![第{n}张](http://a.cn/{n}.png)\n" for n in range(5))
    + "参考文献\n[1] 王某某. 茶馆研究[J].\n"
)


def test_counts_and_first_cases(tmp_path, run):
    (tmp_path / "茶馆.txt").write_text(TEXT, encoding="utf-8")
    code, shown, _ = run("explain-cleaning", tmp_path / "茶馆.txt")
    assert code == 0
    for line in ("invisible × 1", "citation_mark × 1", "html_shell × 1", "picture × 5", "reference × 1"):
        assert f"\n{line}: " in shown
    assert shown.count("![第") == 3
    assert "… 其余 2 处 more (--all)" in shown
    assert "\u200b" not in shown
    assert run("explain-cleaning", tmp_path / "茶馆.txt", "--all")[1].count("![第") == 5


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [("a.pdf", make_pdf([["公司卖茶。"]]), "pdf"), ("a.docx", make_docx(["公司卖茶。"]), "docx")],
)
def test_any_format(tmp_path, run, name, data, kind):
    (tmp_path / name).write_bytes(data)
    code, shown, _ = run("explain-cleaning", tmp_path / name)
    assert (code, kind in shown, "没有要清理的" in shown) == (0, True, True)


def test_what_cannot_be_read_says_why(tmp_path, run):
    (tmp_path / "坏.pdf").write_bytes(b"%PDF-1.4\nnothing")
    code, shown, _ = run("explain-cleaning", tmp_path / "坏.pdf")
    assert code == 3
    assert "CORRUPT" in shown
    assert len(shown.splitlines()) >= 2
    assert run("explain-cleaning", tmp_path / "没有.txt")[0] == 2
    assert run("explain-cleaning", tmp_path)[0] == 2


def test_the_ledger_counts_the_same(tmp_path, run):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "茶馆.txt").write_text(TEXT, encoding="utf-8")
    cells = []
    for command in (
        ["build", tmp_path / "raw", tmp_path / "out"],
        ["extract", tmp_path / "raw", tmp_path / "text"],
    ):
        assert run(*command)[0] == 0
        ledger = (command[2] / "ledger.csv").read_text(encoding="utf-8-sig")
        cells += [row["cleaning"] for row in csv.DictReader(io.StringIO(ledger))]
    file, made = clean_listing([Page(1, TEXT)])
    documents = [(d, segment(d, file)) for d in split(file, SourceFile("茶馆.txt", "00"))]
    assert set(cells) == {cell([*made, *seam_repairs(file)], documents)}
    assert "picture:5" in cells[0]


def test_every_use_names_a_known_rule():
    file, made = clean_listing([Page(1, TEXT)])
    found = [*made, *seam_repairs(file)]
    for document in split(file, SourceFile("茶馆.txt", "00")):
        assert isinstance(document, Document)
        found += passage_repairs(document, segment(document, file))
    assert {r.rule for r in found} <= set(rules())
