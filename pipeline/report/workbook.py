"""Tables -> huabu.xlsx, the workbook that a student hands in and a teacher opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline import compare
from pipeline.blocks import CODES, blocks
from pipeline.canvas import CELL_NOTES
from pipeline.report import glossary, review, sheets
from pipeline.report.boxes import FILLS, PLACES
from pipeline.report.sheets import Book, Cell
from pipeline.report.tables import first_within

OVERVIEW, CANVAS, EVIDENCE, GLOSSARY, RECORD = "总览", "画布", "证据", "数据字典", "运行记录"

# A4 across leaves 784 x 515 pt. Excel ignores page breaks with "fit to page", hence a fixed scale: ten
# columns of 82 pt (87 in LibreOffice) at 86 % take at most 748, the rows of a canvas, 592 pt, take 509.
COLUMN, SCALE = 14.9, 86
TITLE, SUBTITLE, UPPER, LOWER, BOTTOM, GAP = 30, 20, 212, 212, 118, 24
CANVAS_ROWS = 6
NOTE_WIDTH = 50
"""Half characters of a note in a canvas cell: two lines, so that six notes always fit."""
MAX_BREAKS = 1023
MAX_DOCUMENTS, MAX_NOTES, MAX_FILES = 1_000, 20_000, 5_000
"""Documents, rows of evidence and of the record in the workbook: what opens at once, in 150 MB. More is
in the CSV files."""

Record = Mapping[str, Any]


def to_workbook(
    tables: Mapping[str, pd.DataFrame],
    facts: Mapping[str, object],
    totals: Mapping[str, int] | None = None,
) -> bytes:
    """The workbook as bytes: overview, a canvas per document, evidence, what to check, comparison, data
    dictionary, run record.

    `tables` are the published ones by name, or what `excerpt` takes of them; then `totals` has their
    lengths. `facts` is what run.json holds. The same input gives the same bytes. No cell is a formula;
    what does not fit is cut or left out and the overview says so.
    """
    lengths = totals or {
        **{name: len(table) for name, table in tables.items()},
        "corrected": sum("human" in str(origin) for origin in tables["passages"]["origin"]),
    }
    documents = shown_documents(tables["documents"], tables["canvas"])
    notes = tables["canvas"][tables["canvas"]["doc_id"].isin(documents["doc_id"])]
    version = str(facts.get("huabu", ""))
    book = Book({"title": "商业模式画布", "comments": f"huabu {version}".strip()})
    overview = book.sheet(OVERVIEW, colour="#3F5B76")
    canvas = book.sheet(CANVAS, colour="#E0B23C")
    evidence = book.sheet(EVIDENCE, colour="#7FA66B")
    to_review = book.sheet(glossary.REVIEW_SHEET, colour="#C4573A")
    comparison = book.sheet(glossary.COMPARISON_SHEET, colour="#8E6BAF")
    dictionary = book.sheet(GLOSSARY, colour="#A9A9A9")
    record = book.sheet(RECORD, colour="#A9A9A9")
    cells = _cells(notes)
    _write_canvases(book, canvas, documents, cells)
    book.table(evidence, glossary.EVIDENCE, _evidence_rows(notes), rest="canvas.csv")
    review.write_review(book, to_review, tables, documents, notes)
    companies = tables["comparison"] if "comparison" in tables else compare.matrix(tables["companies"])
    review.write_comparison(book, comparison, companies)
    if len(documents) < lengths["documents"]:
        book.notices.append(
            f"“{OVERVIEW}”“{CANVAS}”“{EVIDENCE}”只有前 {len(documents)} 篇文档，"
            f"另有 {lengths['documents'] - len(documents)} 篇见 documents.csv、canvas_wide.csv 和 canvas.csv。"
        )
    columns = {
        OVERVIEW: glossary.OVERVIEW,
        EVIDENCE: glossary.EVIDENCE,
        glossary.REVIEW_SHEET: glossary.REVIEW,
        glossary.COMPARISON_SHEET: glossary.COMPARISON,
        GLOSSARY: glossary.GLOSSARY,
        RECORD: glossary.RECORD,
    }
    book.table(dictionary, glossary.GLOSSARY, glossary.glossary_rows(columns, CANVAS))
    _write_record(book, record, tables["ledger"], facts)
    _write_overview(
        book, overview, tables["ledger"], documents, cells, lengths, version
    )  # last: says what was left out
    overview.activate()
    return book.bytes()


def shown_documents(documents: pd.DataFrame, canvas: pd.DataFrame) -> pd.DataFrame:
    """The documents that the workbook has room for."""
    return first_within(documents.head(MAX_DOCUMENTS), "doc_id", canvas["doc_id"], MAX_NOTES)


def _records(table: pd.DataFrame) -> Iterator[Record]:
    """The rows of a table as plain values, missing ones as None."""
    names = list(table.columns)
    for row in table.itertuples(index=False, name=None):
        yield {name: None if pd.isna(value) else value for name, value in zip(names, row, strict=True)}


def _cells(canvas: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    """(doc_id, block) -> its notes, best first."""
    cells: dict[tuple[str, str], list[str]] = {}
    for doc_id, block, note in zip(canvas["doc_id"], canvas["block"], canvas["note"], strict=True):
        cells.setdefault((doc_id, block), []).append(note)
    return cells


def _file(row: Record) -> str:
    return f"{row['path']}/{row['member']}" if row["member"] else str(row["path"])


def _pages(row: Record) -> object:
    first, last = row["first_page"], row["last_page"]
    return first if first == last else f"{first}–{last}"


# --- canvas ----------------------------------------------------------------------------------


def _write_canvases(
    book: Book, sheet: Any, documents: pd.DataFrame, cells: Mapping[tuple[str, str], list[str]]
) -> None:
    """A canvas per document, one below the other, each on a page of its own."""
    sheet.set_column(0, 9, COLUMN)
    sheet.set_print_scale(SCALE)
    sheet.center_horizontally()
    sheet.set_zoom(85)
    fits = sheets.MAX_ROWS // CANVAS_ROWS
    top = 0
    for document in _records(documents.head(fits)):
        _write_canvas(book, sheet, top, document, cells)
        top += CANVAS_ROWS
    if not top:
        book.write(sheet, 0, 0, "没有文档，原因见“运行记录”。", book.style(font_color="#666666"))
    sheet.set_h_pagebreaks(list(range(CANVAS_ROWS, top, CANVAS_ROWS))[:MAX_BREAKS])
    if len(documents) > fits:
        book.notices.append(f"“{CANVAS}”只画出前 {fits} 篇（Excel 的行数上限），其余见 canvas_wide.csv。")
    if len(documents) > MAX_BREAKS + 1:
        book.notices.append(f"“{CANVAS}”第 {MAX_BREAKS + 1} 篇以后没有分页符（Excel 的上限）。")


def _write_canvas(
    book: Book, sheet: Any, top: int, document: Record, cells: Mapping[tuple[str, str], list[str]]
) -> None:
    for offset, height in enumerate((TITLE, SUBTITLE, UPPER, LOWER, BOTTOM, GAP)):
        sheet.set_row(top + offset, height)
    found = {code: cells.get((document["doc_id"], code), []) for code in CODES}
    company = f"　·　{sheets.one_line(document['company'], 40)}" if document["company"] else ""
    title = sheets.one_line(document["title"], 90 - sheets.width_of(company))
    style = book.style(bold=True, font_size=16, font_color="#24384B", valign="vcenter")
    sheet.merge_range(top, 0, top, 9, "", style)
    book.write(sheet, top, 0, title + company, style)
    source = sheets.one_line(_file(document), 110)
    about = f"文件 {source}　第 {_pages(document)} 页　便签 {sum(map(len, found.values()))} 条　原文见“{EVIDENCE}”"
    style = book.style(font_size=9, font_color="#666666")
    sheet.merge_range(top + 1, 0, top + 1, 9, "", style)
    book.write(sheet, top + 1, 0, about, style)
    for code, notes in found.items():
        _write_block(book, sheet, top + 2, code, notes)


def _write_block(book: Book, sheet: Any, top: int, code: str, notes: list[str]) -> None:
    """A merged cell: the name of the block as a small heading, then its best notes."""
    block, (row, column, last_row, last_column) = blocks()[code], PLACES[code]
    style = book.style(
        text_wrap=True, border=1, border_color="#8496A6", bg_color=FILLS[code], align="left", indent=1
    )
    grey = book.style(font_size=7.5, font_color="#777777")
    share = f" {CELL_NOTES}/{len(notes)}" if len(notes) > CELL_NOTES else ""
    shown = ["\n• " + sheets.one_line(note, NOTE_WIDTH) for note in notes[:CELL_NOTES]]
    parts = [book.style(bold=True, font_size=11, font_color="#24384B"), block.zh, grey, f" {block.en}{share}"]
    parts += [book.style(font_size=10.5), "".join(shown)] if shown else [grey, "\n（文中没有找到）"]
    sheet.merge_range(top + row, column, top + last_row, last_column, "", style)
    sheet.write_rich_string(top + row, column, *parts, style)


# --- tables ----------------------------------------------------------------------------------


def _evidence_rows(canvas: pd.DataFrame) -> Iterator[list[object]]:
    for r in _records(canvas):
        block = Cell(r["block_zh"], fill=FILLS[r["block"]])
        yield [r["title"], r["company"], block, r["rank"], r["note"], r["quote"], r["page"], r["score"], r["support"],
               r["passage_id"]]  # fmt: skip


def _write_record(book: Book, sheet: Any, ledger: pd.DataFrame, facts: Mapping[str, object]) -> None:
    """What became of every input file, and below it what the run was made with."""
    lines = _facts(facts)
    rows = (
        [
            _file(r),
            Cell(_state(r["status"]), fill="" if r["status"] == "ok" else "#FBE3DC"),
            glossary.explain(r["reason"] or ""),
            glossary.explain(r["warnings"] or ""),
            r["documents"],
            r["extractor"],
        ]
        for r in _records(ledger.head(MAX_FILES))
    )
    if len(ledger) > MAX_FILES:
        book.notices.append(
            f"“{RECORD}”只列出前 {MAX_FILES} 个文件，另有 {len(ledger) - MAX_FILES} 个见 ledger.csv。"
        )
    below = book.table(sheet, glossary.RECORD, rows, reserve=len(lines) + 2, rest="ledger.csv")
    book.write(sheet, below + 1, 0, "版本与校验值", book.style(bold=True, font_size=11, font_color="#24384B"))
    for number, (name, value) in enumerate(lines, start=below + 2):
        style = book.style(font_color="#444444", align="left", valign="vcenter")
        book.write(sheet, number, 0, name, style)
        book.write(sheet, number, 1, value, style)


def _facts(facts: Mapping[str, object]) -> list[tuple[str, object]]:
    """Single facts and versions as (name, value); counts stand in the overview."""
    lines: list[tuple[str, object]] = []
    for name, value in facts.items():
        if name == "versions" and isinstance(value, Mapping):
            lines += [(f"{library} 版本", number) for library, number in value.items()]
        elif isinstance(value, str | int | float):
            lines.append((glossary.FACTS.get(name, name), value))
    return lines


def _state(status: str) -> str:
    return glossary.STATES[status][0] if status in glossary.STATES else status


def _write_overview(
    book: Book,
    sheet: Any,
    ledger: pd.DataFrame,
    documents: pd.DataFrame,
    cells: Mapping[tuple[str, str], list[str]],
    lengths: Mapping[str, int],
    version: str,
) -> None:
    """Title, what this file is, counts, and a row per document."""
    corrected = lengths["corrected"]
    status = Counter(ledger["status"])
    counts = " · ".join(f"{_state(s)} {status[s]}" for s in glossary.STATES)
    human = f"其中 {corrected} 个段落的标注经人工更正。" if corrected else ""
    warning = {"font_color": "#9C3B1B", "bold": True}
    lines: list[tuple[str, dict[str, object]]] = [
        (f"商业模式画布 · {lengths['documents']} 篇文档", {"bold": True, "font_size": 18, "font_color": "#24384B"}),
        (
            f"这份工作簿由 huabu {version} 从案例文本自动生成：“{CANVAS}”每篇文档一张九格画布，“{EVIDENCE}”给出每条便签的原文、页码和得分，"
            f"“{glossary.REVIEW_SHEET}”是最该先看的地方，“{glossary.COMPARISON_SHEET}”把各家公司并排，“{GLOSSARY}”解释每一列和九个模块，“{RECORD}”说明每个文件是否读入。",
            {"font_color": "#444444"},
        ),
        (f"注意：标注由模型给出，会有错漏；引用或评分之前，请在“{EVIDENCE}”中对照原文。{human}", warning),
        (
            f"输入文件 {len(ledger)} 个（{counts}）　文档 {lengths['documents']} 篇　便签 {lengths['canvas']} 条",
            {"bold": True, "font_color": "#24384B"},
        ),
    ]  # fmt: skip
    fits = sheets.MAX_ROWS - len(lines) - 2  # a heading row, and a line for what was left out
    if len(documents) > fits:
        book.notices.append(f"“{OVERVIEW}”只列出前 {fits} 篇（Excel 的行数上限），其余见 documents.csv。")
    if book.cuts:
        book.notices.append(
            f"有 {book.cuts} 个单元格超过 Excel 的字数上限，已截断并标明 CELL_CUT，全文见 CSV。"
        )
    if book.notices:
        lines.append(("".join(book.notices), warning))
    width = sum(column.width for column in glossary.OVERVIEW)
    for row, (text, options) in enumerate(lines):
        style = book.style(**options, text_wrap=True, valign="vcenter")
        sheet.merge_range(row, 0, row, len(glossary.OVERVIEW) - 1, "", style)
        book.write(sheet, row, 0, text, style)
        sheet.set_row(row, 32 if not row else sheets.lines_in(text, width) * sheets.LINE + 5)
    titles = dict(zip(documents["doc_id"], documents["title"], strict=True))
    rows = _overview_rows(documents.head(fits), cells, titles)
    book.table(sheet, glossary.OVERVIEW, rows, first_row=len(lines))


def _overview_rows(
    documents: pd.DataFrame, cells: Mapping[tuple[str, str], list[str]], titles: Mapping[str, str]
) -> Iterator[list[object]]:
    for number, d in enumerate(_records(documents)):
        counts = {code: len(cells.get((d["doc_id"], code), ())) for code in CODES}
        link = f"internal:'{CANVAS}'!A{number * CANVAS_ROWS + 1}"
        drawn = (number + 1) * CANVAS_ROWS <= sheets.MAX_ROWS
        same = titles.get(d["duplicate_of"]) if d["duplicate_of"] else None
        yield [
            d["title"], d["company"], _file(d), _pages(d), sum(counts.values()), sum(map(bool, counts.values())),
            *(Cell(n or None, fill=FILLS[code] if n else "") for code, n in counts.items()),
            Cell("打开", link=link) if drawn else "", f"与《{same}》内容重复" if same else "",
        ]  # fmt: skip
