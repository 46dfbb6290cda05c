"""The canvas of one document or company, ready to be drawn, whatever the format."""

from __future__ import annotations

import difflib
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from pipeline.blocks import CODES
from pipeline.canvas import CELL_NOTES
from pipeline.report import boxes, sheets

COMPANIES_NAMED = 20  # in a message about a name that is not there
FONT = "Microsoft YaHei"
"""Named in slides and handouts: in every Office; other programs take a Chinese font of their own."""
INK, GREY, LINE = "#24384B", "#5C636B", "#8496A6"
MARK, WEAK_MARK, OPPOSED_MARK = "•", "◇", "≠"
EMPTY = "（文中没有找到 not found）"
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Tables(Protocol):
    """The published tables that a canvas is drawn from; `pipeline.published.Published` is one."""

    @property
    def documents(self) -> pd.DataFrame: ...
    @property
    def canvas(self) -> pd.DataFrame: ...
    @property
    def companies(self) -> pd.DataFrame: ...


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a canvas is of: its rows of the canvas table, and what `support` counts in them."""

    title: str
    subtitle: str
    cells: pd.DataFrame
    unit: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A canvas to draw: block -> its notes, best first; `totals` counts also those not drawn."""

    title: str
    subtitle: str
    footer: str
    notes: dict[str, tuple[boxes.Note, ...]]
    totals: dict[str, int]


def subject(tables: Tables, key: str) -> Subject:
    """The document with this doc_id, or the company of this name.

    Raises LookupError that names what there is, if the key is neither.
    """
    documents = tables.documents
    own = documents[documents["doc_id"] == key]
    if len(own):
        row = own.iloc[0]
        subtitle = " · ".join(t for t in (str(row["company"]), str(row["path"]), key) if t)
        cells = tables.canvas[tables.canvas["doc_id"] == key]
        return Subject(str(row["title"]), subtitle, cells, "段 passages")
    cells = tables.companies[tables.companies["company"] == key]
    if cells.empty:
        raise LookupError(
            f"{key}: 既不是文档编号也不是公司 neither a doc_id nor a company; {_there_are(tables, key)}"
            f"文档编号在 documents.csv doc_ids are in documents.csv"
        )
    count = len({d for ids in cells["doc_ids"] for d in str(ids).split(";")})
    return Subject(key, f"公司画布 company canvas · {count} 篇文档 documents", cells, "篇 documents")


def _there_are(tables: Tables, key: str) -> str:
    """The companies there are, the most similar names where they are too many."""
    names = list(dict.fromkeys(tables.companies["company"]))
    if len(names) > COMPANIES_NAMED:
        names = difflib.get_close_matches(key, names, n=5, cutoff=0.3) or names[:COMPANIES_NAMED]
    return f"公司 companies: {'、'.join(names) or '—'}; "


def sheet_of(found: Subject) -> Sheet:
    """The sheet of a subject: its best notes, `×2` where two passages or documents say so."""
    notes: dict[str, tuple[boxes.Note, ...]] = {}
    totals: dict[str, int] = {}
    for code in CODES:
        cells = found.cells[found.cells["block"] == code].sort_values("rank")
        totals[code] = len(cells)
        best = cells.head(CELL_NOTES)
        notes[code] = tuple(
            boxes.Note(_line(note) + (f" ×{support}" if support > 1 else ""), bool(weak), bool(conflict))
            for note, support, weak, conflict in zip(
                best["note"], best["support"], best["weak"], best["conflict"], strict=True
            )
        )
    footer = (
        f"便签由 huabu 截自原文，引用前请核对 notes are cut from the text, check before you cite"
        f"　×n：n {found.unit}　{WEAK_MARK}：证据较弱 weak evidence"
        f"　{OPPOSED_MARK}：同格中可能有相反的说法 may be opposed"
    )
    return Sheet(_line(found.title), _line(found.subtitle), footer, notes, totals)


def _line(value: object) -> str:
    """On one line, without what a file cannot hold and without signs that turn the direction of others."""
    return " ".join(_BIDI.sub("", sheets.legal(value)).split())


def mark_of(note: boxes.Note) -> tuple[str, str]:
    """The sign before a note and the colour of its text: what is opposed, then what is weak."""
    sign = OPPOSED_MARK if note.opposed else WEAK_MARK if note.weak else MARK
    return sign, GREY if note.weak else "#111111"


def heading_share(sheet: Sheet, code: str, drawn: int) -> str:
    """` 5/9` where five of nine notes are drawn, empty where all are."""
    return f" {drawn}/{sheet.totals[code]}" if drawn < sheet.totals[code] else ""


def same_dates(package: bytes) -> bytes:
    """An Office file whose ZIP entries carry a fixed date: the same canvas gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
