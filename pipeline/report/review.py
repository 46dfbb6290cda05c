"""Two sheets of the workbook: what a reader should check first, and companies side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.blocks import CODES, blocks
from pipeline.report import glossary
from pipeline.report.boxes import FILLS
from pipeline.report.sheets import Book, Cell, one_line

MAX_DOUBTFUL, MAX_WEAK, MAX_UNREAD, MAX_COMPANIES = 3_000, 3_000, 1_000, 500
"""Rows of each kind: what is checked in an afternoon opens at once. More is in the CSV files."""
GAP = "#FBE3DC"


def doubtful(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The passages with a block too near its threshold; `excerpt` gives them as a table of their own."""
    if "doubtful" in tables:
        return tables["doubtful"]
    passages = tables["passages"]
    return passages[passages["doubtful"] != ""]


def write_review(
    book: Book,
    sheet: object,
    tables: Mapping[str, pd.DataFrame],
    documents: pd.DataFrame,
    notes: pd.DataFrame,
) -> None:
    """What to check first, most serious first: files that were not read, notes of a cell
    that oppose one another, cells whose best note is
    weak, passages the model could not decide on."""
    unread = tables["ledger"][tables["ledger"]["status"] == "quarantined"]
    weak = notes[(notes["rank"] == 1) & notes["weak"]]
    opposed = notes[notes["conflict"] != ""]
    unsure = doubtful(tables)
    left = [
        f"{name}列出 {most} 项，其余见 {where}"
        for name, table, most, where in (
            ("没有读成的文件", unread, MAX_UNREAD, "ledger.csv"),
            ("证据弱的格子", weak, MAX_WEAK, "canvas.csv 的 weak 列"),
            ("可能矛盾的便签", opposed, MAX_WEAK, "canvas.csv 的 conflict 列"),
            ("拿不准的段落", unsure, MAX_DOUBTFUL, "passages.csv 的 doubtful 列"),
        )
        if len(table) > most
    ]
    if left:
        book.notices.append(f"“{glossary.REVIEW_SHEET}”只列出一部分：{'；'.join(left)}。")
    rows = _review_rows(
        unread.head(MAX_UNREAD),
        opposed.head(MAX_WEAK),
        weak.head(MAX_WEAK),
        unsure.head(MAX_DOUBTFUL),
        _titles(documents),
    )
    book.table(sheet, glossary.REVIEW, rows, rest="passages.csv")


def _titles(documents: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """doc_id -> title and company."""
    names = zip(documents["title"], documents["company"], strict=True)
    return dict(zip(documents["doc_id"], names, strict=True))


def _review_rows(
    unread: pd.DataFrame,
    opposed: pd.DataFrame,
    weak: pd.DataFrame,
    unsure: pd.DataFrame,
    titles: Mapping[str, tuple[str, str]],
) -> Iterator[list[object]]:
    for r in unread.to_dict("records"):
        place = f"{r['path']}/{r['member']}" if r["member"] else r["path"]
        yield [Cell("文件没有读成", fill=GAP), place, "", "", glossary.explain(r["reason"]), None,
               "这个文件不在画布里；照原因处理后再运行一次", "", ""]  # fmt: skip
    for r in opposed.to_dict("records"):
        block = Cell(r["block_zh"], fill=FILLS[r["block"]])
        why = f"便签“{one_line(r['note'], 60)}”与同一格的“{one_line(r['conflict'], 60)}”可能矛盾"
        yield [Cell("便签可能矛盾", fill=GAP), r["title"], r["company"], block, r["quote"], r["page"], why,
               r["passage_id"], ""]  # fmt: skip
    for r in weak.to_dict("records"):
        block = Cell(r["block_zh"], fill=FILLS[r["block"]])
        yield [Cell("格子证据弱", fill="#FFF3D1"), r["title"], r["company"], block, r["quote"], r["page"],
               f"这一格最好的便签“{one_line(r['note'], 60)}”多半不对：对照原文，不对就删去", r["passage_id"], ""]  # fmt: skip
    for r in unsure.to_dict("records"):
        title, company = titles.get(r["doc_id"], ("", ""))
        given = set(str(r["blocks"]).split(";"))
        codes = [code for code in CODES if code in str(r["doubtful"]).split(";")]
        names = "、".join(blocks()[code].zh for code in codes)
        kept = "、".join(blocks()[code].zh for code in codes if code in given)
        fill = FILLS[codes[0]] if len(codes) == 1 else ""
        why = f"离阈值很近；现在{'标了 ' + kept if kept else '没有标上'}"
        yield ["段落拿不准", title, company, Cell(names, fill=fill), r["text"], r["page"], why,
               r["passage_id"], ""]  # fmt: skip


def write_comparison(book: Book, sheet: object, comparison: pd.DataFrame) -> None:
    """A row per company: how much is said about each block, the best note, gaps."""
    names = list(dict.fromkeys(comparison["company"]))
    shown = comparison[comparison["company"].isin(names[:MAX_COMPANIES])]
    if len(names) > MAX_COMPANIES:
        book.notices.append(
            f"“{glossary.COMPARISON_SHEET}”只列出前 {MAX_COMPANIES} 家公司，其余见 comparison.csv。"
        )
    rows = (_company_row(str(name), own) for name, own in shown.groupby("company", sort=False))
    book.table(sheet, glossary.COMPARISON, rows, rest="comparison.csv")


def _company_row(name: str, own: pd.DataFrame) -> list[object]:
    cells = {r["block"]: r for r in own.to_dict("records")}
    filled = sum(not r["gap"] for r in cells.values())
    row: list[object] = [name, filled, "、".join(blocks()[c].zh for c in CODES if cells[c]["gap"])]
    for code in CODES:
        cell = cells[code]
        if cell["gap"]:
            row.append(Cell("缺", fill=GAP))
        else:
            counts = f"{cell['notes']} 条 · {cell['support']} 篇 · {cell['strength']:.0%}"
            row.append(Cell(f"{counts}\n{one_line(cell['best_note'], 60)}", fill=FILLS[code]))
    return row
