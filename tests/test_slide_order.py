"""Reading order of boxes, whatever their order in the file."""

from __future__ import annotations

import random

import pytest

from pipeline.extract.slide_order import read_order
from pipeline.extract.slide_page import block_codes
from pipeline.extract.slide_shapes import Box, Shape

LONG = "，内容写得比标签长得多，说明做法"


def box(text: str, left: int, top: int, width: int, height: int) -> Shape:
    return Shape(Box(left, top, left + width, top + height), lines=(text,) if text else (), frame=True)


CARDS = [box(f"题{c}", 50 + 300 * i, 100, 250, 40) for i, c in enumerate("甲乙丙")] + [
    box(f"文{c}{LONG}", 50 + 300 * i, 150, 250, 250) for i, c in enumerate("甲乙丙")
]
COLUMNS = [box(f"题{c}", 50 + 450 * i, 100, 400, 40) for i, c in enumerate("甲乙")] + [
    box(f"{c}{row}{LONG}", 50 + 450 * i, 150 + 100 * row, 400, 90)
    for row in range(3)
    for i, c in enumerate("甲乙")
]
GRID = [box(f"{row}{c}", 50 + 300 * c, 100 + 200 * row, 250, 150) for row in range(2) for c in range(3)]
STAGGERED = [box(f"左{n}", 50, 100 + 100 * n, 400, 80) for n in range(3)] + [
    box(f"右{n}", 550, 140 + 130 * n, 400, 90) for n in range(2)
]
LEVELLED = [box("甲", 0, 100, 200, 60), box("乙", 300, 108, 200, 60), box("丙", 600, 95, 200, 60)]
PANELS = [
    box("", 40, 90, 420, 400),
    box("", 540, 90, 420, 400),
    *(
        box(f"{c}{n}", 60 + 500 * i, 100 + 60 * n, 100 + 80 * n, 50)
        for n in range(4)
        for i, c in enumerate("左右")
    ),
]
MATRIX = [
    box(text, 50 + 200 * c, 100 + 60 * row, 180, 50)
    for row, cells in enumerate(("城市 门店 收入", "甲市 三十 五百", "乙市 四十 六百"))
    for c, text in enumerate(cells.split())
]


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (CARDS, "题甲 文甲 题乙 文乙 题丙 文丙"),
        ([*CARDS, box("脚注" + LONG, 50, 450, 900, 40)], "题甲 文甲 题乙 文乙 题丙 文丙 脚注"),
        (COLUMNS, "题甲 甲0 甲1 甲2 题乙 乙0 乙1 乙2"),
        (GRID, "00 01 02 10 11 12"),
        (STAGGERED, "左0 左1 左2 右0 右1"),
        (LEVELLED, "甲 乙 丙"),
        (PANELS, "左0 左1 左2 左3 右0 右1 右2 右3"),
        (MATRIX, "城市 门店 收入 甲市 三十 五百 乙市 四十 六百"),
    ],
    ids=["cards", "cards and a line", "headed columns", "grid", "staggered", "levelled", "panels", "matrix"],
)
def test_order(boxes, expected):
    for seed in range(4):
        shuffled = boxes[:]
        random.Random(seed).shuffle(shuffled)
        found = [s.lines[0].removesuffix(LONG) for s in read_order(shuffled, height=600, width=1000)]
        assert found == expected.split()


def test_a_grid_drawn_column_by_column_is_read_so():
    drawn = [box(f"{c}{row}", 50 + 450 * c, 100 + 100 * row, 400, 80) for c in range(2) for row in range(3)]
    assert [s.lines[0] for s in read_order(drawn, height=600, width=1000)] == [
        "00",
        "01",
        "02",
        "10",
        "11",
        "12",
    ]


def test_nothing_is_lost_among_many_boxes():
    chance = random.Random(7)
    for count in (3, 40, 190, 600):
        boxes = [
            box(
                f"{n}",
                chance.randrange(900),
                chance.randrange(500),
                chance.randrange(200),
                chance.randrange(200),
            )
            for n in range(count)
        ]
        found = [s.lines[0] for s in read_order(boxes, height=600, width=1000)]
        assert sorted(found) == sorted(str(n) for n in range(count))


def test_shapes_without_a_place_stay_behind_the_one_before():
    shapes = [box("下", 0, 300, 100, 50), Shape(lines=("跟着下",)), box("上", 0, 0, 100, 50)]
    assert [s.lines[0] for s in read_order(shapes, height=600, width=1000)] == ["上", "下", "跟着下"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("客户细分", ("CS",)),
        ("① 客户 细分（Customer Segments）", ("CS",)),
        ("KP 重要伙伴：", ("KP",)),
        ("Key Partners", ("KP",)),
        ("成本 30%", ()),
        ("渠道：门店", ()),
        ("客户细分的方法", ()),
        ("", ()),
    ],
)
def test_labels_that_name_a_block(text, codes):
    assert block_codes(text) == codes
