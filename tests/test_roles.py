"""Which passages can carry a tag: contents, references, authors, site boilerplate, theory."""

from __future__ import annotations

import pytest

from pipeline.clean import clean
from pipeline.records import Page, SourceFile
from pipeline.repairs import rules
from pipeline.roles import _patterns
from pipeline.segment import annotate, segment
from pipeline.split import split

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
    ("<|TABLE_0143_0001.xlsx|>", "boilerplate"),
    ("![门店](http://a.cn/1.png)", "boilerplate"),
    ("https://a.cn/b?c=1", "boilerplate"),
    ("::: details 点开看", "boilerplate"),
    ("↓", "boilerplate"),
    ("图3-1 某茶馆的商业模式", "boilerplate"),
    ("表2：各门店收入", "boilerplate"),
    ("法律资料模板包括三个部分，适用于天使投资。", "body"),
    ("生意经_第1页", "boilerplate"),
    ("【年(卷),期】2024(14)3", "reference"),
    ("王某某. 茶馆研究[J]. 某某学报, 2020.", "reference"),
    ("李某,《茶馆生意》,某某出版社,2018年", "reference"),
    ("Smith, J. A study of tea (2019)", "reference"),
    ("来源：某某网", "reference"),
    ("【作者】张三;李四", "author"),
    ("某某大学工商管理学院 2012级", "author"),
    ("2012030405 王小五", "author"),
    ("2013年12月", "author"),
    ("毕业于某某大学工商管理专业；", "body"),
    ("### 写作思路", "definition"),
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


NAMES = ["客户", "产品", "渠道", "利润"]


def roles(texts):
    return [(c.role, c.rule) for c in annotate(texts)]


def test_every_rule_is_described_once():
    names = [name for name, _, _ in _patterns()]
    assert len(names) == len(set(names))
    assert set(names) <= set(rules())
    assert all(rule.zh and rule.en for rule in rules().values())


def test_names_of_chapters_are_a_contents_list():
    chapters = ["茶馆的缘起", "茶馆的生意经", "茶馆的明天"]
    text = [*chapters]
    for n, name in enumerate(chapters):
        text += [name, f"第{n}段说的是茶馆怎样一步步做到今天，又遇到哪些难处，老板娘怎么想。"]
    found = roles(["某茶馆案例", *text])
    assert found[1:4] == [("contents", "contents_chapters")] * 3
    assert [found[i][0] for i in (4, 6, 8)] == ["heading"] * 3


def test_a_contents_list_with_numbers_but_no_pages():
    found = roles(
        ["目录", "01 一、茶馆生意的经营方式与做法", "02 二、茶馆生意变化的原因", "公司开在学校旁边。"]
    )
    assert [role for role, _ in found] == ["contents", "contents", "contents", "body"]


def test_a_reference_list_reaches_to_the_appendix():
    found = roles(
        [
            "公司开在学校旁边。",
            "参考文献",
            "1. 王某某，茶馆研究",
            "赵某《茶经新解》",
            "附录",
            "门店名录见上。",
        ]
    )
    assert [role for role, _ in found] == ["body", "reference", "reference", "reference", "body", "body"]
    assert found[3] == ("reference", "reference_list")


@pytest.mark.parametrize(
    "names", ["张三 李四 王小五", "16张三 12李四 20王小五", "张三、李四、王小五", "2012030405 张三"]
)
def test_names_after_a_line_that_asks_for_them(names):
    assert roles(["公司开在学校旁边。", "组员:", names])[2][0] == "author"


def test_short_words_are_no_names():
    assert roles(["公司开在学校旁边。", "门店 外卖 会员"])[1][0] == "body"


def test_front_matter_and_what_it_names():
    text = "---\ntitle: 一家茶馆的十年\npeople:\n  - lao-wang\n---\n茶馆开在学校旁边。"
    file = clean([Page(1, text)])
    (document,) = split(file, SourceFile("a.md", "00"))
    found = segment(document, file)
    assert document.title == "一家茶馆的十年"
    assert [p.role for p in found] == ["boilerplate"] * 5 + ["body"]
    assert found[-1].heading_path == ()


def test_instructions_end_at_the_example():
    texts = [
        "## 盈利模式",
        "### 写作思路",
        "- 说明主要的客户",
        "- 说明收入从哪里来",
        "以某茶馆为例，是这样写的：",
        "茶馆收取茶钱。",
    ]
    assert [role for role, _ in roles(texts)] == [
        "heading",
        "definition",
        "definition",
        "definition",
        "body",
        "body",
    ]


def test_a_page_printed_twice_counts_once():
    page = "公司按会员人数收取年费，也卖杯子。\n1、采购模式\n茶叶由三家茶园直接供应，每周送一次货。\n每月与茶园对一次账。\n"
    file = clean([Page(1, page + page + "2、销售模式\n门店卖茶。", flows=True)])
    (document,) = split(file, SourceFile("a.txt", "00"))
    found = segment(document, file)
    assert [p.rule for p in found] == [""] * 4 + ["repeated", "", "repeated", "repeated", "", ""]
    ready = [p.text for p in found]
    assert {c.rule for c in annotate(ready)} == {""}  # ready passages are each asked for
