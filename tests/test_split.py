"""Seams of compilations."""

from __future__ import annotations

import pytest

from pipeline.clean import clean
from pipeline.duplicates import duplicate_of
from pipeline.records import Page, SourceFile
from pipeline.split import seams, split

BODY = "这家公司通过门店销售咖啡，也通过网上商城销售。它的用户主要是年轻人。\n\n它的收入来自饮品和周边。"


def titles(text: str) -> list[str]:
    return [d.title for d in split(clean([Page(1, text)]), SourceFile("合集.txt", "00"))]


def test_doubled_titles_open_documents_and_the_site_heading_belongs_to_the_first():
    text = "某站点文档\n\n合集下载\n\n"
    for title in ("某咖啡公司案例分析", "另一家公司的营销策略", "第三篇 平台公司研究"):
        text += f"{title}\n\n{title}\n\n{BODY}\n\n"
    assert titles(text) == ["某咖啡公司案例分析", "另一家公司的营销策略", "第三篇 平台公司研究"]


def test_file_names_open_documents():
    text = f"(方案)甲公司案例.doc\n\n(方案)甲公司案例.doc\n\n{BODY}\n\n乙公司案例.pptx\n\n{BODY}"
    assert titles(text) == ["(方案)甲公司案例.doc", "乙公司案例.pptx"]


@pytest.mark.parametrize(
    "doubled",
    [
        "收入来源\n\n收入来源",
        "7\n\n关键业务与流程\n\n关键业务与流程",
        "重要伙伴\n重要伙伴",
        "公司很好。\n\n公司很好。",
        "12\n\n12",
    ],
)
def test_slides_double_their_titles_too(doubled):
    assert len(titles(f"甲公司商业模式画布\n\n甲公司商业模式画布\n\n{BODY}\n\n{doubled}\n\n{BODY}")) == 1


def test_ordinal_cases():
    long = BODY * 6
    assert (
        titles(f"案例一：甲公司\n{long}\n案例二：乙公司\n{long}\n案例三：丙公司\n{long}")[1]
        == "案例二：乙公司"
    )
    assert len(titles(f"目录\n案例一：甲公司\n案例二：乙公司\n{long}")) == 1


def test_near_duplicates_keep_the_first():
    body = "".join(f"第{n}年公司新开了{n * 7}家门店，并调整了第{n * 3}种饮品的价格。" for n in range(1, 30))
    other = "银行依靠网点和客户经理为中小企业提供贷款，利息是主要收入。" * 5
    file = clean(
        [
            Page(
                1,
                f"甲公司案例分析\n\n甲公司案例分析\n\n{body}\n\n乙公司案例.doc\n\n乙公司案例.doc\n\n{body}\n\n丙银行研究\n\n丙银行研究\n\n{other}",
            )
        ]
    )
    documents = split(file, SourceFile("a.txt", "00"))
    assert len(documents) == 3
    assert duplicate_of(documents) == {documents[1].doc_id: documents[0].doc_id}


def test_a_running_head_is_no_title():
    pages = [
        Page(n, f"教学案例汇编\n绿叶公司的商业模式\n{BODY}第{n}页的话。\n{n}")
        if n == 1
        else Page(n, f"教学案例汇编\n{BODY}第{n * 7}页的话不同。\n{n}")
        for n in (1, 2, 3)
    ]
    (document,) = split(clean(pages), SourceFile("a.pdf", "00"))
    assert document.title == "绿叶公司的商业模式"


def test_seams_name_their_rule_and_place():
    text = f"甲公司案例分析\n\n甲公司案例分析\n\n{BODY}\n\n乙公司案例.doc\n\n{BODY}"
    found = seams(clean([Page(1, text)]))
    assert [(s.title, s.rule) for s in found] == [
        ("甲公司案例分析", "title_doubled"),
        ("乙公司案例.doc", "title_file_name"),
    ]
    assert [text[s.start :].startswith(s.title) for s in found] == [True, True]
    assert seams(clean([Page(1, BODY)])) == ()
