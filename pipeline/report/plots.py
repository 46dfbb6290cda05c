"""Published tables -> matplotlib figures.

matplotlib is imported where it is used: it takes half a second.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from pipeline.blocks import CODES, blocks
from pipeline.records import TAGGABLE
from pipeline.report import fonts
from pipeline.report.fonts import Letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROLES = {
    "body": ("正文", "#1f5a93"),
    "table": ("表格", "#4f93cf"),
    "heading": ("标题", "#a9cdec"),
    "contents": ("目录", "#55595e"),
    "definition": ("定义", "#7d8288"),
    "author": ("作者", "#a2a6ab"),
    "reference": ("参考文献", "#c3c6ca"),
    "boilerplate": ("套话", "#dfe1e4"),
}


class Tables(Protocol):
    """The published tables that are drawn here; `pipeline.published.Published` is one."""

    @property
    def documents(self) -> pd.DataFrame: ...
    @property
    def passages(self) -> pd.DataFrame: ...
    @property
    def evidence(self) -> pd.DataFrame: ...
    @property
    def canvas(self) -> pd.DataFrame: ...
    @property
    def companies(self) -> pd.DataFrame: ...


def chinese_font() -> str | None:
    """The best installed font that has the names of the nine blocks; None, with a warning, if there
    is none: figures then carry codes and English, never boxes."""
    if chosen := fonts.installed():
        return chosen
    warnings.warn(
        "没有找到中文字体，图中改用英文和代码；请安装 Noto Sans CJK SC（如 apt install fonts-noto-cjk）后重启内核 / "
        "no Chinese font found, figures use English and codes; install Noto Sans CJK SC and restart the kernel",
        stacklevel=2,
    )
    return None


def own_letters() -> Letters:
    return fonts.letters(chinese_font())


def empty_axes(letters: Letters, width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure that the notebook draws once, where it is the value of its cell."""
    import matplotlib.pyplot as plt

    with plt.rc_context({"font.family": list(letters.families), "font.size": 10}):
        figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    plt.close(figure)
    return figure, axes


def _documents(published: Tables, letters: Letters, limit: int) -> tuple[list[str], list[str], str]:
    """The largest documents in their order, their labels, and what to say if others are left out."""
    documents = published.documents
    shown = documents.loc[documents["passages"].nlargest(limit).index.sort_values()]
    labels = [
        letters(title if len(title) <= 16 else f"{title[:15]}…", doc_id)
        for title, doc_id in zip(shown["title"], shown["doc_id"], strict=True)
    ]
    left = len(documents) - len(shown)
    note = (
        letters(f"（最长的 {limit} 篇，另有 {left} 篇）", f" (longest {limit}, {left} more)") if left else ""
    )
    return list(shown["doc_id"]), labels, note


def draw_roles(published: Tables, *, limit: int = 40) -> Figure:
    """Passages of each document by role; blue roles can carry tags, grey ones cannot."""
    from matplotlib.ticker import MaxNLocator

    letters = own_letters()
    ids, labels, note = _documents(published, letters, limit)
    counts = pd.crosstab(published.passages["doc_id"], published.passages["role"]).reindex(
        index=ids, columns=list(_ROLES), fill_value=0
    )
    figure, axes = empty_axes(letters, 9, 1.6 + 0.34 * len(ids))
    left = [0] * len(ids)
    for role, (zh, colour) in _ROLES.items():
        values = [int(v) for v in counts[role]]
        if any(values):
            mark = "" if role in TAGGABLE else letters("（不标注）", " (no tag)")
            label = letters(f"{zh} {role}", role) + mark
            axes.barh(range(len(ids)), values, left=left, color=colour, label=label)
            left = [a + b for a, b in zip(left, values, strict=True)]
    name_rows(axes, letters, labels, letters("每篇文档的段落", "Passages per document and role") + note)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(letters("段落数 passages", "passages"), family=list(letters.families))
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, prop={"family": list(letters.families)}
    )
    return figure


def draw_tags(published: Tables, *, limit: int = 40) -> Figure:
    """Heat map: how many passages of each document carry each block."""
    letters = own_letters()
    ids, labels, note = _documents(published, letters, limit)
    tags = published.passages[["doc_id", "blocks"]].assign(block=published.passages["blocks"].str.split(";"))
    tags = tags.explode("block")
    counts = pd.crosstab(tags["doc_id"], tags["block"]).reindex(index=ids, columns=list(CODES), fill_value=0)
    figure, axes = empty_axes(letters, 9, 1.4 + 0.36 * len(ids))
    values = counts.to_numpy(dtype=int)
    peak = int(values.max()) if values.size else 0
    if values.size:
        axes.imshow(values, cmap="YlOrBr", vmin=0, vmax=max(1, peak), aspect="auto")
    for y, line in enumerate(values):
        for x, value in enumerate(line):
            if value:
                colour = "white" if value > 0.6 * peak else "#1b1e22"
                axes.text(x, y, str(value), ha="center", va="center", color=colour, fontsize=9)
    name_rows(
        axes, letters, labels, letters("每篇文档、每个模块的标签", "Tags per document and block") + note
    )
    axes.set_xticks(
        range(len(CODES)),
        labels=[letters(f"{blocks()[c].zh}\n{c}", c).replace(" ", "\n") for c in CODES],
        family=list(letters.families),
    )
    return figure


def draw_support(published: Tables, company: str) -> Figure:
    """Notes of each block of a company, by how many documents say so."""
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    rows = published.companies[published.companies["company"] == company]
    if rows.empty:
        names = "、".join(dict.fromkeys(published.companies["company"])) or "—"
        raise LookupError(f"{company}: 没有这家公司 no such company; 有 there are: {names}")
    letters = own_letters()
    counts = pd.crosstab(rows["block"], rows["support"]).reindex(index=list(CODES), fill_value=0)
    figure, axes = empty_axes(letters, 9, 4.2)
    left = [0] * len(CODES)
    for number, support in enumerate(counts.columns):
        values = [int(v) for v in counts[support]]
        colour = colormaps["YlOrBr"](0.25 + 0.6 * number / max(1, len(counts.columns) - 1))
        label = letters(f"{support} 篇文档说到", f"said by {support} document(s)")
        axes.barh(range(len(CODES)), values, left=left, color=colour, label=label)
        left = [a + b for a, b in zip(left, values, strict=True)]
    labels = [letters(f"{blocks()[c].zh} {c}", c) for c in CODES]
    name_rows(
        axes, letters, labels, letters(f"{company}：每个模块的便签与支持", "Notes per block, by support")
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(letters("便签数 notes", "notes"), family=list(letters.families))
    axes.legend(frameon=False, prop={"family": list(letters.families)})
    return figure


def name_rows(axes: Axes, letters: Letters, labels: list[str], title: str) -> None:
    """Rows named from top to bottom, and a title."""
    family = list(letters.families)
    axes.set_yticks(range(len(labels)), labels=labels, family=family)
    axes.set_ylim(max(1, len(labels)) - 0.5, -0.5)
    axes.set_title(title, family=family, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
