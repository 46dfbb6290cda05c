"""Tags -> canvas of a document and of a company, with pandas."""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, cast

import pandas as pd

from pipeline import store
from pipeline.blocks import CODES, blocks
from pipeline.matching import matching_copy
from pipeline.opposed import conflicts

Row = dict[str, Any]
SAME_NOTE = 0.6
"""Bigram Jaccard from which two notes say the same thing in other words."""

TAGGED = [
    "doc_id",
    "title",
    "company",
    "block",
    "note",
    "quote",
    "page",
    "passage_id",
    "score",
    "position",
    "years",
    "probability",
]
CANVAS = [
    "doc_id",
    "title",
    "company",
    "block",
    "block_zh",
    "rank",
    "note",
    "quote",
    "page",
    "passage_id",
    "score",
    "support",
    "probability",
    "weak",
    "conflict",
]
COMPANIES = [
    "company",
    "period",
    "block",
    "block_zh",
    "rank",
    "note",
    "quote",
    "support",
    "doc_ids",
    "first_year",
    "last_year",
    "probability",
    "weak",
    "conflict",
]
CELL_NOTES = 6
"""Notes of a cell that are seen at once, wherever a canvas is shown; tables and pages hold them all."""
WEAK = 0.65
"""Of a note less probable than this only the best of a cell is kept, and the cell called weak: probabilities
are learned on our own cases, and on the texts of others such notes are as often wrong as right."""
FAINT = 0.55
"""Below this not even the best of an otherwise empty cell is kept: an empty cell misleads nobody."""


def document_canvas(tagged: pd.DataFrame) -> pd.DataFrame:
    """One row per document, block and note, best first.

    `tagged` has a row per tag: doc_id, title, company, block, note, quote, page, passage_id, score,
    position. Notes that say the same are one note; `support` counts their passages.
    """
    rows: list[dict[str, object]] = []
    best = {"score": False, "position": True}
    for (_, block), group in _groups(tagged, ["doc_id", "block"], best):
        notes = _sure(merge(group))
        against = conflicts([str(row["note"]) for row, _ in notes])
        for rank, ((row, members), conflict) in enumerate(zip(notes, against, strict=True), start=1):
            own = {"block_zh": blocks()[str(block)].zh, "rank": rank, "support": len(members)}
            rows.append({**row, **own, **_certainty(members), "conflict": conflict})
    return pd.DataFrame(rows, columns=CANVAS)


def company_canvas(tagged: pd.DataFrame) -> pd.DataFrame:
    """One row per company, block and note; `support` counts the documents that say so.

    Rows of duplicate documents must not be in `tagged`. Ranked by support, then by score.
    """
    return _of_companies(tagged.assign(period="") if len(tagged) else tagged)


def period_canvas(dated: pd.DataFrame) -> pd.DataFrame:
    """One row per company, period, block and note, like `company_canvas`; periods as they first come.

    `dated` has a row per tag and period it speaks of: the columns of `tagged`, `period` (its label),
    `first` and `last` (its calendar years, missing for a stage that nothing dates).
    """
    return _of_companies(dated)


def _of_companies(tagged: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    named = tagged[tagged["company"] != ""] if len(tagged) else tagged
    best = {"score": False, "doc_id": True, "position": True}
    for (company, period, block), group in _groups(named, ["company", "period", "block"], best):
        entries: list[dict[str, Any]] = []
        for row, members in _sure(merge(group)):
            own = {y for y in (row.get("first"), row.get("last")) if y and not math.isnan(y)}
            named_years = {int(y) for m in members for y in str(m["years"]).split(";") if y}
            years = sorted(map(int, own or named_years))
            documents = sorted({str(m["doc_id"]) for m in members})
            entries.append(
                {
                    "company": company,
                    "period": period,
                    "block": block,
                    "block_zh": blocks()[str(block)].zh,
                    "note": row["note"],
                    "quote": row["quote"],
                    "support": len(documents),
                    "doc_ids": ";".join(documents),
                    "first_year": years[0] if years else None,
                    "last_year": years[-1] if years else None,
                    **_certainty(members),
                    "_score": row["score"],
                }
            )
        entries.sort(key=lambda e: (-e["support"], -e["_score"], e["note"]))
        against = conflicts([str(entry["note"]) for entry in entries])
        rows += [
            {**entry, "rank": rank, "conflict": conflict}
            for rank, (entry, conflict) in enumerate(zip(entries, against, strict=True), start=1)
        ]
    table = pd.DataFrame(rows, columns=COMPANIES)
    return table.astype({"first_year": "Int64", "last_year": "Int64"})


def _sure(notes: list[tuple[Row, list[Row]]]) -> list[tuple[Row, list[Row]]]:
    """The best note of a cell unless it is faint, and those that are not weak: a cell says something
    rather than nothing, but what may as well be wrong does not stand beside what is right."""
    least = [FAINT, *[WEAK] * (len(notes) - 1)]
    return [n for n, p in zip(notes, least, strict=True) if _certainty(n[1])["probability"] >= p]


def _certainty(members: Sequence[Row]) -> Row:
    """How sure the tagger is of a note: of the surest of the passages that say it."""
    probability = max(float(m["probability"]) for m in members)
    return {"probability": probability, "weak": probability < WEAK}


def wide_columns() -> list[str]:
    return ["doc_id", "title", "company", *(blocks()[code].zh for code in CODES)]


def wide(canvas: pd.DataFrame, documents: pd.DataFrame, *, notes: int = CELL_NOTES) -> pd.DataFrame:
    """One row per document with the nine blocks as columns, the best notes joined by `；`."""
    best = canvas[canvas["rank"] <= notes] if len(canvas) else canvas
    cells: dict[tuple[str, str], list[str]] = {}
    for doc_id, block, note in zip(best["doc_id"], best["block"], best["note"], strict=True):
        cells.setdefault((doc_id, block), []).append(note)
    rows = [
        {
            "doc_id": d.doc_id,
            "title": d.title,
            "company": d.company,
            **{blocks()[code].zh: "；".join(cells.get((str(d.doc_id), code), ())) for code in CODES},
        }
        for d in documents.itertuples()
    ]
    return pd.DataFrame(rows, columns=wide_columns())


def merge(rows: Iterable[Row]) -> list[tuple[Row, list[Row]]]:
    """Notes of one cell, given best first, each with the rows that say the same."""
    kept: list[tuple[Row, list[Row]]] = []
    index = _Notes()
    for row in rows:
        same = index.place(str(row["note"]))
        if same < len(kept):
            kept[same][1].append(row)
        else:
            kept.append((row, [row]))
    return kept


def plain_of(note: str) -> str:
    """What a note is compared by: letters and digits, without filler, one word for synonyms.

    >>> plain_of("向消費者提供優質的服務") == plain_of("为用户提供优质服务")
    True
    >>> plain_of("以公开招标模式进行投标")
    '公开招投标'
    """
    text = re.sub(r"\W", "", matching_copy(note).text)
    plain = _sames().sub(lambda m: synonyms()[m.group()], text)
    return re.sub(r"(\D{2,})\1+", r"\1", plain) or text


def figures_of(note: str) -> frozenset[str]:
    """The figures of a note: notes of different figures are never one."""
    return frozenset(re.findall(r"\d+(?:[.,]\d+)*", matching_copy(note).text))


@cache
def synonyms() -> dict[str, str]:
    """Word -> the word that stands for it, empty for filler (`notes.toml`)."""
    table = tomllib.loads(store.resource_text("notes.toml"))
    groups = [line.split() for line in table["same"]["words"].splitlines()]
    found = {word: group[0] for group in groups for word in group}
    return found | dict.fromkeys(table["filler"]["words"].split(), "")


@cache
def _sames() -> re.Pattern[str]:
    return re.compile("|".join(sorted(synonyms(), key=lambda word: (-len(word), word))))


class _Notes:
    """The different notes of a cell, found by the bigrams they share: comparing every pair takes
    minutes where thousands of documents speak of one company."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, frozenset[str]], int] = {}  # words and figures -> place
        self.kept: list[tuple[str, frozenset[str], frozenset[str]]] = []
        self.holding: defaultdict[str, list[int]] = defaultdict(list)  # bigram -> places
        self.rarest: defaultdict[str, list[int]] = defaultdict(list)  # the same, one bigram a note

    def place(self, note: str) -> int:
        """The place of the first note that says the same; the next free one if none does."""
        plain, figures = plain_of(note), figures_of(note)
        key = (plain, figures)
        if key not in self.places:
            self.places[key] = self._find(plain, figures)
        return self.places[key]

    def _find(self, plain: str, figures: frozenset[str]) -> int:
        grams = frozenset(plain[i : i + 2] for i in range(max(1, len(plain) - 1)))
        rare = sorted(grams, key=lambda gram: (len(self.holding.get(gram, ())), gram))
        # What shares so much with this note, or holds it, has one of any so many of its bigrams; what
        # this note holds has its own rarest here.
        some = rare[: len(grams) - math.ceil(SAME_NOTE * len(grams) - 1e-9) + 1]
        near = {place for gram in some for place in self.holding.get(gram, ())}
        near |= {place for gram in grams for place in self.rarest.get(gram, ())}
        for place in sorted(near):
            text, other, theirs = self.kept[place]
            if figures and theirs and figures != theirs:
                continue
            inside = len(plain) >= 4 and (plain in text or (text in plain and len(text) >= 4))
            if inside or len(grams & other) >= SAME_NOTE * len(grams | other):
                return place
        for gram in grams:
            self.holding[gram].append(len(self.kept))
        self.rarest[rare[0]].append(len(self.kept))
        self.kept.append((plain, grams, figures))
        return len(self.kept) - 1


def _groups(
    table: pd.DataFrame, by: list[str], best: dict[str, bool]
) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Rows of each group, best first (column -> ascending), groups in order of first appearance,
    blocks (the last of `by`) in canvas order."""
    if table.empty:
        return
    owners = zip(*(table[name] for name in by[:-1]), strict=True)
    order = {key: number for number, key in enumerate(dict.fromkeys(owners))}
    ranked = table.sort_values(list(best), ascending=list(best.values()), kind="stable", ignore_index=True)
    rows = cast(list[Row], ranked.to_dict("records"))
    places = cast(dict[tuple[str, ...], Sequence[int]], ranked.groupby(by, sort=False).indices)
    for key in sorted(places, key=lambda key: (order[key[:-1]], CODES.index(key[-1]))):
        yield key, [rows[place] for place in places[key]]
