"""Which years or stage a passage speaks of."""

from __future__ import annotations

import pytest

from pipeline.period import UNKNOWN, Period, in_heading, in_text, periods_of
from pipeline.records import Passage


def labels(found) -> list[str]:
    return [period.label for period in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2013年，公司开设第一家门店。", ["2013年"]),
        ("2010-2012年公司亏损", ["2010-2012年"]),
        ("2010年至2012年公司亏损", ["2010-2012年"]),
        ("2010～12年间", ["2010-2012年"]),
        ("二〇一三年上线", ["2013年"]),
        ("２０１３年上线", ["2013年"]),
        ("从09年起直销", ["2009年"]),
        ("2010年成立，2013年上线", ["2010年", "2013年"]),
        ("2010年成立，2013年上线，2015年盈利", ["2010-2015年"]),
        ("2012-2010年", ["2010年"]),
        ("售价1999元，第2013号门店", []),
        ("20年的历史", []),
        ("1990年代", []),
        ("2008年版", []),
        ("上市後轉向企業客戶", ["上市后"]),
        ("在公司成长期，靠口碑获客", ["成长期"]),
        ("2013年是公司的成长期", ["2013年"]),
        ("处在产品成长期的型号", []),
        ("行业的成熟期", []),
        ("企业一般有初创期、成长期、成熟期三个阶段", []),
        ("发展期的商业模式", []),  # dates as a heading only
        ("", []),
    ],
)
def test_text(text, found):
    assert labels(in_text(text)) == found


@pytest.mark.parametrize(
    ("heading", "period"),
    [
        ("（一）起飞期（2011-2013年）", Period(2011, 2013, 30, "起飞期")),
        ("发展期的商业模式", Period(UNKNOWN, UNKNOWN, 40, "成长期")),
        ("2013：第一家店", Period(2013, 2013, 0, "2013年")),
        ("第二阶段", Period(UNKNOWN, UNKNOWN, 92, "第二阶段")),
    ],
)
def test_heading(heading, period):
    assert in_heading(heading) == (period,)


def test_heading_without_a_date():
    assert in_heading("渠道通路") == in_heading("5.2013 万元") == ()


def passages(*rows: tuple[str, tuple[str, ...]], gap: int = 0) -> list[Passage]:
    """Passages that follow one another, `gap` characters between them (0: one paragraph)."""
    made, at = [], 0
    for number, (text, path) in enumerate(rows):
        made.append(Passage(f"d-{number}", "d", at, at + len(text), text, "body", path))
        at += len(text) + gap
    return made


def test_own_date_then_heading_then_the_sentence_before():
    rows = passages(
        ("2013年，公司开设门店。", ("起飞期",)),
        ("门店由经销商经营。", ("起飞期",)),
        ("2014年，公司转向直销。", ("渠道",)),
        ("同年开通官网。", ("渠道",)),
        ("次年关闭门店。", ("渠道",)),
        ("官网收取年费。", ("渠道",)),
        ("客户是学生。", ("客户",)),
    )
    found = [labels(p) for p in periods_of(rows)]
    assert found == [["2013年"], ["起飞期"], ["2014年"], ["2014年"], ["2015年"], ["2015年"], []]


def test_the_sentence_before_speaks_for_its_paragraph_only():
    text = (("2014年，公司转向直销。", ()), ("官网收取年费。", ()))
    assert labels(periods_of(passages(*text, gap=1))[1]) == []
    lists = (("2014年，公司的渠道：", ()), ("- 官网", ()), ("- 门店", ()))
    assert [labels(p) for p in periods_of(passages(*lists, gap=1))[1:]] == [["2014年"], ["2014年"]]


def test_a_sentence_speaks_for_a_few_more():
    rows = passages(("2014年，公司转向直销。", ()), *[("官网收取年费。", ())] * 5)
    assert [len(p) for p in periods_of(rows)] == [1, 1, 1, 1, 0, 0]


def test_a_sentence_that_only_mentions_a_year_dates_itself():
    rows = passages(("创始人生于1969年。", ()), ("官网收取年费。", ()))
    assert [labels(p) for p in periods_of(rows)] == [["1969年"], []]


def test_the_title_dates_nothing():
    rows = passages(("官网收取年费。", ("2013年案例", "渠道")))
    assert periods_of(rows, "2013年案例") == [()]
    assert labels(periods_of(rows)[0]) == ["2013年"]


def test_periods_sort_in_time_order():
    found = [
        *in_text("上市后"),
        *in_text("2013年"),
        *in_text("2010-2012年"),
        *in_text("初创期"),
        *in_text("2010年"),
    ]
    assert labels(sorted(found)) == ["2010年", "2010-2012年", "2013年", "初创期", "上市后"]
