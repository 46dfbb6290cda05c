"""Passages, headings and roles."""

from __future__ import annotations

import pytest

from pipeline.clean import clean
from pipeline.headings import heading_level, is_bare
from pipeline.records import Mark, Page, SourceFile
from pipeline.segment import annotate, segment
from pipeline.sentences import cut
from pipeline.split import split


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
        ("门店很多。[3]会员更多。[4][5]", ["门店很多。", "会员更多。"]),
        ("<p>&emsp;门店卖茶<br/>网店卖杯</p>", ["门店卖茶", "网店卖杯"]),
        ("> 收取加盟费。", ["收取加盟费。"]),
        ("毛利> 成本，收入 <5 亿", ["毛利> 成本，收入 <5 亿"]),
        ("见![图](http://a.cn/b;c?d=1)下文。", ["见", "![图](http://a.cn/b;c?d=1)", "下文。"]),
        ("网址 https://a.cn/?x=1;y=2 可查。", ["网址 https://a.cn/?x=1;y=2 可查。"]),
        ("三、发行概况<|TABLE_01_02.xlsx|>", ["三、发行概况", "<|TABLE_01_02.xlsx|>"]),
        ("偏低（健康值为 3:1），仍在投入", ["偏低（健康值为 3:1），仍在投入"]),
        (
            "旗下有欧罗·巴茶、西西·里茶两个品牌，面向年轻人和上班族",
            ["旗下有欧罗·巴茶、西西·里茶两个品牌，面向年轻人和上班族"],
        ),
        ("·门店二十家·会员一百万", ["·门店二十家", "·会员一百万"]),
        ("建立了小区群PPT模板:www.a.cn/x", ["建立了小区群", "PPT模板:www.a.cn/x"]),
        ("【作者】张三;李四", ["【作者】张三;李四"]),
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
        ("价值配置（关键业务）", "", True),
        ("我们做什么（关键业务）", "", True),
        ("主要财务数据如下：", "营业收入一亿元。", False),
        ("这种做法降低了产品的", "成本，也提升了用户的体验，门店因此多了许多回头客，口碑越来越好。", False),
        ("一家茶馆", "还卖杯子和点心，顾客可以坐下来慢慢喝，也可以带走，价钱都不贵。", False),
        (
            "2、茶叶、茶杯和点心等其他货品的发行与销售业务模式",
            "公司通过门店和网店向顾客销售上述货品，价格统一。",
            True,
        ),
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


def test_a_block_name_at_the_top_is_a_heading_not_a_title():
    name, bullet = annotate(["渠道通路", "在县城开了门店"])
    assert (name.role, bullet.heading_path) == ("heading", ("渠道通路",))


def test_endless_passages_are_cut():
    text = "门店很多，" * 1000
    pieces = cut(text)
    assert max(p.end - p.start for p in pieces) <= 2000
    assert "".join(text[p.start : p.end] for p in pieces) == text


def passages(text: str, *, marks: tuple[Mark, ...] = (), flows: bool = False):
    file = clean([Page(1, text, marks, flows)])
    return [p for d in split(file, SourceFile("a.txt", "00")) for p in segment(d, file)]


BOXES = """某茶馆的画布
┌──────────┬──────────┬──────────┐
│ 重要伙伴 │ 关键业务 │ 价值主张 │
│ 茶园     │ 研发新品 │ 好喝不贵 │
│ 加盟商   ├──────────┤          │
│          │ 核心资源 │ 不用排队 │
│ 冷链公司 │ 配方     │          │
├──────────┴─────┬────┴──────────┤
│ 成本结构       │ 收入来源      │
│ 房租           │ 饮品          │
└────────────────┴───────────────┘
门店开在学校旁边。"""

ASCII = """+----------+----------+
| 渠道通路 | 客户细分 |
| 门店     | 学生     |
| 外卖     |          |
+----------+----------+"""


def test_a_drawn_canvas_is_read_box_by_box():
    found = {p.text: p.heading_path for p in passages(BOXES)}
    expected = {
        "茶园": "重要伙伴", "加盟商": "重要伙伴", "冷链公司": "重要伙伴", "研发新品": "关键业务", "配方": "核心资源",
        "好喝不贵": "价值主张", "不用排队": "价值主张", "房租": "成本结构", "饮品": "收入来源",
    }  # fmt: skip
    assert {text: path for text, path in found.items() if text in expected} == {
        text: (name,) for text, name in expected.items()
    }
    assert found["门店开在学校旁边。"] == ()
    assert not any(char in "".join(found) for char in "│─┌")
    boxed = {p.text: p.heading_path for p in passages(ASCII)}
    assert (boxed["外卖"], boxed["学生"]) == (("渠道通路",), ("客户细分",))


def test_a_markdown_table_is_no_drawing():
    rows = passages("| 模块 | 内容 |\n| --- | --- |\n| 渠道通路 | 门店 |\n| 客户细分 | 学生 |")
    assert [p.role for p in rows] == ["table", "boilerplate", "table", "table"]


def test_scrambled_text_carries_no_tag():
    text = "公司通过门店卖茶。\n渠门道店通卖路茶\n会员可以积分。"
    found = passages(text, marks=(Mark(text.index("渠"), text.index("会") - 1, "scrambled"),))
    assert [(p.role, p.rule) for p in found] == [("body", ""), ("boilerplate", "scrambled"), ("body", "")]


def test_a_title_glued_to_the_first_sentence_is_cut_off():
    title = "从一片茶叶看门店生意的变化"
    found = passages(f"{title}\n\n{title}\n{title}某茶馆开在学校旁边。\n{title}说明生意变了。")
    assert [p.text for p in found] == [title, title, title, "某茶馆开在学校旁边。", f"{title}说明生意变了。"]


def test_a_line_between_two_lists_closes_the_block_above():
    found = passages("收入来源\n• 饮品\n• 杯子\n小结与展望\n• 还要开店")
    assert found[-1].heading_path == ("小结与展望",)


def test_the_name_of_a_block_heads_its_line_of_a_slide():
    found = passages("收入来源 饮品销售与加盟费\n客户细分 学生和上班族")
    assert [(p.text, p.role, p.heading_path) for p in found if p.role == "body"] == [
        ("饮品销售与加盟费", "body", ("收入来源",)),
        ("学生和上班族", "body", ("客户细分",)),
    ]


def test_a_sentence_cut_from_its_line_is_no_heading():
    found = passages(
        "茶馆不大。你注意到没有?\n到了晚上，学生都坐在那里写作业，老板娘也不赶他们走，茶水还可以续。"
    )
    assert {p.role for p in found} == {"body"}


def test_page_furniture_hides_no_heading():
    text = ""
    for number, name in ((48, "会员业务"), (49, "外卖业务"), (50, "茶具业务")):
        text += "".join(
            f"报告期内，{name}的第{n}项指标继续上升，成本有所下降，门店也增加了。\n" for n in "一二三四五"
        )
        text += f"{number}\n{name}\n"
    found = passages(text + "报告期内，门店继续增加，会员也继续增加，收入有所上升。")
    assert [p.role for p in found if p.text.endswith("业务")] == ["heading"] * 3
    assert [p.role for p in found if p.text == "49"] == ["boilerplate"]
