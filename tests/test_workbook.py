"""The workbook as a spreadsheet program sees it: read back with openpyxl."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from typing import get_args

import openpyxl
import pandas as pd
import pytest
from openpyxl.cell.rich_text import CellRichText

from pipeline import canvas
from pipeline.blocks import CODES, blocks
from pipeline.canvas import CELL_NOTES
from pipeline.records import Role
from pipeline.report import glossary, sheets, tables
from pipeline.report.workbook import CANVAS_ROWS, PLACES, to_workbook
from pipeline.store import resource_text

SHEETS = ["总览", "画布", "证据", "待复核", "对比", "数据字典", "运行记录"]
FACTS = {
    "huabu": "0.1.0",
    "versions": {"jieba": "0.42.1"},
    "counts": {"canvas": 1},
    "status": {"ok": 1},
    "model": "abc",
    "time_limit": 30.0,
}


def ledger_row(path: str, status: str = "ok", reason: str = "", warnings: str = "", documents: int = 1):
    return {
        "path": path, "path_hex": "", "member": "", "size": 1, "sha256": "", "type": "txt", "status": status,
        "reason": reason, "warnings": warnings, "documents": documents, "pages": 1, "extractor": "txt/utf-8",
    }  # fmt: skip


def document_row(doc_id: str, title: str, *, last_page: int = 1, duplicate_of: str = "", member: str = ""):
    return {
        "doc_id": doc_id, "path": "案例.zip" if member else "案例.txt", "path_hex": "", "member": member,
        "title": title, "company": "小米", "start": 0, "end": 9, "first_page": 1, "last_page": last_page,
        "chars": 9, "passages": 1, "duplicate_of": duplicate_of,
    }  # fmt: skip


def tagged(doc_id: str, title: str, block: str, note: str, position: int = 0, quote: str = ""):
    return {
        "doc_id": doc_id, "title": title, "company": "小米", "block": block, "note": note, "quote": quote or note,
        "page": 1, "passage_id": f"{doc_id}-{block}{position}", "score": 2.0 - position, "position": position,
        "years": "", "probability": 0.8,
    }  # fmt: skip


def make(documents=(), tags=(), ledger=(), passages=()) -> dict[str, pd.DataFrame]:
    """The tables that `build` publishes, from a few rows."""
    shown = tables.frame(list(documents), tables.DOCUMENTS)
    rows = pd.DataFrame(list(tags), columns=canvas.TAGGED)
    cells = canvas.document_canvas(rows)
    return {
        "ledger": tables.frame(list(ledger), tables.LEDGER),
        "documents": shown,
        "passages": tables.frame(list(passages), tables.PASSAGES),
        "evidence": tables.frame([], tables.EVIDENCE),
        "canvas": tables.typed(cells),
        "canvas_wide": tables.typed(canvas.wide(cells, shown)),
        "companies": tables.typed(canvas.company_canvas(rows)),
    }


def read(given: dict[str, pd.DataFrame], facts=FACTS, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # xlsxwriter warns of what it leaves out
        return openpyxl.load_workbook(io.BytesIO(to_workbook(given, facts)), **options)


def texts(sheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def column(sheet, name: str) -> list[object]:
    """What stands below the heading `name`."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == name:
                return [sheet.cell(r, cell.column).value for r in range(cell.row + 1, sheet.max_row + 1)]
    raise AssertionError(f"no column {name}")


@pytest.fixture
def sample() -> dict[str, pd.DataFrame]:
    distinct = [
        "官网直销",
        "线下门店",
        "运营商合约",
        "电商平台",
        "海外代理",
        "社群团购",
        "电视购物",
        "展会订货",
    ]
    return make(
        documents=[
            document_row("d1", "小米案例", last_page=3),
            document_row("d2", "小米再版", duplicate_of="d1", member="内/二.txt"),
        ],
        tags=[
            tagged("d1", "小米案例", "KP", "富士康代工", quote="手机由富士康代工。"),
            *(tagged("d1", "小米案例", "CH", note, i) for i, note in enumerate(distinct)),
        ],
        ledger=[
            ledger_row("案例.txt", warnings="EXT_MISMATCH;NEW_CODE"),
            ledger_row("坏.pdf", "quarantined", "CORRUPT", documents=0),
        ],
    )


def test_sheets_frozen_headers_and_filters(sample):
    book = read(sample)
    assert book.sheetnames == SHEETS
    assert book.active.title == "总览"
    for name in ("证据", "待复核", "对比", "数据字典", "运行记录"):
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref.startswith("A1:")
        assert book[name].print_title_rows == "$1:$1"
    header = int(book["总览"].freeze_panes[1:]) - 1
    assert book["总览"].auto_filter.ref == f"A{header}:Q{header + 2}"
    assert all(sheet.page_setup.orientation == "landscape" for sheet in book)


def test_overview_counts_documents_and_notes(sample):
    sheet = read(sample)["总览"]
    assert "输入文件 2 个（完成 1 · 隔离 1 · 跳过 0）　文档 2 篇　便签 9 条" in texts(sheet)
    assert any("标注由模型给出" in text for text in texts(sheet))
    assert column(sheet, "标题") == ["小米案例", "小米再版"]
    assert column(sheet, "文件") == ["案例.txt", "案例.zip/内/二.txt"]
    assert column(sheet, "页") == ["1–3", 1]
    assert column(sheet, "便签数") == [9, 0]
    assert column(sheet, "已填") == [2, 0]
    assert column(sheet, "渠道\n通路") == [8, None]
    assert column(sheet, "备注") == [None, "与《小米案例》内容重复"]


def test_overview_links_to_the_canvas_of_the_document(sample):
    book = read(sample)
    places = [cell.hyperlink.location for row in book["总览"] for cell in row if cell.hyperlink]
    assert places == ["'画布'!A1", f"'画布'!A{CANVAS_ROWS + 1}"]
    assert [book["画布"][place.split("!")[1]].value for place in places] == [
        "小米案例　·　小米",
        "小米再版　·　小米",
    ]


def test_corrected_passages_are_counted(sample):
    row = dict.fromkeys(tables.PASSAGES, "") | {"origin": "human", "bare": False}
    numbers = dict.fromkeys(("page", "start", "end", "raw_page", "raw_start", "raw_end", *tables.SCORES), 0)
    sample["passages"] = tables.frame([row | numbers], tables.PASSAGES)
    assert any("1 个段落的标注经人工更正" in text for text in texts(read(sample)["总览"]))


def test_canvas_has_nine_merged_cells_in_the_usual_places(sample):
    sheet = read(sample, rich_text=True)["画布"]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A3:B4", "C3:D3", "C4:D4", "E3:F4", "G3:H3", "G4:H4", "I3:J4", "A5:E5", "F5:J5"} <= merged
    assert len(merged) == 2 * (9 + 2)
    for code, (row, left, *_) in PLACES.items():
        heading = sheet.cell(3 + row, 1 + left).value
        assert isinstance(heading, CellRichText)
        assert heading[0].text == blocks()[code].zh
        assert heading[0].font.b
    assert str(sheet["A3"].value).endswith("\n• 富士康代工")
    channels = str(sheet["G4"].value)
    assert channels.count("\n• ") == CELL_NOTES
    assert f"{CELL_NOTES}/8" in channels
    assert "文中没有找到" in str(sheet["C3"].value)


def test_canvas_prints_one_to_a_page(sample):
    sheet = read(sample)["画布"]
    assert [b.id for b in sheet.row_breaks.brk] == [CANVAS_ROWS]
    # Excel ignores manual breaks when it fits to the page.
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage
    heights = sum(sheet.row_dimensions[row].height for row in range(1, CANVAS_ROWS))
    assert heights * sheet.page_setup.scale / 100 < 595 - 72 * (
        sheet.page_margins.top + sheet.page_margins.bottom
    )


def test_a_full_canvas_cell_fits(sample):
    height = read(sample)["画布"].row_dimensions[3].height
    assert (
        height >= (1 + 2 * CELL_NOTES) * 1.45 * 10.5
    )  # 1.45: line height of Noto Sans CJK, the tallest tried


def test_evidence_has_a_row_per_note_sorted_as_the_canvas(sample):
    sheet = read(sample)["证据"]
    assert [c.value for c in sheet[1]] == [
        "文档",
        "公司",
        "模块",
        "名次",
        "便签",
        "原文",
        "页",
        "得分",
        "支持",
        "段落编号",
    ]
    assert [c.value for c in sheet[2]] == [
        "小米案例",
        "小米",
        "重要伙伴",
        1,
        "富士康代工",
        "手机由富士康代工。",
        1,
        2,
        1,
        "d1-KP0",
    ]
    assert column(sheet, "便签") == list(sample["canvas"]["note"])
    assert column(sheet, "段落编号") == list(sample["canvas"]["passage_id"])


def test_record_explains_codes_and_names_versions(sample):
    sheet = read(sample)["运行记录"]
    assert column(sheet, "状态")[:2] == ["完成", "隔离"]
    assert str(column(sheet, "原因")[1]).startswith("CORRUPT 文件损坏：")
    mismatch, unknown = str(column(sheet, "警告")[0]).split("\n")
    assert mismatch.startswith("EXT_MISMATCH 扩展名不符：")
    assert unknown == "NEW_CODE"
    rows = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert rows["huabu 版本"] == "0.1.0"
    assert rows["jieba 版本"] == "0.42.1"
    assert rows["每个文件的时间上限（秒）"] == 30


def test_dictionary_has_every_column_and_block(sample):
    book = read(sample)
    rows = {tuple(c.value for c in row[:3]) for row in book["数据字典"].iter_rows()}
    for name, columns in (
        ("总览", glossary.OVERVIEW),
        ("证据", glossary.EVIDENCE),
        ("运行记录", glossary.RECORD),
    ):
        header = [c.name for c in columns]
        assert {("列", name, h.replace("\n", "")) for h in header} <= rows
        assert any([c.value for c in row[: len(header)]] == header for row in book[name].iter_rows())
    assert {("模块", code, blocks()[code].zh) for code in CODES} <= rows


def test_dictionary_has_every_published_table_and_column(sample):
    rows = [tuple(c.value for c in row[:3]) for row in read(sample)["数据字典"].iter_rows()]
    published = {(table, column) for table, columns in tables.PUBLISHED.items() for column in columns}
    assert set(glossary.published_columns()) == published
    assert {row[1:] for row in rows if row[0] == "表的列"} == published
    assert set(glossary.TABLES) == set(tables.PUBLISHED)
    assert {row[1] for row in rows if row[0] == "表"} == set(tables.PUBLISHED)


def test_columns_are_a_clean_table():
    rows = list(csv.reader(resource_text("columns.csv").splitlines()))
    assert rows[0] == ["tables", "column", "meaning"]
    assert all(len(row) == 3 and all(row) for row in rows[1:])
    named = [(table, row[1]) for row in rows[1:] for table in row[0].split(";")]
    assert len(set(named)) == len(named)


def test_glossary_knows_every_role_and_block():
    assert list(glossary.BLOCKS) == list(CODES)
    assert list(glossary.ROLES) == list(get_args(Role))


def test_reasons_are_a_clean_table():
    rows = list(csv.reader(resource_text("reasons.csv").splitlines()))
    assert rows[0] == ["code", "zh", "en"]
    assert all(len(row) == 3 and all(row) and "：" in row[1] for row in rows[1:])
    assert len({row[0] for row in rows}) == len(rows)
    assert {"EMPTY_FILE", "NO_TEXT", "TIMEOUT", "CRASH", "IGNORED", "INTERNAL", "OCR"} <= set(
        glossary.reasons()
    )


@pytest.mark.parametrize(
    "title", ["=1+1", "{=1+1}", "+86", "-1", "@x", '=HYPERLINK("http://a.b")', "http://a.b/", "007"]
)
def test_no_cell_is_a_formula_a_link_out_or_a_number_by_accident(title):
    given = make([document_row("d", title)], [tagged("d", title, "KP", title)], [ledger_row(title)])
    data = to_workbook(given, FACTS)
    book = openpyxl.load_workbook(io.BytesIO(data))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    assert column(book["总览"], "标题") == [title]
    assert column(book["证据"], "原文") == [title]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any(
            b"<f>" in parts.read(name) or b'TargetMode="External"' in parts.read(name)
            for name in parts.namelist()
        )


def test_characters_that_the_format_cannot_hold_are_dropped():
    given = make([document_row("d", "a\x00bc\x08d\uffff")], [tagged("d", "甲", "KP", "x\x0by")])
    book = read(given)
    assert column(book["总览"], "标题") == ["abcd"]
    assert column(book["证据"], "便签") == ["xy"]
    assert sheets.legal("a\ud800b\r\nc\rd") == "ab\nc\nd"


@pytest.mark.parametrize("quote", ["长" * 40_000, "𠀀" * 20_000])
def test_too_long_a_cell_is_cut_and_the_overview_says_so(quote):
    book = read(make([document_row("d", "题")], [tagged("d", "题", "KP", "便签", quote=quote)]))
    cut = str(book["证据"]["F2"].value)
    assert cut.endswith("［CELL_CUT 已截断］")
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert any("有 1 个单元格超过" in text for text in texts(book["总览"]))


def test_too_many_rows_are_left_out_and_the_overview_says_so(sample, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 9)
    monkeypatch.setattr(glossary, "glossary_rows", lambda *_: [])
    book = read(sample)
    assert book["证据"].max_row == 9
    said = "".join(texts(book["总览"]))
    assert "“证据”只列出前 8 行（Excel 的行数上限），另有 1 行见 canvas.csv。" in said
    assert "“画布”只画出前 1 篇" in said
    assert max(sheet.max_row for sheet in book) <= 9


def test_long_notes_and_titles_stay_within_their_canvas_cell():
    given = make([document_row("d", "很长的题目" * 40)], [tagged("d", "题", "KP", "很长的便签" * 20)])
    book = read(given)
    assert sheets.width_of(str(book["画布"]["A1"].value)) <= 92
    assert str(book["画布"]["A3"].value).endswith("…")
    assert column(book["证据"], "便签") == ["很长的便签" * 20]


def test_row_height_follows_the_text():
    given = make(
        [document_row("d", "题")],
        [
            tagged("d", "题", "KP", "短"),
            tagged("d", "题", "CS", "长", quote="字" * 100),
            tagged("d", "题", "CO", "多", quote="字" * 9000),
        ],
    )
    rows = read(given)["证据"].row_dimensions
    assert rows[2].height < 25
    assert rows[3].height == pytest.approx(4 * sheets.LINE + 4, abs=0.5)
    assert rows[4].height == pytest.approx(sheets.MAX_HEIGHT, abs=0.5)


@pytest.mark.parametrize("facts", [FACTS, {}])
def test_empty_tables_give_a_valid_workbook(facts):
    book = read(make(), facts)
    assert book.sheetnames == SHEETS
    assert any("文档 0 篇" in text for text in texts(book["总览"]))
    assert "没有文档" in str(book["画布"]["A1"].value)
    assert book["证据"].auto_filter.ref == "A1:J1"


def test_same_bytes_each_time(sample):
    assert to_workbook(sample, FACTS) == to_workbook(sample, FACTS)


def test_what_to_check_first_and_companies_side_by_side():
    unsure = {
        "passage_id": "a-1", "doc_id": "a", "page": 3, "start": 0, "end": 4, "raw_page": 0, "raw_start": 0,
        "raw_end": 4, "heading_path": "", "role": "body", "bare": False, "text": "=会员与门店", "blocks": "CR",
        "origin": "model", "doubtful": "CR;CH", **{f"score_{code}": 0.0 for code in CODES},
    }  # fmt: skip
    given = make(
        [document_row("a", "甲案")],
        [tagged("a", "甲案", "CH", "门店") | {"probability": 0.6}, tagged("a", "甲案", "RS", "广告收入")],
        [ledger_row("好.txt"), ledger_row("坏.pdf", "quarantined", "CORRUPT", documents=0)],
        [unsure],
    )
    book = read(given)
    rows = [[c.value for c in row] for row in book["待复核"].iter_rows(min_row=2)]
    assert [row[0] for row in rows] == ["文件没有读成", "格子证据弱", "段落拿不准"]
    assert rows[0][1] == "坏.pdf"
    assert "CORRUPT" in rows[0][4]
    assert rows[1][3] == "渠道通路"
    assert (rows[2][3], rows[2][4], rows[2][5]) == ("客户关系、渠道通路", "=会员与门店", 3)
    assert "标了 客户关系" in rows[2][6]
    (company,) = [[c.value for c in row] for row in book["对比"].iter_rows(min_row=2)]
    assert company[:2] == ["小米", 2]
    assert company[3] == "缺"
    assert company[3 + CODES.index("RS")].endswith("广告收入")
