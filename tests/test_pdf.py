"""PDF: reading order, tables, forms, and the way back to PDFium's characters."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from conftest import FIRST, SAMPLES, SECOND, make_pdf
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdfium2 import raw as pdfium
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.clean import clean
from pipeline.extract import pdf, pdf_fonts, pdf_layout, pdf_second
from pipeline.extract.errors import Unreadable
from pipeline.records import Page

LEFT = [
    "公司在大学城开出一百家门店，",
    "学生下课以后顺路就能买到，",
    "店长每周统计一次热门的口味",
    "并且把结果报给总部的研发组，",
    "新品因此两个月就能上一次。",
]
RIGHT = [
    "茶叶由福建的合作社长期供应，",
    "牛奶从本地两家牧场按天配送，",
    "门店的设备向银行分期租用，",
    "员工的工资和房租占去成本的",
    "一半以上，其余用在推广上。",
]
COLUMNS = LEFT + RIGHT


def drawn(paint, *, size=(595, 842), turn=0):
    """A page on which `paint` draws with 11 point Song type."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1)
    canvas.setFont("STSong-Light", 11)
    paint(canvas)
    if turn:
        canvas.setPageRotation(turn)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def first_page(data: bytes) -> Page:
    return pdf.read(data).pages[0]


def lines(data: bytes) -> list[str]:
    return [line.strip() for line in first_page(data).text.splitlines() if line.strip()]


def line_by_line(canvas):
    for row, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        canvas.drawString(60, 700 - 18 * row, left)
        canvas.drawString(320, 700 - 18 * row, right)


def with_title_and_number(canvas):
    canvas.drawString(150, 760, "一家奶茶店怎样在大学城里站稳脚跟并且开到一百家的故事")
    line_by_line(canvas)
    canvas.drawString(290, 40, "- 3 -")


def letter_by_letter(canvas):
    for row, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        for at in range(14):
            canvas.drawString(60 + 11 * at, 700 - 18 * row, left[at : at + 1])
            canvas.drawString(320 + 11 * at, 698 - 18 * row, right[at : at + 1])


def turned(canvas):
    canvas.translate(595, 0)
    canvas.rotate(90)
    for row, line in enumerate(LEFT):
        canvas.drawString(60, 500 - 18 * row, line)


def downward(canvas):
    for column, line in enumerate(LEFT):
        for at, char in enumerate(line):
            canvas.drawString(500 - 24 * column, 780 - 12 * at, char)


def downward_row_by_row(canvas):
    for at in range(14):
        for column, line in enumerate(LEFT):
            canvas.drawString(500 - 24 * column, 780 - 12 * at, line[at : at + 1])


def number_first(canvas):
    canvas.drawString(290, 40, "- 7 -")
    for row, line in enumerate(LEFT):
        canvas.drawString(60, 700 - 18 * row, line)
    canvas.drawString(60, 790, "大学城奶茶店案例")


def drawn_twice(canvas):
    for shift in (0, 0.4):
        for at, char in enumerate(LEFT[0]):
            canvas.drawString(60 + 11 * at + shift, 700, char)


def shadow(canvas):
    canvas.drawString(60, 700, LEFT[0])
    canvas.drawString(61.5, 698.5, LEFT[0])


def spaced(canvas):
    for at, char in enumerate(LEFT[0]):
        canvas.drawString(60 + 13.5 * at, 700, char)
    canvas.drawString(60, 680, "第一章")
    canvas.drawString(120, 680, "渠道")
    canvas.drawString(60, 660, "第一节 门店")


def formula(canvas):
    canvas.setFont("Helvetica", 12)
    canvas.drawString(60, 700, "y = a")
    canvas.drawString(95, 700, "+ b")
    canvas.setFont("Helvetica", 7)
    canvas.drawString(87, 697, "0")
    canvas.drawString(112.5, 697, "1")


def form(canvas):
    canvas.drawString(60, 700, "公司名称")
    canvas.drawString(60, 660, "主要渠道")
    canvas.drawString(60, 620, LEFT[0])
    fields = canvas.acroForm
    fields.textfield(name="b", value="WeChat", x=140, y=653, width=200, height=20, fontName="Helvetica")
    fields.textfield(name="a", value="Tea Shop", x=140, y=693, width=200, height=20, fontName="Helvetica")


def deck(canvas):
    for name, x, y in (("客户细分", 50, 300), ("价值主张", 300, 300), ("成本结构", 550, 300)):
        canvas.drawString(x, y, name)
        canvas.drawString(x, y - 18, f"{name}的第一点")
        canvas.drawString(x, y - 36, f"{name}的第二点")
    canvas.setFont("STSong-Light", 28)
    canvas.drawString(250, 480, "奶茶店的商业模式")


def cells_in_rows(canvas):
    for row in range(6):
        for column, cell in enumerate(("门店", "一百家", "两千人")):
            canvas.drawString(60 + 150 * column, 700 - 18 * row, f"{cell}{row}")


ORDERS = {
    "columns drawn line by line": (drawn(line_by_line), COLUMNS, True),
    "columns on a turned page": (drawn(line_by_line, turn=90), COLUMNS, True),
    "columns below a title": (
        drawn(with_title_and_number),
        ["一家奶茶店怎样在大学城里站稳脚跟并且开到一百家的故事", *COLUMNS, "- 3 -"],
        True,
    ),
    "columns drawn letter by letter": (drawn(letter_by_letter), COLUMNS, True),
    "columns drawn one by one": (make_pdf([COLUMNS]), COLUMNS, False),
    "turned text": (drawn(turned), LEFT, False),
    "turned text on a turned page": (drawn(turned, turn=90), LEFT, False),
    "vertical text": (drawn(downward), LEFT, False),
    "vertical text drawn row by row": (drawn(downward_row_by_row), LEFT, True),
    "page number drawn first": (drawn(number_first), ["大学城奶茶店案例", *LEFT, "- 7 -"], False),
    "bold by drawing twice": (drawn(drawn_twice), LEFT[:1], False),
    "shadow": (drawn(shadow), LEFT[:1], False),
    "letter spacing": (drawn(spaced), [LEFT[0], "第一章 渠道", "第一节 门店"], False),
    "indices of a formula": (drawn(formula), ["y = a0 + b1"], False),
    "form": (drawn(form), ["公司名称 Tea Shop", "主要渠道 WeChat", LEFT[0]], True),
    "slide": (
        drawn(deck, size=(800, 540)),
        ["奶茶店的商业模式"]
        + [f"{n}{p}" for n in ("客户细分", "价值主张", "成本结构") for p in ("", "的第一点", "的第二点")],
        False,
    ),
    "cells without rulings": (
        drawn(cells_in_rows),
        [f"门店{row} 一百家{row} 两千人{row}" for row in range(6)],
        False,
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_lines_in_the_order_they_are_read(name):
    data, expected, repaired = ORDERS[name]
    assert lines(data) == expected
    assert ("REPAIRED" in pdf.read(data).warnings) == repaired


def ruled(canvas, columns, rows):
    for y in rows:
        canvas.line(columns[0], y, columns[-1], y)
    for x in columns:
        canvas.line(x, rows[-1], x, rows[0])


def wrapped(canvas):
    canvas.drawString(60, 760, LEFT[0])
    ruled(canvas, (60, 160, 400), (700, 660, 640, 620))
    canvas.drawString(65, 685, "项目")
    canvas.drawString(165, 685, "一格里面写了很长的一段内容所以只好换")
    canvas.drawString(165, 670, "到下一行")
    canvas.drawString(65, 645, "渠道")
    canvas.drawString(165, 645, "门店")
    canvas.drawString(165, 625, "小程序")
    canvas.drawString(60, 560, LEFT[1])


def rows_in_one_cell(canvas):
    ruled(canvas, (60, 160, 300, 400), (700, 680, 610))
    for row, cells in enumerate(
        (("年", "店", "人"), ("一", "10", "80"), ("二", "30", "250"), ("三", "99", "900"))
    ):
        for x, cell in zip((65, 165, 305), cells, strict=True):
            canvas.drawString(x, 685 - 20 * row, cell)


def boxes_drawn_as_rectangles(canvas):
    for row in range(3):
        for column in range(2):
            canvas.rect(60 + 100 * column, 680 - 20 * row, 100, 20)
            canvas.drawString(65 + 100 * column, 685 - 20 * row, f"第{row}行{column}")


def frame(canvas):
    canvas.rect(50, 500, 400, 260)
    canvas.line(50, 730, 450, 730)
    for row, line in enumerate(LEFT):
        canvas.drawString(60, 700 - 18 * row, line)


def canvas_in_boxes(canvas):
    ruled(canvas, (60, 200, 340, 480), (700, 600, 500))
    names = ("重要伙伴", "关键业务", "价值主张", "客户关系", "渠道通路", "客户细分")
    for at, name in enumerate(names):
        x, y = 65 + 140 * (at % 3), 685 - 100 * (at // 3)
        canvas.drawString(x, y, name)
        canvas.drawString(x, y - 18, f"· {name}之一")
        canvas.drawString(x, y - 36, f"· {name}之二")


def canvas_with_wrapped_lines(canvas):
    ruled(canvas, (60, 200, 340), (700, 600, 500))
    for at, name in enumerate(("重要伙伴", "关键业务", "价值主张", "客户关系")):
        x, y = 65 + 140 * (at % 2), 685 - 100 * (at // 2)
        canvas.drawString(x, y, name)
        canvas.drawString(x, y - 18, "· 这一条要写得长一些才")
        canvas.drawString(x, y - 36, "会换行")
        canvas.drawString(x, y - 54, "· 这一条短")


def canvas_with_names_above(canvas):
    ruled(canvas, (60, 200, 340, 480), (700, 680, 600, 580, 500))
    names = ("重要伙伴", "关键业务", "价值主张", "客户关系", "渠道通路", "客户细分")
    for at, name in enumerate(names):
        x, y = 65 + 140 * (at % 3), 685 - 100 * (at // 3)
        canvas.drawString(x, y, name)
        canvas.drawString(x, y - 22, f"{name}之一")


def canvas_in_rows(canvas):
    ruled(canvas, (60, 160, 400), (700, 680, 660, 640, 620))
    for row, name in enumerate(("重要伙伴", "关键业务", "价值主张", "渠道通路")):
        canvas.drawString(65, 685 - 20 * row, name)
        canvas.drawString(165, 685 - 20 * row, f"{name}的内容")


def turned_table(canvas):
    canvas.translate(595, 0)
    canvas.rotate(90)
    ruled(canvas, (60, 160, 260), (500, 480, 460))
    for at, cell in enumerate(("年份", "门店数", "某年", "一百家")):
        canvas.drawString(65 + 100 * (at % 2), 485 - 20 * (at // 2), cell)


NAMES = ("重要伙伴", "关键业务", "价值主张", "客户关系", "渠道通路", "客户细分")
TABLES = {
    "wrapped cell": (
        drawn(wrapped),
        [LEFT[0], "项目\t一格里面写了很长的一段内容所以只好换到下一行", "渠道\t门店", "小程序", LEFT[1]],
        ["table"] * 3,
    ),
    "rows without rulings": (
        drawn(rows_in_one_cell),
        ["年\t店\t人", "一\t10\t80", "二\t30\t250", "三\t99\t900"],
        ["table"] * 4,
    ),
    "cells as rectangles": (
        drawn(boxes_drawn_as_rectangles),
        [f"第{row}行0\t第{row}行1" for row in range(3)],
        ["table"] * 3,
    ),
    "turned table": (drawn(turned_table, turn=90), ["年份\t门店数", "某年\t一百家"], ["table"] * 2),
    "frame around text": (drawn(frame), LEFT, []),
    "canvas in boxes": (
        drawn(canvas_in_boxes),
        [line for n in NAMES for line in (n, f"· {n}之一", f"· {n}之二")],
        ["heading"] * 6,
    ),
    "canvas with wrapped lines": (
        drawn(canvas_with_wrapped_lines),
        [line for n in NAMES[:4] for line in (n, "· 这一条要写得长一些才会换行", "· 这一条短")],
        ["heading"] * 4,
    ),
    "canvas with names above": (
        drawn(canvas_with_names_above),
        [line for n in NAMES for line in (n, f"{n}之一")],
        ["heading"] * 6,
    ),
    "canvas in rows": (
        drawn(canvas_in_rows),
        [f"{n}\t{n}的内容" for n in ("重要伙伴", "关键业务", "价值主张", "渠道通路")],
        ["table"] * 4,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_ruled_tables_are_rows(name):
    data, expected, kinds = TABLES[name]
    page = first_page(data)
    assert lines(data) == expected
    assert [mark.kind for mark in page.marks] == kinds
    for mark in page.marks:
        assert page.text[mark.start : mark.end].strip() in expected


def of_pdfium(data: bytes, number: int) -> str:
    """Characters as PDFium counts them, what annotations show behind those of the page."""
    document = pypdfium2.PdfDocument(data)
    page = document[number]
    pdfium.FPDFPage_Flatten(page, 0)
    page.close()
    text_page = document[number].get_textpage()
    count = pdfium.FPDFText_CountChars(text_page)
    return "".join(chr(pdfium.FPDFText_GetUnicode(text_page, i) or 0xFFFE) for i in range(count))


def assert_way_back(data: bytes) -> None:
    for page in pdf.read(data).pages:
        raw = of_pdfium(data, page.number - 1)
        back = page.raw_offsets(range(len(page.text)))
        assert len(back) == len(page.text)
        for char, at in zip(page.text, back, strict=True):
            assert char.isspace() or raw[at] == char
        if not page.order:
            assert page.text == raw


@pytest.mark.parametrize("name", [*ORDERS, *TABLES])
def test_every_character_leads_back_to_pdfium(name):
    assert_way_back((ORDERS.get(name) or TABLES[name])[0])


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("小*.pdf")), ids=lambda p: p.stem)
def test_samples_lead_back_to_pdfium(path):
    assert_way_back(path.read_bytes())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(20, 550), st.integers(20, 800), st.sampled_from([*COLUMNS, "a", "价值主张", "·", "3"])
        ),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_is_drawn_is_read_once(pieces):
    def paint(canvas):
        for x, y, text in pieces:
            canvas.drawString(x, y, text)

    data = drawn(paint)
    assert_way_back(data)
    page = first_page(data)
    used = [
        at
        for char, at in zip(page.text, page.raw_offsets(range(len(page.text))), strict=True)
        if char.strip()
    ]
    assert len(used) == len(set(used))
    assert page == first_page(data)


def test_cleaning_keeps_the_way_back():
    data = ORDERS["columns drawn line by line"][0]
    page = first_page(data)
    raw = of_pdfium(data, 0)
    file = clean([page])
    for offset, char in enumerate(file.text):
        if char.strip():
            assert raw[file.locate(offset)[1]] == char


def test_a_glyph_with_two_characters_is_read_as_one():
    """Some systems map 一 to its radical and itself: ⼀一."""
    text = "下⼀一轮⼀一"
    boxes = np.array([[at, 10, at + 1, 0] for at in (0, 1, 1, 2, 3, 4)], dtype=np.float32)
    assert pdf_layout._doubles(text, boxes) == [1]


def test_kangxi_radicals_stay_in_the_page_and_go_in_cleaning():
    pages = [Page(1, "⼩⽶的⽤⾏")]
    assert clean(pages).text.strip() == "小米的用行"


@pytest.mark.parametrize(
    ("text", "nonsense"),
    [
        (FIRST * 5 + SECOND * 5, False),
        ("(cid:12)(cid:7)" * 30, True),
        ("\ue123\ue456" * 30, True),
        ("\uf028\uf029\uf02b" * 30, False),  # brackets and signs of a symbol font
        ("".join(a + b for a, b in zip((FIRST * 9)[:200], (SECOND * 9)[7:207], strict=True)), True),
        ("N\x1aR¡N\x0eb€g/" * 10, True),  # two-byte codes read singly
        ("Annual report 2020 " * 20, False),
        ("わたくしといふ現象は假定された" * 20, False),
    ],
)
def test_nonsense(text, nonsense):
    assert pdf_second.is_nonsense(text) == nonsense


def test_a_page_that_stays_unreadable_is_marked_whole(monkeypatch):
    monkeypatch.setattr(pdf_second, "is_nonsense", lambda text: True)
    page = first_page(make_pdf([[FIRST, SECOND]]))
    assert [(m.start, m.end, m.kind) for m in page.marks] == [(0, len(page.text), "scrambled")]


def test_second_reading_leads_back_too(monkeypatch):
    data = make_pdf([[FIRST, SECOND]])
    monkeypatch.setattr(pdf_second, "is_nonsense", lambda text: "\r" in text)  # pdfminer's has none
    page = first_page(data)
    assert [line for line in page.text.split("\n") if line] == [FIRST, SECOND]
    assert not page.marks
    raw = of_pdfium(data, 0)
    back = page.raw_offsets(range(len(page.text)))
    assert all(raw[at] == char for char, at in zip(page.text, back, strict=True) if char.strip())


def test_second_reading_of_damage_is_empty():
    assert pdf_second.characters_of(b"%PDF-1.4\nnothing", 0) == []
    assert pdf_second.characters_of(make_pdf([[FIRST]]), 5) == []


def test_more_glyphs_than_are_looked_at_keep_the_drawn_order(monkeypatch):
    monkeypatch.setattr("pipeline.extract.pdf_layout.MAX_GLYPHS", 20)
    assert first_page(drawn(line_by_line)).order == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make_pdf([[FIRST]], password="secret"), "ENCRYPTED"),
        (make_pdf([[FIRST]])[:300], "CORRUPT"),
    ],
)
def test_reason(data, reason):
    with pytest.raises(Unreadable) as caught:
        pdf.read(data)
    assert caught.value.reason == reason


def test_too_many_pages(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    with pytest.raises(Unreadable, match="LIMIT_PAGES"):
        pdf.read(make_pdf([[FIRST], [SECOND]]))


def test_too_much_text(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_CHARS", 10)
    with pytest.raises(Unreadable, match="LIMIT_SIZE"):
        pdf.read(make_pdf([[FIRST], [SECOND]]))


def test_reading_never_asks_the_system_for_fonts(monkeypatch):
    pdf_fonts.measure()
    monkeypatch.setattr(pdf_fonts._fonts(), "system", None)
    assert lines(drawn(letter_by_letter)) == COLUMNS
