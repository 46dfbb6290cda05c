"""Named cleaning rules, and the way back to page and raw offset."""

from __future__ import annotations

import pytest

from pipeline.characters import repair
from pipeline.clean import clean, clean_listing
from pipeline.records import Page
from pipeline.repairs import Repair, count, rules, tally

WRAPPED = [
    "公司自成立以来一直专注于工业检测设备的研发设计生产和销售并围绕主营业务",
    "建立了供产销一体的业务体系其产品主要用于轨道交通电力和石化等行业的现场",
    "检测环节用户主要是上述行业的设备运营商和设备承包商因此公司主要通过投标",
    "获取订单。",
]


@pytest.mark.parametrize(
    ("raw", "repaired"),
    [
        ("⼩⽶⼿机", "小米手机"),
        ("⻋⻔⻢", "车门马"),
        ("合作\u0002伙伴\ufffe网络", "合作伙伴网络"),
        ("a\u0301", "á"),
        ("\ue004目标客户", "□目标客户"),
        ("塀\ufa10", "塀塚"),
        ("正\u200b常\u202e文", "正常文"),
        ("①小米", "①小米"),
    ],
)
def test_character_repair(raw, repaired):
    text, offsets = repair(raw)
    assert text == repaired
    assert len(offsets) == len(text)


def test_join_wrapped_lines():
    text = clean([Page(1, "\n".join([*WRAPPED, "2、生产模式", "以销定产。"]))]).text
    assert text.split("\n")[0] == "".join(WRAPPED)
    assert "2、生产模式\n以销定产。" in text


def test_lists_are_no_hard_wrapped_text():
    items = [
        "• 与企业客户签月结协议，专人跟单", "• 会员按积分升级，用券抵饮品钱", "• 投诉限时回电，结果用短信告知",
        "价值配置（关键业务）", "• 采茶炒茶、拼配、分装全程自管", "• 自动分拣场地，自己规划与运营",
        "• 门店与外卖骑手，每天排班调度", "• 为公司客户设计茶歇加配送方案", "• 全国茶园直采，每年春秋各一次",
        "• 直营门店训练有素，老师傅坐镇", "• 点单程序与会员数据，自己开发",
    ]  # fmt: skip
    assert clean([Page(1, "\n".join(items))]).text.rstrip("\n").split("\n") == items
    bare = [item.removeprefix("• ").replace("，", "") for item in items if item.startswith("•")] * 2
    assert clean([Page(1, "\n".join(bare))]).text.rstrip("\n").split("\n") == bare


@pytest.mark.parametrize(
    ("lines", "joined", "rule"),
    [
        (
            [*WRAPPED[:3], "（三）围绕工业检测设备的研发设计生产和销售所形成的经营管理体", "系", WRAPPED[0]],
            "（三）围绕工业检测设备的研发设计生产和销售所形成的经营管理体系",
            "join_heading",
        ),
        (
            ["门店很多。", "", "这家公司在市", "场中推出的茶很受欢迎,回头客多。", ""],
            "这家公司在市场中推出",
            "join_fragment",
        ),
        (["客户存款余额达到81,833.14", "亿元，较上年末增加。"], "81,833.14亿元", "join_number"),
    ],
)
def test_other_breaks(lines, joined, rule):
    file, repairs = clean_listing([Page(1, "\n".join(lines))])
    assert joined in file.text
    assert count(repairs)[rule] == 1


def test_a_numbered_heading_as_wide_as_the_page_is_not_joined_with_its_section():
    heading = "5、公司目前所采用的经营模式的影响因素与未来两三年之内可能的变化趋势"
    text = clean([Page(1, "\n".join([*WRAPPED[:3], heading, "公司" + WRAPPED[0][2:], *WRAPPED[1:]]))]).text
    assert f"{heading}\n公司" in text


def test_short_lines_of_a_slide_stay_apart():
    slide = "分销渠道\n高端配置\n网络直销\n价值主张\n出色的设计"
    assert clean([Page(1, slide)]).text.rstrip("\n") == slide


def test_a_doubled_title_is_not_half_a_sentence():
    title = "一家长期专注于工业检测设备研发设计生产销售与服务的公司的商业模式案例"
    text = clean(
        [Page(1, "\n".join([*WRAPPED, "", title, "", title, WRAPPED[0], WRAPPED[1], WRAPPED[2]]))]
    ).text
    assert f"\n{title}\n{WRAPPED[0]}" in text


@pytest.mark.parametrize(
    ("raw", "repaired"),
    [
        ("合作伙 伴网络", "合作伙伴网络"),  # completes the name of a block
        ("网络直销 降低成本", "网络直销 降低成本"),  # two cells of a slide
        (
            "手机的网络 订货量持续高涨，并引起了社会各界的高度 关注。",
            "手机的网络订货量持续高涨，并引起了社会各界的高度关注。",
        ),
        ("不动 产", "不动产"),  # a single character stands for no cell
        ("采用 NB-IoT 技术", "采用 NB-IoT 技术"),
    ],
)
def test_close_spaces(raw, repaired):
    assert clean([Page(1, raw)]).text.strip() == repaired


def test_furniture_moves_behind_the_sentence_it_interrupts():
    bodies = [(WRAPPED[0], WRAPPED[1]), (WRAPPED[2], WRAPPED[0][::-1]), (WRAPPED[1][::-1], WRAPPED[2][::-1])]
    pages = [Page(n, f"某公司招股说明书\n{a}\n{b}\n1-1-{n}") for n, (a, b) in enumerate(bodies, start=1)]
    file = clean(pages)
    furniture = [file.text[m.start : m.end] for m in file.marks if m.kind == "furniture"]
    assert sorted(furniture) == sorted(
        ["某公司招股说明书", "1-1-1", "某公司招股说明书", "1-1-2", "某公司招股说明书", "1-1-3"]
    )
    assert WRAPPED[1] + WRAPPED[2] in file.text  # joined over the page break
    assert "某公司招股说明书" in file.text  # moved, not dropped


def test_way_back_over_pages_and_repairs():
    raw = ["第一页的⼩米 手机卖得很好，而且用户很喜欢这家公司的论坛。\r\n2", "第二页说论坛。"]
    file = clean([Page(1, raw[0]), Page(2, raw[1])])
    for word, page in (("手机", 1), ("论坛。", 2), ("小米", 1)):
        number, offset = file.locate(file.text.rindex(word) if page == 2 else file.text.index(word))
        assert number == page
        assert repair(raw[page - 1][offset : offset + len(word)])[0] == word


def test_page_numbers_inside_one_text_file():
    lines = [
        f"第{'一二三四五六七八九'[n % 9] * (n // 9 + 1)}段：门店继续增加，会员也增加。" for n in range(24)
    ]
    for at, number in ((18, 9), (12, 8), (6, 7)):
        lines.insert(at, str(number))
    file = clean([Page(1, "\n".join(lines))])
    assert [file.text[m.start : m.end] for m in file.marks] == ["7", "8", "9"]
    assert not clean([Page(1, "1\n门店\n2\n会员\n3\n外卖")]).marks  # numbers of a list


def test_repairs_are_named_counted_and_shown():
    raw = "⼩米\u200b的\u3000门店\n" + "\n".join(WRAPPED)
    _, repairs = clean_listing([Page(1, raw)])
    counts = count(repairs)
    assert counts == {"radicals": 1, "wide_spaces": 1, "invisible": 1, "join_wrapped": 3}
    assert tally(counts) == "radicals:1;wide_spaces:1;invisible:1;join_wrapped:3"
    assert set(counts) <= set(rules())
    shown = next(r for r in repairs if r.rule == "radicals")
    assert (shown.page, shown.times) == (1, 1)
    assert shown.before.startswith("⟨U+2F29⟩米")
    assert shown.after.startswith("小米")
    assert isinstance(shown, Repair)


def test_drawn_lines_keep_their_columns():
    drawing = "│ 重要 伙伴，门店 与 茶园 │ 关键 业务 │\n│ 茶园 │ 炒茶 │"
    assert clean([Page(1, drawing)]).text.rstrip("\n") == drawing
