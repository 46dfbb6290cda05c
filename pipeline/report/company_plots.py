"""Companies side by side and over time -> matplotlib figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from pipeline import compare
from pipeline.blocks import CODES, blocks
from pipeline.report.plots import empty_axes, name_rows, own_letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.report.fonts import Letters

# Change -> its mark, colour, Chinese and English name; the marks differ for those who see no colours.
_CHANGES = {
    "enters": ("o", "#2e7d32", "出现 enters", "enters"),
    "stays": ("s", "#55595e", "仍在 stays", "stays"),
    "leaves": ("x", "#b3261e", "不再提到 leaves", "leaves"),
}


class Tables(Protocol):
    """The published tables that are drawn here; `pipeline.published.Published` is one."""

    @property
    def comparison(self) -> pd.DataFrame: ...
    @property
    def periods(self) -> pd.DataFrame: ...
    @property
    def terms(self) -> pd.DataFrame: ...


def draw_comparison(published: Tables, *, limit: int = 30) -> Figure:
    """Heat map of companies and blocks: the block's share of the company's evidence, and its notes.

    Gaps are marked `缺`; the first `limit` companies.
    """
    letters = own_letters()
    table = published.comparison
    names = list(dict.fromkeys(table["company"]))
    shown = names[:limit]
    strength = table.pivot(index="company", columns="block", values="strength").reindex(
        index=shown, columns=list(CODES)
    )
    notes = table.pivot(index="company", columns="block", values="notes").reindex(
        index=shown, columns=list(CODES)
    )
    figure, axes = empty_axes(letters, 10, 1.6 + 0.42 * len(shown))
    peak = float(strength.to_numpy().max()) if shown else 0.0
    if shown:
        axes.imshow(strength.to_numpy(), cmap="YlOrBr", vmin=0, vmax=peak or 1.0, aspect="auto")
    for y, company in enumerate(shown):
        for x, code in enumerate(CODES):
            share, count = float(strength.loc[company, code]), int(notes.loc[company, code])
            text = f"{share:.0%} ({count})" if count else letters("缺", "gap")
            colour = "white" if share > 0.6 * peak else "#1b1e22" if count else "#b3261e"
            axes.text(
                x, y, text, ha="center", va="center", color=colour, fontsize=9, family=list(letters.families)
            )
    left = len(names) - len(shown)
    more = letters(f"（另有 {left} 家）", f" ({left} more)") if left else ""
    title = letters("各模块占该公司证据的份额（便签数）", "Share of the evidence of a company (notes)") + more
    name_rows(axes, letters, [letters(n, f"company {i + 1}") for i, n in enumerate(shown)], title)
    labels = [letters(f"{blocks()[c].zh}\n{c}", c).replace(" ", "\n") for c in CODES]
    axes.set_xticks(range(len(CODES)), labels=labels, family=list(letters.families))
    return figure


def draw_terms(published: Tables, block: str, *, company: str = "", limit: int = 15) -> Figure:
    """The distinctive terms of a block, or of a company where one is named, by their z."""
    table = published.terms
    rows = table[(table["company"] == company) & ((table["block"] == block) | (company != ""))].head(limit)
    letters = own_letters()
    figure, axes = empty_axes(letters, 8, 1.6 + 0.3 * len(rows))
    axes.barh(range(len(rows)), list(rows["z"]), color="#d08a1d")
    for y, (z, count, others) in enumerate(zip(rows["z"], rows["count"], rows["others"], strict=True)):
        axes.text(z, y, f" {count} : {others}", va="center", fontsize=9)
    name = company or (blocks()[block].zh if block in blocks() else block)
    title = letters(
        f"{name}：比别处明显多用的词（这里 : 别处的段落数）", "Distinctive terms (passages here : elsewhere)"
    )
    name_rows(axes, letters, [letters(t, f"term {i + 1}") for i, t in enumerate(rows["term"])], title)
    axes.set_xlabel(letters("对数几率差 z", "z of the log-odds ratio"), family=list(letters.families))
    return figure


def draw_changes(published: Tables, company: str, *, limit: int = 40) -> Figure:
    """Which notes of a company enter, stay in and leave its blocks, period by period.

    Raises LookupError that lists what there is, if nothing of the company is dated.
    """
    own = published.periods[published.periods["company"] == company]
    if own.empty:
        names = "、".join(dict.fromkeys(published.periods["company"])) or "—"
        raise LookupError(f"{company}: 没有标明时期的便签 no dated notes; 有 there are: {names}")
    changes = compare.changes(own)
    letters = own_letters()
    periods = list(dict.fromkeys(own["period"]))
    pairs = list(dict.fromkeys(zip(changes["block"], changes["note"], strict=True)))[:limit]
    figure, axes = empty_axes(letters, 9, 1.8 + 0.34 * len(pairs))
    for kind, (mark, colour, zh, en) in _CHANGES.items():
        rows = changes[changes["change"] == kind]
        places = [
            (periods.index(r.period), pairs.index((r.block, r.note)))
            for r in rows.itertuples() if (r.block, r.note) in pairs
        ]  # fmt: skip
        if places:
            axes.scatter(
                [x for x, _ in places],
                [y for _, y in places],
                marker=mark,
                color=colour,
                s=60,
                label=letters(zh, en),
            )
    labels = [_short(letters, code, note) for code, note in pairs]
    name_rows(axes, letters, labels, letters(f"{company}：便签的出现与消失", "Notes that enter and leave"))
    axes.set_xticks(
        range(len(periods)), labels=[letters(p, p) for p in periods], family=list(letters.families)
    )
    axes.set_xlim(-0.5, len(periods) - 0.5)
    axes.grid(axis="y", color="#e4e7ea")
    axes.set_axisbelow(True)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, prop={"family": list(letters.families)}
    )
    return figure


def _short(letters: Letters, code: str, note: str) -> str:
    cut = note if len(note) <= 20 else f"{note[:19]}…"
    return letters(f"{blocks()[code].zh} · {cut}", code)
