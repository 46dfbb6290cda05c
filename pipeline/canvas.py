"""Tags -> canvas of a document and of a company, with pandas."""

from __future__ import annotations

import re
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
    for (_, block), group in _groups(tagged, ["doc_id", "block"]):
        kept = merge(group.sort_values(["score", "position"], ascending=[False, True], kind="stable"))
        for rank, (row, members) in enumerate(kept, start=1):
            rows.append({**row, "block_zh": blocks()[str(block)].zh, "rank": rank, "support": len(members)})
    return pd.DataFrame(rows, columns=CANVAS)


def company_canvas(tagged: pd.DataFrame) -> pd.DataFrame:
    """One row per company, block and note; `support` counts the documents that say so.

    Rows of duplicate documents must not be in `tagged`. Ranked by support, then by score.
    """
    rows: list[dict[str, Any]] = []
    named = tagged[tagged["company"] != ""] if len(tagged) else tagged
    for (company, block), group in _groups(named, ["company", "block"]):
        entries: list[dict[str, Any]] = []
        ordered = group.sort_values(
            ["score", "doc_id", "position"], ascending=[False, True, True], kind="stable"
        )
        for row, members in merge(ordered):
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


def wide(canvas: pd.DataFrame, documents: pd.DataFrame, *, notes: int = 6) -> pd.DataFrame:
    """One row per document with the nine blocks as columns, the best notes joined by `；`."""
    columns = {code: block.zh for code, block in blocks().items()}
    best = canvas[canvas["rank"] <= notes] if len(canvas) else canvas
    cells = {key: "；".join(group["note"]) for key, group in _groups(best, ["doc_id", "block"])}
    rows = [
        {
            "doc_id": d.doc_id,
            "title": d.title,
            "company": d.company,
            **{columns[code]: cells.get((str(d.doc_id), code), "") for code in CODES},
        }
        for d in documents.itertuples()
    ]
    return pd.DataFrame(rows, columns=["doc_id", "title", "company", *columns.values()])


def merge(group: pd.DataFrame) -> list[tuple[Row, list[Row]]]:
    """Notes of one cell, best first, each with the rows that say the same."""
    kept: list[tuple[Row, list[Row], frozenset[str], str]] = []
    for row in cast(list[Row], group.to_dict("records")):
        plain = re.sub(r"\W", "", matching_copy(str(row["note"])).text)
        grams = frozenset(plain[i : i + 2] for i in range(max(1, len(plain) - 1)))
        for _, members, other, text in kept:
            inside = len(plain) >= 4 and (plain in text or (text in plain and len(text) >= 4))
            if inside or len(grams & other) >= SAME_NOTE * len(grams | other):
                members.append(row)
                break
        else:
            kept.append((row, [row], grams, plain))
    return [(row, members) for row, members, _, _ in kept]


def _groups(table: pd.DataFrame, by: list[str]) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Groups in order of first appearance, blocks in canvas order."""
    if table.empty:
        return []
    groups = cast(list[tuple[tuple[str, str], pd.DataFrame]], list(table.groupby(by, sort=False)))
    order = {key: i for i, key in enumerate(dict.fromkeys(k[0] for k, _ in groups))}
    return sorted(groups, key=lambda item: (order[item[0][0]], CODES.index(item[0][1])))
