"""Passages, headings and roles."""

from __future__ import annotations

import pytest

from pipeline.headings import heading_level, is_bare
from pipeline.segment import annotate, cut


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("硬件便宜;软件免费。用户多！", ["硬件便宜;", "软件免费。", "用户多！"]),
        ("他说：“买手机。”然后走了。", ["他说：“买手机。”", "然后走了。"]),
        (
            "具体来说:1、软件:每周更新。2、硬件:价格低。",
            ["具体来说:", "1、软件:每周更新。", "2、硬件:价格低。"],
        ),
        ("公司有两项业务一、卖咖啡二、卖茶", ["公司有两项业务", "一、卖咖啡", "二、卖茶"]),
        ("进入一、二线城市，价格为2.5元", ["进入一、二线城市，价格为2.5元"]),
        ("统一、规范的管理", ["统一、规范的管理"]),
        ("(一)渠道门店。(二)价格低价。", ["(一)渠道门店。", "(二)价格低价。"]),
        ("| **渠道** | 门店；网店 |", ["| **渠道** | 门店；网店 |"]),
        ("A&amp;B 公司。", ["A&amp;B 公司。"]),
    ],
)
def test_cut(text, parts):
    assert [text[p.start : p.end] for p in cut(text)] == parts


@pytest.mark.parametrize(
    ("line", "after", "is_heading"),
    [
        ("一、公司概况", "", True),
        ("（二）销售模式", "", True),
        ("3、盈利模式", "公司的收入来自广告。", True),
        ("## 收入結構", "", True),
        ("**定價模式：**", "- 月費", True),
        ("渠道通路", "", True),
        ("价值主张（Value Propositions）", "", True),
        ("公司简介", "公司成立以来一直专注于咖啡的研发、生产和销售，并在多个城市开设门店。", True),
        ("1、公司主要向年轻人销售咖啡，也卖茶", "", False),
        ("公司拥有专利。", "", False),
        ("- 线下门店", "", False),
        ("线下门店", "网上商城", False),
    ],
)
def test_heading(line, after, is_heading):
    assert bool(heading_level(line, "", after)) == is_heading


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("三、渠道通路", True),
        ("客戶關係：", True),
        ("12", True),
        ("线下门店下沉三四线", False),
        ("2、采购模式", True),
    ],
)
def test_bare(line, bare):
    assert is_bare(line) == bare


def test_heading_path_nests_and_closes():
    texts = [
        "一、商业模式",
        "（一）销售模式",
        "公司通过经销商销售。",
        "（二）盈利模式",
        "收入来自产品。",
        "二、展望",
        "前景很好。",
    ]
    paths = [c.heading_path for c in annotate(texts)]
    assert paths[2] == ("商业模式", "销售模式")
    assert paths[4] == ("商业模式", "盈利模式")
    assert paths[6] == ("展望",)


def test_items_of_a_list_are_no_headings_and_keep_the_slide_title():
    texts = ["重要伙伴", "1.代工厂生产手机", "2.快递公司负责配送", "3.软件公司开发应用"]
    contexts = annotate(texts)
    assert [c.role for c in contexts] == ["heading", "body", "body", "body"]
    assert all(c.heading_path == ("重要伙伴",) for c in contexts[1:])


ROLES = [
    ("合集下载", "boilerplate"),
    ("下载文档前请自行甄别文档内容的完整性", "boilerplate"),
    ("For personal use only in study and research;", "boilerplate"),
    ("指导老师:张三 小组成员:李四、王五", "author"),
    ("[3] 王某. 商业模式研究[J]. 管理学报, 2015.", "reference"),
    ("客户细分这个构造块用来回答公司为谁创造价值", "definition"),
    ("渠道通路是指公司如何接触客户", "definition"),
    ("公司通过直营门店销售咖啡。", "body"),
    ("门店\t网上商城", "table"),
]


@pytest.mark.parametrize(("text", "role"), ROLES)
def test_role_of_one_passage(text, role):
    assert annotate(["公司简介与业务说明如下。", text])[1].role == role


def test_contents_list_carries_no_tag_but_the_numbered_bullets_do():
    contents = ["目录", "一、公司简介 (3)", "（一）核心业务 (3)", "二、外部环境 (4)", "三、渠道通路……7"]
    assert {c.role for c in annotate([*contents, "公司通过门店销售。"])[:5]} == {"contents"}
    bullets = ["（1）按月收取会员费。", "（2）收取广告费。", "（3）按单报价，按量打折。"]
    assert {c.role for c in annotate(bullets)} == {"body"}


def test_theory_is_no_case():
    theory = [
        "商业模式画布由九个构造块组成。",
        "客户细分模块回答为谁创造价值这个问题。",
        "价值主张模块说明为客户解决了什么难题。",
        "渠道通路模块包括沟通、分销和销售渠道。",
        "客户关系模块说明企业与客户建立怎样的关系。",
        "收入来源模块来自成功提供给客户的价值主张。",
        "填写成本结构模块时要先列出最贵的资源。",
    ]
    assert {c.role for c in annotate(theory)} == {"definition"}
    case = [t.replace("模块", "方面，星巴克") for t in theory]
    assert "body" in {c.role for c in annotate(case)}


def test_a_block_name_at_the_top_is_a_heading_not_a_title():
    name, bullet = annotate(["渠道通路", "在县城开了门店"])
    assert (name.role, bullet.heading_path) == ("heading", ("渠道通路",))


def test_endless_passages_are_cut():
    text = "门店很多，" * 1000
    pieces = cut(text)
    assert max(p.end - p.start for p in pieces) <= 2000
    assert "".join(text[p.start : p.end] for p in pieces) == text
