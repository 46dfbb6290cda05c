"""Figures of companies side by side and over time."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline import compare
from pipeline.blocks import blocks
from pipeline.report import fonts
from pipeline.report.company_plots import draw_changes, draw_comparison, draw_terms


def note(company, period, block, text):
    return {
        "company": company, "period": period, "block": block, "block_zh": blocks()[block].zh, "rank": 1, "note": text,
        "quote": text, "support": 1, "doc_ids": "d1", "first_year": 2013, "last_year": 2013, "probability": 0.9, "weak": False,
    }  # fmt: skip


ROWS = pd.DataFrame(
    [
        note("小米", "2013年", "CH", "网上商城直销"), note("小米", "2016年", "CH", "线下门店体验"),
        note("小米", "2016年", "CH", "网上商城直销"), note("小$米$", "2019年", "RS", "广告"),
    ]
)  # fmt: skip
TERMS = pd.DataFrame(
    [("", "CH", "渠道通路", 1, "门店", 5, 1, 2.4), ("小米", "", "", 1, "米家", 4, 0, 2.1)],
    columns=compare.TERMS,
)
TABLES = SimpleNamespace(comparison=compare.matrix(ROWS), periods=ROWS, terms=TERMS)
EMPTY = SimpleNamespace(comparison=TABLES.comparison[:0], periods=ROWS[:0], terms=TERMS[:0])


def said(figure) -> str:
    figure.canvas.draw()  # what cannot be drawn fails here
    return "\n".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))


@pytest.mark.skipif(fonts.installed() is None, reason="no Chinese font installed")
@pytest.mark.filterwarnings("error:Glyph")
def test_figures_say_what_the_tables_say():
    shown = said(draw_comparison(TABLES))
    assert "100% (3)" in shown
    assert shown.count("缺") == 16
    assert "5 : 1" in said(draw_terms(TABLES, "CH"))
    assert "米家" in said(draw_terms(TABLES, "", company="小米"))
    shown = said(draw_changes(TABLES, "小米"))
    assert "渠道通路 · 网上商城直销" in shown
    assert "仍在 stays" in shown


def test_figures_of_nothing_and_without_a_chinese_font(monkeypatch):
    said(draw_comparison(EMPTY))
    said(draw_terms(EMPTY, "CH"))
    with pytest.raises(LookupError, match="没有"):
        draw_changes(EMPTY, "小米")
    monkeypatch.setattr(fonts, "installed", lambda: None)
    with pytest.warns(UserWarning, match="fonts-noto-cjk"):
        assert "gap" in said(draw_comparison(TABLES))
