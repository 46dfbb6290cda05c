"""Canvases as files: PNG, SVG, PDF, one slide, one Word table."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import docx
import pandas as pd
import pypdfium2
import pytest
from pptx import Presentation

from pipeline.blocks import CODES, blocks
from pipeline.draw import FORMATS
from pipeline.published import Canvases
from pipeline.report import boxes, drawing, fonts, handout, picture, slide

LONG = "公司通过线下门店和自营网上商城向年轻消费者销售咖啡并且提供全天候的会员服务" * 3
NASTY = [
    "<script>alert(1)</script>&\"'",
    "表情😀与控制\x08符",
    "左右\u202e反转",
    "繁體字的便籤",
    "$公式$ \\frac",
    "A" * 5_000,
]


def tables(notes: dict[str, list[str]], title="瑞幸咖啡案例", **more) -> Canvases:
    """The tables of one document `d1` of a company of the same notes."""
    rows = [
        {
            "block": code,
            "rank": rank,
            "note": note,
            "quote": note,
            "support": 1,
            "weak": False,
            "conflict": "",
            **more,
        }
        for code, texts in notes.items()
        for rank, note in enumerate(texts, start=1)
    ]
    columns = ["block", "rank", "note", "quote", "support", "weak", "conflict"]
    cells = pd.DataFrame(rows, columns=columns)
    documents = pd.DataFrame([{"doc_id": "d1", "title": title, "company": "瑞幸", "path": "案例/a.pdf"}])
    return Canvases(documents, cells.assign(doc_id="d1"), cells.assign(company="瑞幸", doc_ids="d1;d2"))


def sheet(notes: dict[str, list[str]], key="d1", **more) -> drawing.Sheet:
    return drawing.sheet_of(drawing.subject(tables(notes, **more), key))


FULL = {code: [f"{blocks()[code].zh}的第{n}条便签内容" for n in range(1, 10)] for code in CODES}
HEAVY = {code: [f"{n}{LONG}" for n in range(1, 9)] for code in CODES}
BAD = dict.fromkeys(CODES, NASTY)
SHEETS = {"empty": sheet({}), "full": sheet(FULL), "heavy": sheet(HEAVY), "bad": sheet(BAD, title=NASTY[0])}
SHEETS["weak"] = replace(
    SHEETS["full"], notes={"KP": (boxes.Note("证据弱的便签", True),)} | dict.fromkeys(CODES[1:], ())
)
BY_NAME = pytest.mark.parametrize("name", list(SHEETS))
CHINESE = pytest.mark.skipif(fonts.installed() is None, reason="no Chinese font installed")


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("面向年轻人销售iPhone手机。", 8, ["面向年轻人销售", "iPhone手机。"]),
        ("一二三四，五六", 4, ["一二三", "四，五六"]),
        ("2013年收入1,000万元", 6, ["2013年收入", "1,000万元"]),
        ("", 5, []),
        ("   ", 5, []),
        ("AAAAAAAAAA", 3, ["AAAA", "AAAA", "AA"]),
    ],
)
def test_lines(text, room, lines):
    assert boxes.wrap(text, room) == lines


@pytest.mark.parametrize("text", [LONG, *NASTY, "，" * 40, "a，b" * 30])
@pytest.mark.parametrize("room", [2.0, 3.5, 11.0, 40.0])
def test_lines_hold_all_of_the_text_and_fit(text, room):
    lines = boxes.wrap(text, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(boxes.ems, lines)) <= room + 1e-9


def test_the_nine_boxes_tile_the_grid():
    grid = boxes.Box(10, 20, 800, 400)
    places = boxes.place(grid)
    assert sum(b.width * b.height for b in places.values()) == pytest.approx(800 * 400)
    for code, a in places.items():
        for other, b in places.items():
            apart = a.x + a.width <= b.x + 1e-6 or b.x + b.width <= a.x + 1e-6
            apart |= a.y + a.height <= b.y + 1e-6 or b.y + b.height <= a.y + 1e-6
            assert apart or code == other


@BY_NAME
def test_notes_stay_in_their_boxes_and_none_is_lost_silently(name):
    places = boxes.place(picture.GRID)
    size, filled = boxes.fit(SHEETS[name].notes, places)
    assert boxes.SIZES[-1] <= size <= boxes.SIZES[0]
    for code, box in filled.items():
        height = sum(len(n.lines) * boxes.LEADING + boxes.SPACE for n in box.notes) * size
        assert boxes.HEADING + height <= places[code].height
        assert len(box.notes) + box.left == len(SHEETS[name].notes[code])
        assert box.notes or not SHEETS[name].notes[code]


def test_long_notes_are_cut_rather_than_left_out():
    _, filled = boxes.fit(SHEETS["heavy"].notes, boxes.place(picture.GRID))
    assert len(filled["KP"].notes) == 6
    assert filled["KA"].notes[0].lines[-1].endswith("…")


@CHINESE
@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("png", "full"),
        ("svg", "bad"),
        pytest.param("pdf", "heavy", marks=pytest.mark.external),
        ("pptx", "bad"),
        ("pptx", "full"),
        ("docx", "heavy"),
    ],
)
def test_the_same_canvas_gives_the_same_bytes(name, form):
    drawn = FORMATS[form]
    data = drawn(SHEETS[name])
    assert data == drawn(SHEETS[name])
    assert not re.search(rb"/(tmp|home|root|work)/", data)


@CHINESE
@pytest.mark.external  # embedding the fonts takes seconds
@pytest.mark.parametrize("name", ["empty", "bad"])
def test_a_pdf_page_names_the_nine_blocks_and_nothing_leaves_it(name):
    page = pypdfium2.PdfDocument(picture.pdf(SHEETS[name]))[0]
    text = page.get_textpage()
    shown = text.get_text_range()
    assert all(block.zh in shown for block in blocks().values())
    for index in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(index)
        assert left >= 0
        assert right <= picture.WIDTH
        assert bottom >= 0
        assert top <= picture.HEIGHT


@CHINESE
def test_estimated_widths_are_not_exceeded_by_the_installed_font():
    from matplotlib.font_manager import get_font

    font = get_font(fonts.font_files()[fonts.installed()])
    for text in ["小米 MIUI 系统的收入 1,234.56 亿元", "Customer Relationships WWW", "（，。）“”‘’—…%&@"]:
        font.set_size(100, 72)
        font.set_text(text, 0)
        assert font.get_width_height()[0] / 64 <= 100 * boxes.ems(text)


@CHINESE
def test_svg_text_can_be_edited_and_names_the_font():
    found = picture.svg(SHEETS["full"]).decode()
    assert "重要伙伴的第1条便签内容</text>" in found
    assert fonts.installed() in found
    assert "<script" not in picture.svg(SHEETS["bad"]).decode()


def test_slide_has_nine_shapes_with_real_text():
    deck = Presentation(io.BytesIO(slide.pptx(SHEETS["full"])))
    assert len(deck.slides) == 1
    shapes = {s.name: s for s in deck.slides[0].shapes}
    for code, block in blocks().items():
        text = shapes[f"{block.zh} {code}"].text_frame.text
        assert text.startswith(block.zh)
        assert f"{block.zh}的第1条便签内容" in text
    places = [(s.left, s.top, s.left + s.width, s.top + s.height) for s in deck.slides[0].shapes]
    assert all(right <= deck.slide_width and bottom <= deck.slide_height for _, _, right, bottom in places)
    assert all(a[2] <= b[0] + 9 or b[2] <= a[0] + 9 or a[3] <= b[1] + 9 or b[3] <= a[1] + 9
               for i, a in enumerate(places) for b in places[:i])  # fmt: skip


def test_handout_is_one_table_with_real_text():
    document = docx.Document(io.BytesIO(handout.docx(SHEETS["full"])))
    (table,) = document.tables
    for code, block in blocks().items():
        top, left, bottom, right = boxes.PLACES[code]
        cell = table.cell(top, left)
        assert cell._tc is table.cell(bottom, right)._tc
        assert cell.text.startswith(block.zh)
        assert f"{block.zh}的第1条便签内容" in cell.text


@pytest.mark.parametrize("form", ["pptx", "docx"])
@BY_NAME
def test_office_files_carry_fixed_dates_and_open(name, form):
    data = FORMATS[form](SHEETS[name])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {i.date_time for i in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01" in package.read("docProps/core.xml")
    (Presentation if form == "pptx" else docx.Document)(io.BytesIO(data))


@pytest.mark.parametrize(
    ("weak", "conflict", "sign"),
    [(False, "", "•"), (True, "", "◇"), (False, "关店", "≠"), (True, "关店", "≠")],
)
def test_a_note_that_may_be_opposed_says_so(weak, conflict, sign):
    drawn = sheet({"CH": ["开店"]}, weak=weak, conflict=conflict)
    for data in (slide.pptx(drawn), handout.docx(drawn)):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            texts = "".join(package.read(n).decode() for n in package.namelist() if n.endswith(".xml"))
        assert re.search(rf"{sign}(?:\t|<[^>]*>)*开店", texts)
    assert f"{drawing.OPPOSED_MARK}：" in drawn.footer


def test_weak_and_repeated_notes_say_so():
    text = docx.Document(io.BytesIO(handout.docx(SHEETS["weak"]))).tables[0].cell(0, 0).text
    assert "◇\t证据弱的便签" in text
    assert sheet({"KP": ["供应商"]}, support=3).notes["KP"][0].text == "供应商 ×3"


def test_a_company_by_its_name_and_a_name_that_is_not_there():
    found = drawing.subject(tables(FULL), "瑞幸")
    assert "2 篇文档" in found.subtitle
    with pytest.raises(LookupError, match="瑞幸"):
        drawing.subject(tables(FULL), "瑞")


# --- command ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    from conftest import make_docx

    from pipeline.cli import main

    folder = tmp_path_factory.mktemp("draw")
    (folder / "raw").mkdir()
    text = [
        "# 小米商业模式",
        "小米主要通过小米之家和网上商城销售手机。",
        "小米的收入来自手机销售和互联网广告。",
    ]
    (folder / "raw" / "小米.docx").write_bytes(make_docx(text))
    assert main(["build", str(folder / "raw"), str(folder / "out")]) == 0
    return folder / "out"


def test_draw_writes_what_is_asked_for(out, run, tmp_path):
    code, shown, _ = run("draw", out, "小米", "--to", tmp_path / "画布.pptx", "--to", tmp_path / "b.docx")
    assert code == 0
    assert "画布.pptx" in shown
    assert (tmp_path / "画布.pptx").read_bytes()[:2] == b"PK"
    assert run("draw", out, "小米", "--to", tmp_path / "noname", "--format", "docx")[0] == 0


@pytest.mark.parametrize(
    ("key", "to", "code", "words"),
    [
        ("小米", ["a.gif"], 2, ".svg"),
        ("小米", ["a.docx", "b"], 2, "--format"),
        ("没有的公司", ["a.docx"], 2, "小米"),
        ("小米", ["no/such/folder/a.docx"], 4, "cannot write"),
    ],
)
def test_what_cannot_be_drawn_is_said(out, run, tmp_path, key, to, code, words):
    targets = [word for name in to for word in ("--to", tmp_path / name)]
    found, _, said = run("draw", out, key, *targets)
    assert found == code
    assert words in said
    assert not list(tmp_path.iterdir())


def test_draw_without_a_build(run, tmp_path):
    code, _, said = run("draw", tmp_path, "小米", "--to", tmp_path / "a.docx")
    assert code == 2
    assert "make all" in said


def test_no_chinese_font_is_code_5_with_a_remedy_and_office_files_need_none(out, run, tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "installed", lambda: None)
    code, _, said = run("draw", out, "小米", "--to", tmp_path / "a.pptx", "--to", tmp_path / "a.png")
    assert code == 5
    assert "fonts-noto-cjk" in said
    assert "install" in said
    assert not list(tmp_path.iterdir())
    assert run("draw", out, "小米", "--to", tmp_path / "a.pptx", "--to", tmp_path / "a.docx")[0] == 0
