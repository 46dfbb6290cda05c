"""Companies side by side, distinctive terms, changes between periods."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import canvas, compare
from pipeline.blocks import CODES
from pipeline.period import in_heading, in_text
from pipeline.report.companies import CompanyRows
from pipeline.report.terms import terms_of
from pipeline.store import resource_text


def notes(*rows: tuple[str, str, str, str, int, float], period: str = "") -> pd.DataFrame:
    """(company, block, note, documents, rank, probability) -> companies."""
    return pd.DataFrame(
        [
            {
                "company": c, "period": period, "block": b, "block_zh": "", "rank": r, "note": n, "quote": n,
                "support": len(d.split(";")), "doc_ids": d, "first_year": None, "last_year": None,
                "probability": p, "weak": False,
            }
            for c, b, n, d, r, p in rows
        ],
        columns=canvas.COMPANIES,
    )  # fmt: skip


def test_matrix_has_every_block_of_every_company():
    table = compare.matrix(
        notes(
            ("甲", "CH", "官网直销", "a;b", 1, 0.9),
            ("甲", "CH", "线下门店", "a", 2, 0.6),
            ("甲", "RS", "会员年费", "c", 1, 0.6),
            ("乙", "KP", "代工厂", "d", 1, 0.5),
        )
    )
    assert list(table.columns) == compare.COMPARISON
    assert list(table["block"]) == [*CODES, *CODES]
    cell = table[(table["company"] == "甲") & (table["block"] == "CH")].iloc[0]
    assert (cell["notes"], cell["support"], cell["strength"], cell["best_note"], cell["gap"]) == (
        2, 2, 0.8, "官网直销", False,
    )  # fmt: skip
    gap = table[(table["company"] == "乙") & (table["block"] == "RS")].iloc[0]
    assert (gap["notes"], gap["strength"], gap["best_note"], gap["gap"]) == (0, 0.0, "", True)
    assert table.groupby("company")["strength"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert table["gap"].sum() == 15


def test_nothing_compares_to_nothing():
    assert list(compare.matrix(notes()).columns) == compare.COMPARISON
    assert compare.changes(notes()).empty
    assert compare.distinctive({}).empty


def test_distinctive_terms_show_their_counts():
    table = compare.distinctive(
        {"甲": {"会员": 20, "公司": 50, "罕见": 2}, "乙": {"门店": 30, "公司": 70, "会员": 1}}
    )
    assert list(zip(table["owner"], table["term"], table["count"], table["others"], strict=True)) == [
        ("甲", "会员", 20, 1),
        ("乙", "门店", 30, 0),
    ]
    assert (table["z"] >= compare.MIN_Z).all()


def test_one_owner_has_nothing_to_be_told_from():
    assert compare.distinctive({"甲": {"会员": 20, "公司": 50}}).empty
    assert compare.distinctive({"甲": {"会员": 20}}).empty


def test_z_is_that_of_the_paper():
    """By hand: 20 of 70 against 1 of 101, prior 500 tokens of which 500 · 21 / 171 are the term."""
    (row,) = compare.apart("甲", {"会员": 20, "公司": 50}, {"会员": 21, "公司": 120, "门店": 30}, 171)
    assert row["z"] == pytest.approx(2.159, abs=0.001)


def test_changes_between_periods():
    table = compare.changes(
        pd.concat(
            [
                notes(("甲", "CH", "线下门店", "a", 1, 0.9), ("甲", "RS", "会员年费", "a", 1, 0.9), period="2010年"),
                notes(("甲", "CH", "官网直销", "a", 1, 0.9), ("甲", "CH", "县城的线下门店", "a", 2, 0.9), period="2012年"),
                notes(("甲", "CH", "官网直销", "b", 1, 0.9), ("甲", "RS", "会员年费", "a", 1, 0.9), period="2013年"),
            ]
        )
    )  # fmt: skip
    assert list(table.columns) == compare.CHANGES
    assert list(zip(table["block"], table["period"], table["note"], table["change"], strict=True)) == [
        ("CH", "2010年", "线下门店", "enters"),
        ("CH", "2012年", "线下门店", "stays"),
        ("CH", "2012年", "官网直销", "enters"),
        ("CH", "2013年", "线下门店", "leaves"),
        ("CH", "2013年", "官网直销", "stays"),
        ("RS", "2010年", "会员年费", "enters"),
        ("RS", "2013年", "会员年费", "stays"),
    ]


def row(block: str, note: str, position: int, periods) -> dict[str, object]:
    return {
        "company": "甲", "doc_id": "a", "block": block, "note": note, "quote": note, "score": 1.0,
        "position": position, "years": "", "probability": 0.9, "periods": periods,
    }  # fmt: skip


def test_periods_of_a_company_come_in_time_order(tmp_path):
    waiting = CompanyRows(tmp_path)
    waiting.add(row("CH", "起飞期的门店", 0, in_heading("起飞期")))
    waiting.add(row("CH", "会员商店", 1, in_text("2014年")))
    waiting.add(row("CH", "官网商城", 2, in_heading("起飞期（2010-2012年）")))
    waiting.add(row("KP", "代工厂商", 3, in_text("2009年与2014年")))
    waiting.add(row("KP", "没有日期", 4, ()))
    table = pd.concat(waiting.period_tables(), ignore_index=True)
    waiting.close()
    assert list(table.columns) == canvas.COMPANIES
    shown = table[["period", "block", "note", "first_year", "last_year"]].to_numpy().tolist()
    assert shown == [
        ["2009年", "KP", "代工厂商", 2009, 2009],
        ["起飞期", "CH", "官网商城", 2010, 2012],
        ["起飞期", "CH", "起飞期的门店", 2010, 2012],
        ["2014年", "KP", "代工厂商", 2014, 2014],
        ["2014年", "CH", "会员商店", 2014, 2014],
    ]


def test_common_words_are_no_terms():
    assert terms_of("公司在中国通过各地的门店提供服务，进行配送") == {"门店", "配送"}
    listed = resource_text("common_words.txt").split()
    assert listed == sorted(set(listed))
    assert {"供应商", "会员", "手机", "视频", "团队"}.isdisjoint(listed)
