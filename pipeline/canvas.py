"""Tags -> canvas of a document and of a company, with pandas."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import pandas as pd

from pipeline.blocks import CODES, blocks
from pipeline.matching import matching_copy

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
]


def document_canvas(tagged: pd.DataFrame) -> pd.DataFrame:
    """One row per document, block and note, best first.

    `tagged` has a row per tag: doc_id, title, company, block, note, quote, page, passage_id, score,
    position. Notes that say the same are one note; `support` counts their passages.
    """
    rows: list[dict[str, object]] = []
    best = {"score": False, "position": True}
    for (_, block), group in _groups(tagged, ["doc_id", "block"], best):
        for rank, (row, members) in enumerate(merge(group), start=1):
            rows.append({**row, "block_zh": blocks()[str(block)].zh, "rank": rank, "support": len(members)})
    return pd.DataFrame(rows, columns=CANVAS)


def company_canvas(tagged: pd.DataFrame) -> pd.DataFrame:
    """One row per company, block and note; `support` counts the documents that say so.

    Rows of duplicate documents must not be in `tagged`. Ranked by support, then by score.
    """
    rows: list[dict[str, Any]] = []
    named = tagged[tagged["company"] != ""] if len(tagged) else tagged
    best = {"score": False, "doc_id": True, "position": True}
    for (company, block), group in _groups(named, ["company", "block"], best):
        entries: list[dict[str, Any]] = []
        for row, members in merge(group):
            years = sorted({int(y) for m in members for y in str(m["years"]).split(";") if y})
            documents = sorted({str(m["doc_id"]) for m in members})
            entries.append(
                {
                    "company": company,
                    "period": "",
                    "block": block,
                    "block_zh": blocks()[str(block)].zh,
                    "note": row["note"],
                    "quote": row["quote"],
                    "support": len(documents),
                    "doc_ids": ";".join(documents),
                    "first_year": years[0] if years else None,
                    "last_year": years[-1] if years else None,
                    "_score": row["score"],
                }
            )
        entries.sort(key=lambda e: (-e["support"], -e["_score"], e["note"]))
        rows += [{**entry, "rank": rank} for rank, entry in enumerate(entries, start=1)]
    table = pd.DataFrame(rows, columns=COMPANIES)
    return table.astype({"first_year": "Int64", "last_year": "Int64"})


def wide_columns() -> list[str]:
    return ["doc_id", "title", "company", *(blocks()[code].zh for code in CODES)]


def wide(canvas: pd.DataFrame, documents: pd.DataFrame, *, notes: int = 6) -> pd.DataFrame:
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


class _Notes:
    """The different notes of a cell, found by the bigrams they share: comparing every pair takes
    minutes where thousands of documents speak of one company."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}  # letters of a note -> its place
        self.kept: list[tuple[str, frozenset[str]]] = []
        self.holding: defaultdict[str, list[int]] = defaultdict(list)  # bigram -> places
        self.rarest: defaultdict[str, list[int]] = defaultdict(list)  # the same, one bigram a note

    def place(self, note: str) -> int:
        """The place of the first note that says the same; the next free one if none does."""
        plain = re.sub(r"\W", "", matching_copy(note).text)
        if plain not in self.places:
            self.places[plain] = self._find(plain)
        return self.places[plain]

    def _find(self, plain: str) -> int:
        grams = frozenset(plain[i : i + 2] for i in range(max(1, len(plain) - 1)))
        rare = sorted(grams, key=lambda gram: (len(self.holding.get(gram, ())), gram))
        # What shares so much with this note, or holds it, has one of any so many of its bigrams; what
        # this note holds has its own rarest here.
        some = rare[: len(grams) - math.ceil(SAME_NOTE * len(grams) - 1e-9) + 1]
        near = {place for gram in some for place in self.holding.get(gram, ())}
        near |= {place for gram in grams for place in self.rarest.get(gram, ())}
        for place in sorted(near):
            text, other = self.kept[place]
            inside = len(plain) >= 4 and (plain in text or (text in plain and len(text) >= 4))
            if inside or len(grams & other) >= SAME_NOTE * len(grams | other):
                return place
        for gram in grams:
            self.holding[gram].append(len(self.kept))
        self.rarest[rare[0]].append(len(self.kept))
        self.kept.append((plain, grams))
        return len(self.kept) - 1


def _groups(
    table: pd.DataFrame, by: list[str], best: dict[str, bool]
) -> Iterator[tuple[tuple[str, str], list[Row]]]:
    """Rows of each group, best first (column -> ascending), groups in order of first appearance,
    blocks in canvas order."""
    if table.empty:
        return
    order = {key: number for number, key in enumerate(dict.fromkeys(table[by[0]]))}
    ranked = table.sort_values(list(best), ascending=list(best.values()), kind="stable", ignore_index=True)
    rows = cast(list[Row], ranked.to_dict("records"))
    places = cast(dict[tuple[str, str], Sequence[int]], ranked.groupby(by, sort=False).indices)
    for key in sorted(places, key=lambda key: (order[key[0]], CODES.index(key[1]))):
        yield key, [rows[place] for place in places[key]]
