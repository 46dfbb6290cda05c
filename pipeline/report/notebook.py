"""Published tables -> HTML for notebooks; all that a notebook draws with is imported from here.

itables comes with the extra `notebooks` and is imported where it is used.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import groupby

import pandas as pd

from pipeline.blocks import CODES, blocks
from pipeline.canvas import CELL_NOTES
from pipeline.report.boxes import PLACES
from pipeline.report.company_plots import draw_changes, draw_comparison, draw_terms
from pipeline.report.drawing import subject
from pipeline.report.plots import Tables, chinese_font, draw_roles, draw_support, draw_tags

__all__ = [
    "canvas_html", "chinese_font", "draw_changes", "draw_comparison", "draw_roles", "draw_support", "draw_tags", "draw_terms", "highlight", "start_tables", "table",
]  # fmt: skip

_CSS_FONT = (
    "'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
)
_KINDS = {
    "lexicon": "词典词",
    "tfidf": "词与字组",
    "heading": "标题",
    "context": "语境",
    "intercept": "截距",
    "encoder": "编码器",
}
_ITABLES_ZH = {
    "search": "搜索 search:",
    "lengthMenu": "每页 _MENU_ 行",
    "info": "第 _START_–_END_ 行，共 _TOTAL_ 行",
    "infoEmpty": "没有行",
    "infoFiltered": "（从 _MAX_ 行中筛选）",
    "zeroRecords": "没有符合的行 no matching rows",
    "emptyTable": "没有行 no rows",
}
ROWS = 12  # evidence rows shown by themselves; the rest is one row, so that the sum stays whole
FAINT = 0.04  # of the strongest character: weaker ones stay unmarked, else every character is coloured


# --- canvas ----------------------------------------------------------------------------------


def canvas_html(published: Tables, key: str, *, notes: int = CELL_NOTES) -> str:
    """The nine boxes of a document (by doc_id) or a company (by name), the best notes in each.

    Raises LookupError that lists what there is, if the key is neither.
    """
    found = subject(published, key)
    cells, unit = found.cells, found.unit
    nine = "".join(_box(code, cells[cells["block"] == code], notes, unit) for code in CODES)
    return (
        f'<div lang="zh-CN" style="font-family:{_CSS_FONT};color:#1b1e22;background:#fff;padding:12px;'
        f'overflow-x:auto;line-height:1.45;text-align:left">'
        f'<div style="font-size:20px;font-weight:700">{_esc(found.title)}</div>'
        f'<div style="font-size:12px;color:#5c636b;margin-bottom:8px">{_esc(found.subtitle)}</div>'
        f'<div style="display:grid;grid-template-columns:repeat(10,minmax(84px,1fr));'
        f'grid-template-rows:minmax(150px,auto) minmax(150px,auto) minmax(110px,auto);gap:6px">{nine}</div></div>'
    )


def _box(code: str, cells: pd.DataFrame, notes: int, unit: str) -> str:
    block, (top, left, bottom, right) = blocks()[code], PLACES[code]
    row, column = f"{top + 1}/{bottom + 2}", f"{left + 1}/{right + 2}"
    shown = cells.sort_values("rank").head(notes)
    stickers = "".join(_sticker(note, unit) for note in shown.to_dict("records"))
    if len(cells) > len(shown):
        stickers += (
            f'<div style="font-size:11px;color:#5c636b">… 还有 {len(cells) - len(shown)} 条 more</div>'
        )
    empty = '<div style="font-size:12px;color:#878d94">（没有便签 no note）</div>'
    return (
        f'<div style="grid-column:{column};grid-row:{row};border:1px solid #b9bfc6;border-radius:4px;'
        f'padding:7px;background:#f7f8f9">'
        f'<div style="font-size:14px;font-weight:700">{block.zh}'
        f'<span style="font-size:10.5px;font-weight:400;color:#5c636b"> {code} {_esc(block.en)}</span></div>'
        f"{stickers or empty}</div>"
    )


def _sticker(note: Mapping[object, object], unit: str) -> str:
    page = f"第 {note['page']} 页 · " if "page" in note else ""
    support = int(str(note["support"]))
    quote = _esc(f"{page}{support} {unit} · 原文：{note['quote']}")
    badge = f'<b style="color:#8a5a00"> ×{support}</b>' if support > 1 else ""
    return (
        f'<div title="{quote}" style="font-size:12.5px;'
        f"background:#fff6d6;border:1px solid #efe0a6;border-radius:3px;padding:3px 6px;margin-top:5px;"
        f'overflow-wrap:anywhere">{_esc(note["note"])}{badge}</div>'
    )


# --- why this tag ----------------------------------------------------------------------------


def highlight(published: Tables, passage_id: str, block: str | None = None) -> str:
    """A passage with its evidence marked by strength, and the rows that add up to the score.

    For one block, or for every tag of the passage. Orange speaks for the block, blue dots against
    it. Raises LookupError if there is no such passage.
    """
    rows = published.passages[published.passages["passage_id"] == passage_id]
    if rows.empty:
        raise LookupError(f"{passage_id}: 没有这个段落 no such passage; 编号见 ids are in published.passages")
    row = rows.iloc[0]
    evidence = published.evidence[published.evidence["passage_id"] == passage_id]
    wanted = [block] if block else [code for code in str(row["blocks"]).split(";") if code]
    parts = [_weighed(row, evidence[evidence["block"] == code], code) for code in wanted]
    if not parts:
        parts = [
            _quote(_esc(row["text"])),
            '<div style="font-size:13px">没有标签；各模块差多少用 why() 看 no tag; why() says how far off each block is</div>',
        ]
    place = f"{passage_id} · 第 {row['page']} 页 · {row['role']}" + (
        f" · {row['heading_path']}" if row["heading_path"] else ""
    )
    return (
        f'<div lang="zh-CN" style="font-family:{_CSS_FONT};color:#1b1e22;background:#fff;padding:12px;text-align:left">'
        f'<div style="font-size:12px;color:#5c636b">{_esc(place)}</div>{"".join(parts)}</div>'
    )


def _weighed(row: pd.Series, evidence: pd.DataFrame, code: str) -> str:
    score = float(row[f"score_{code}"])
    head = (
        f'<div style="font-size:16px;font-weight:700;margin-top:10px">{code} {blocks()[code].zh}'
        f'<span style="font-weight:400"> · 得分 score {score:+.6f}</span></div>'
    )
    if evidence.empty:
        return (
            f"{head}{_quote(_esc(row['text']))}<div style='font-size:13px'>这个模块没有标上，证据不在表里，用 why() 看 "
            "not tagged: its evidence is not published, why() has it</div>"
        )
    return f"{head}{_quote(_marked(str(row['text']), evidence))}{_sum_table(evidence)}"


def _quote(inner: str) -> str:
    return (
        f'<div style="font-size:17px;line-height:2;border-left:4px solid #b9bfc6;padding:2px 12px;margin:8px 0;'
        f'white-space:pre-wrap;overflow-wrap:anywhere">{inner}</div>'
    )


def _marked(text: str, evidence: pd.DataFrame) -> str:
    """The text with each character coloured by its share of the evidence that lies over it."""
    strength = [0.0] * len(text)
    for start, end, weight in zip(evidence["start"], evidence["end"], evidence["weight"], strict=True):
        for place in range(start, end) if start >= 0 else ():
            strength[place] += weight / (end - start)
    strength = [round(value, 6) for value in strength]
    peak = max(map(abs, strength), default=0.0)
    parts = []
    for value, run in groupby(zip(text, strength, strict=True), key=lambda pair: pair[1]):
        characters = _esc("".join(char for char, _ in run))
        if not peak or abs(value) < FAINT * peak:
            parts.append(characters)
            continue
        alpha = 0.12 + 0.78 * abs(value) / peak
        style = (
            f"background:rgba(255,165,0,{alpha:.2f})"
            if value > 0
            else f"background:none;border-bottom:3px dotted rgba(30,90,200,{alpha:.2f})"
        )
        parts.append(f'<mark title="{value:+.3f}" style="color:inherit;{style}">{characters}</mark>')
    return "".join(parts)


def _sum_table(evidence: pd.DataFrame) -> str:
    """The strongest rows, the rest as one row, and the sum."""
    ordered = evidence.sort_values("weight", key=abs, ascending=False, kind="stable")
    shown, rest = ordered.head(ROWS), ordered.iloc[ROWS:]
    peak = float(ordered["weight"].abs().max()) or 1.0
    body = "".join(
        _line(
            float(r["weight"]), peak, f"{_KINDS.get(str(r['kind']), '')} {r['kind']}", str(r["term"]) or "—", r["source"]
        )
        for r in shown.to_dict("records")
    )  # fmt: skip
    if len(rest):
        body += _line(float(rest["weight"].sum()), peak, "…", f"其余 {len(rest)} 行 more rows", "")
    total = _line(
        float(ordered["weight"].sum()), 0.0, "合计 sum", f"{len(ordered)} 行 rows", "= 得分 score", bold=True
    )
    heads = "".join(
        f'<th style="text-align:left;padding:3px 8px;border-bottom:2px solid #b9bfc6">{name}</th>'
        for name in ("权重 weight", "", "种类 kind", "词 term", "出处 source")
    )
    return (
        f'<table style="border-collapse:collapse;font-size:12.5px;margin:4px 0 8px 0">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}{total}</tbody></table>"
    )


def _line(
    weight: float, peak: float, kind: object, term: object, source: object, *, bold: bool = False
) -> str:
    width = round(110 * min(1.0, abs(weight) / peak)) if peak else 0
    colour = "#ffa500" if weight > 0 else "#5b86d6"
    bar = f'<div style="width:{width}px;height:9px;background:{colour}"></div>'
    cell = "padding:2px 8px;text-align:left;" + (
        "font-weight:700;border-top:2px solid #b9bfc6" if bold else "border-bottom:1px solid #e4e7ea"
    )
    return (
        f'<tr style="background:#fff"><td style="{cell};text-align:right;font-variant-numeric:tabular-nums">{weight:+.6f}</td>'
        f'<td style="{cell};width:112px">{bar}</td><td style="{cell}">{_esc(kind)}</td>'
        f'<td style="{cell}">{_esc(term)}</td><td style="{cell};color:#5c636b">{_esc(source)}</td></tr>'
    )


def _esc(value: object) -> str:
    return html.escape(str(value))


# --- tables ----------------------------------------------------------------------------------


def start_tables() -> None:
    """Put the table library into the notebook once, so that tables work without a network."""
    from itables import init_notebook_mode

    init_notebook_mode(all_interactive=False, connected=False)


def table(df: pd.DataFrame, *, rows: int = 10) -> str:
    """HTML of a table that can be searched, filtered by column and sorted; call start_tables first.

    Numbers are rounded to three decimals; beyond 4 MB the library shows a sample and says so.
    """
    from itables import to_html_datatable

    html = to_html_datatable(
        df.round(3).reset_index(drop=True),
        connected=False,
        showIndex=False,
        maxBytes="4MB",
        pageLength=rows,
        lengthMenu=[5, 10, 25, 100],
        column_filters="header",
        classes="display compact",
        style="table-layout:auto;width:100%;margin:0;text-align:left",
        display_logo_when_loading=False,
        language=_ITABLES_ZH,
    )
    return str(html)
