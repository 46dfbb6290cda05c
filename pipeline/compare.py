"""Companies side by side: how much is said about each block, which terms set one apart, what changes
from one period to the next."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline import canvas
from pipeline.blocks import CODES, blocks

COMPARISON = ["company", "block", "block_zh", "notes", "support", "strength", "best_note", "gap"]
TERMS = ["company", "block", "block_zh", "rank", "term", "count", "others", "z"]
CHANGES = ["company", "block", "block_zh", "period", "note", "change"]
CELLS = ["company", "block", "notes", "support", "mass", "best_note"]
MAX_TERMS = 30  # of a block or company
MIN_COUNT = 3
MIN_Z = 1.96
"""From here a term is used more often than the others use it, at a twentieth of chance."""
PRIOR = 500.0
"""Tokens the prior counts for: about what the tagged passages of one case study hold."""

Counts = Mapping[str, int]


def matrix(companies: pd.DataFrame) -> pd.DataFrame:
    """One row per company and block, also where nothing is said (`gap`); companies as they come.

    `notes` counts notes, `support` the documents behind them. `strength` is the block's share of all
    the evidence of its company (0 to 1, nine blocks add up to 1): every note counts its support
    times its probability, so companies with few and with many documents can be compared.
    """
    return with_gaps(cells(companies))


def cells(companies: pd.DataFrame) -> pd.DataFrame:
    """One row per company and block that has notes: CELLS. `mass` is the evidence of the cell."""
    rows: list[dict[str, Any]] = []
    for (company, block), group in companies.groupby(["company", "block"], sort=False):
        documents = {doc_id for ids in group["doc_ids"] for doc_id in ids.split(";")}
        best = group.loc[group["rank"] == group["rank"].min(), "note"].iloc[0]
        mass = math.fsum(group["support"] * group["probability"])
        rows.append(dict(zip(CELLS, (company, block, len(group), len(documents), mass, best), strict=True)))
    return pd.DataFrame(rows, columns=CELLS)


def with_gaps(cells: pd.DataFrame) -> pd.DataFrame:
    """The comparison of companies whose cells are all in `cells`."""
    rows: list[dict[str, object]] = []
    for company, group in cells.groupby("company", sort=False):
        total = math.fsum(group["mass"]) or 1.0
        found = {row.block: row for row in group.itertuples()}
        for code in CODES:
            cell: Any = found.get(code)
            rows.append(
                {
                    "company": company,
                    "block": code,
                    "block_zh": blocks()[code].zh,
                    "notes": cell.notes if cell else 0,
                    "support": cell.support if cell else 0,
                    "strength": round(cell.mass / total, 4) if cell else 0.0,
                    "best_note": cell.best_note if cell else "",
                    "gap": cell is None,
                }
            )
    return pd.DataFrame(rows, columns=COMPARISON)


def distinctive(counts: Mapping[str, Counts]) -> pd.DataFrame:
    """The terms each owner (a company or block) uses more than all the others together.

    `counts` has the term counts of every owner; columns owner, rank, term, count, others, z, best first.
    """
    return pd.DataFrame(
        list(distinctive_rows(counts)), columns=["owner", "rank", "term", "count", "others", "z"]
    )


def distinctive_rows(counts: Mapping[str, Counts]) -> Iterator[dict[str, object]]:
    whole: defaultdict[str, int] = defaultdict(int)
    for own in counts.values():
        for term, count in own.items():
            whole[term] += count
    total = sum(whole.values())
    for owner, own in counts.items():
        yield from apart(owner, own, whole, total)


def apart(owner: str, own: Counts, whole: Counts, total: int) -> list[dict[str, object]]:
    """The rows of `distinctive` for one owner, `whole` and `total` being the counts of all together.

    z of the log-odds-ratio with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008,
    equations 16, 18 and 22); the prior are the frequencies in all texts, PRIOR tokens in all.
    """
    size = sum(own.values())
    scored: list[tuple[float, str]] = []
    for term, count in own.items():
        if count < MIN_COUNT:
            continue
        others = max(0, whole.get(term, count) - count)
        prior = PRIOR * (count + others) / max(total, 1)
        mine, theirs = count + prior, others + prior
        delta = _log_odds(mine, size + PRIOR) - _log_odds(theirs, total - size + PRIOR)
        z = round(delta / math.sqrt(1 / mine + 1 / theirs), 3)
        if z >= MIN_Z:
            scored.append((z, term))
    scored.sort(key=lambda entry: (-entry[0], entry[1]))
    return [
        {
            "owner": owner,
            "rank": rank,
            "term": term,
            "count": own[term],
            "others": max(0, whole.get(term, own[term]) - own[term]),
            "z": z,
        }
        for rank, (z, term) in enumerate(scored[:MAX_TERMS], start=1)
    ]


def _log_odds(part: float, whole: float) -> float:
    return math.log(part / max(whole - part, 0.5))  # 0.5: an owner whose every token is this term


def changes(periods: pd.DataFrame) -> pd.DataFrame:
    """Which notes of a company `enters`, `stays` or `leaves` a block from one period to the next.

    Notes that say the same in two periods are one note, shown as the earlier period has it. Only
    periods that say something about the block are compared: `leaves` (shown with the period in
    which the note is no longer named) means that the texts name other things instead, not that
    they name nothing. In the first period every note `enters`.
    """
    rows: list[dict[str, object]] = []
    for company, block, group in _cells_of(periods):
        order = {period: number for number, period in enumerate(dict.fromkeys(group["period"]))}
        entries: list[canvas.Row] = [
            {"note": note, "period": period}
            for note, period in zip(group["note"], group["period"], strict=True)
        ]
        notes = [(row["note"], {order[m["period"]] for m in same}) for row, same in canvas.merge(entries)]
        for period, now in order.items():
            for note, seen in notes:
                change = _change(now in seen, now - 1 in seen)
                if change:
                    own = {"company": company, "block": block, "block_zh": blocks()[block].zh}
                    rows.append({**own, "period": period, "note": note, "change": change})
    return pd.DataFrame(rows, columns=CHANGES)


def _cells_of(periods: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(company, block, rows), companies as they come, blocks in canvas order."""
    for company, group in periods.groupby("company", sort=False):
        for code in CODES:
            if len(cell := group[group["block"] == code]):
                yield str(company), code, cell


def _change(now: bool, before: bool) -> str:
    if now:
        return "stays" if before else "enters"
    return "leaves" if before else ""
