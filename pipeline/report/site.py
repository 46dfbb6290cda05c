"""DataFrames -> one offline page with every canvas, each note opening to its quote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd
from jinja2 import Environment, StrictUndefined

from pipeline import store
from pipeline.blocks import CODES, Block, blocks
from pipeline.report.glossary import reasons
from pipeline.report.tables import first_within

Row = dict[str, Any]
PAGE = "site/index.html"
OPEN_NOTES = 6
"""Notes of a cell that are seen at once, as in `canvas_wide`; the others unfold."""
MAX_CANVASES = 1000
"""Documents shown (and companies, and files not read): about 15 MB, what a browser still scrolls."""
MAX_NOTES = 20_000
"""Notes on the canvases of documents, and again on those of companies: another 15 MB."""
MAX_CELL = 60
"""Notes in a cell of a company: hundreds of documents fill it with what only one of them says."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One note with all that stands behind it."""

    text: str
    quote: tuple[tuple[str, bool], ...]  # (piece, whether it is in the note)
    support: int
    score: float | None
    page: int | None
    passage_id: str
    heading_path: str
    title: str = ""  # of its document, on the canvas of a company
    years: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    block: Block
    notes: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The canvas of a document or of a company, and where it is on the page."""

    anchor: str
    title: str
    about: Row
    cells: tuple[Cell, ...]  # one per block, in canvas order

    @property
    def size(self) -> int:
        return sum(len(cell.notes) for cell in self.cells)


def to_site(
    tables: Mapping[str, pd.DataFrame],
    facts: Mapping[str, object],
    totals: Mapping[str, int] | None = None,
) -> dict[str, bytes]:
    """Name below OUT -> bytes of the page.

    `tables` has ledger, documents, passages, canvas, companies as published, or of the last three what
    `excerpt` takes; then `totals` has their lengths. `facts` is what `run.json` says, of which `model`
    (checksum) and `huabu` (version) are shown.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(store.resource_text("templates/index.html"))
    documents, ledger = tables["documents"], tables["ledger"]
    unread = ledger[ledger["status"] != "ok"]
    problems = unread[unread["reason"] != "IGNORED"]
    lengths = totals or {name: len(table) for name, table in tables.items()}
    shown = shown_documents(documents, tables["canvas"])
    companies, cut = _company_sheets(tables)
    html = template.render(
        documents=_document_sheets(shown, tables),
        companies=companies,
        companies_cut=cut,
        problems=_rows(problems.head(MAX_CANVASES)),
        reasons=reasons(),
        counts={
            "files": len(ledger),
            "ok": len(ledger) - len(unread),
            "problems": len(problems),
            "ignored": len(unread) - len(problems),
            "documents": len(documents),
            "companies": documents.loc[documents["company"] != "", "company"].nunique(),
            "passages": lengths["passages"],
            "notes": lengths["canvas"],
        },
        shown=len(shown),
        shown_problems=MAX_CANVASES,
        open_notes=OPEN_NOTES,
        model=str(facts.get("model", "")),
        version=str(facts.get("huabu", "")),
    )
    return {PAGE: html.encode("utf-8")}


def shown_documents(documents: pd.DataFrame, canvas: pd.DataFrame) -> pd.DataFrame:
    """The documents that the page has room for."""
    return first_within(documents.head(MAX_CANVASES), "doc_id", canvas["doc_id"], MAX_NOTES)


def shared_companies(documents: pd.DataFrame) -> dict[str, int]:
    """Companies of which at least two different documents speak -> how many do."""
    own = documents[(documents["company"] != "") & (documents["duplicate_of"] == "")]
    return {name: count for name, count in Counter(own["company"]).items() if count > 1}


def shown_notes(companies: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The notes of these companies that the page has room for: the best of each cell."""
    own = list(names)[:MAX_CANVASES]
    notes = companies[companies["company"].isin(own) & (companies["rank"] <= MAX_CELL)]
    kept = first_within(notes[["company"]].drop_duplicates(), "company", notes["company"], MAX_NOTES)
    return notes[notes["company"].isin(kept["company"])]


def _document_sheets(documents: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    """A canvas for every document, also for one without notes."""
    shown = set(documents["doc_id"])
    canvas = tables["canvas"].loc[tables["canvas"]["doc_id"].isin(shown)]
    wanted = tables["passages"].loc[tables["passages"]["passage_id"].isin(canvas["passage_id"])]
    headings = dict(zip(wanted["passage_id"], wanted["heading_path"], strict=True))
    notes = _by(_rows(canvas), "doc_id")
    sheets: list[Sheet] = []
    for document in _rows(documents):
        slips = [
            (row["block"], _shown(row, {**row, "heading_path": headings.get(row["passage_id"], "")}))
            for row in notes.get(document["doc_id"], [])
        ]
        about = {**document, "twin": document["duplicate_of"] in shown}
        sheets.append(Sheet(document["doc_id"], document["title"] or document["path"], about, _cells(slips)))
    return sheets


def _company_sheets(tables: Mapping[str, pd.DataFrame]) -> tuple[list[Sheet], bool]:
    """(A canvas for every company of which at least two different documents speak, whether there was
    no room for some of them or of their notes)."""
    documents, every = tables["documents"], tables["companies"]
    count = shared_companies(documents)
    kept = shown_notes(every, count)
    cut = len(kept) < int(every["company"].isin(list(count)).sum()) or len(count) > MAX_CANVASES
    notes = _rows(kept)
    places = _places(tables["passages"], {d for row in notes for d in row["doc_ids"].split(";")})
    named = _rows(documents[documents["doc_id"].isin({place["doc_id"] for place in places.values()})])
    titles = {d["doc_id"]: d["title"] or d["path"] for d in named}
    sheets: list[Sheet] = []
    for name, rows in _by(notes, "company").items():
        slips: list[tuple[str, Shown]] = []
        for row in rows:
            # `companies` names documents, not passages: the quote stands in one of them.
            keys = ((doc_id, row["block"], row["quote"]) for doc_id in row["doc_ids"].split(";"))
            place = next((places[key] for key in keys if key in places), {})
            slips.append((row["block"], _shown(row, place, titles.get(place.get("doc_id", ""), ""))))
        about = {"documents": count[name]}
        sheets.append(Sheet(f"c{store.sha256(name.encode())[:10]}", name, about, _cells(slips)))
    return sheets, cut


def _places(passages: pd.DataFrame, doc_ids: set[str]) -> dict[tuple[str, str, str], Row]:
    """(document, block, words) -> the tagged passage with these words that scores highest."""
    tagged = passages.loc[passages["doc_id"].isin(doc_ids) & (passages["blocks"] != "")]
    found: dict[tuple[str, str, str], Row] = {}
    for row in _rows(tagged):
        for code in row["blocks"].split(";"):
            key, score = (row["doc_id"], code, row["text"]), row[f"score_{code}"]
            if key not in found or score > found[key]["score"]:
                found[key] = {**row, "score": score}
    return found


def _shown(row: Row, place: Row, title: str = "") -> Shown:
    """A row of `canvas` or `companies` with the place of its quote."""
    years = [str(y) for y in (row.get("first_year"), row.get("last_year")) if y is not None and pd.notna(y)]
    return Shown(
        text=row["note"],
        quote=tuple(marked(row["quote"], row["note"])),
        support=int(row["support"]),
        score=place.get("score"),
        page=place.get("page"),
        passage_id=place.get("passage_id", ""),
        heading_path=place.get("heading_path", ""),
        title=title,
        years="–".join(dict.fromkeys(years)),
    )


def marked(quote: str, note: str) -> list[tuple[str, bool]]:
    """The quote in pieces, each with whether the note is made of it; nothing of it is lost.

    >>> marked("首先,小米通过\\n官网直销。", "通过 官网直销")
    [('首先,小米', False), ('通过', True), ('\\n', False), ('官网直销', True), ('。', False)]
    >>> marked("小米在官网卖手机。", "人写的便签")
    [('小米在官网卖手机。', False)]
    """
    words = [f"({re.escape(word)})" for word in note.split()]
    for gap in (r"\s+", ".*?") if words else ():  # words side by side, or apart but in their order
        rest = "".join(f"(?>({gap}){word})" for word in words[1:])  # atomic: no backtracking
        if match := re.search(words[0] + rest, quote, re.DOTALL):
            inside = [(text, number % 2 == 0) for number, text in enumerate(match.groups())]
            pieces = [(quote[: match.start()], False), *inside, (quote[match.end() :], False)]
            return [piece for piece in pieces if piece[0]]
    return [(quote, False)]


def _cells(slips: Iterable[tuple[str, Shown]]) -> tuple[Cell, ...]:
    notes: dict[str, list[Shown]] = {code: [] for code in CODES}
    for code, note in slips:
        notes[code].append(note)
    return tuple(Cell(blocks()[code], tuple(notes[code])) for code in CODES)


def _by(rows: list[Row], column: str) -> dict[str, list[Row]]:
    """Rows of each value, values in order of first appearance."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _rows(table: pd.DataFrame) -> list[Row]:
    return cast(list[Row], table.to_dict("records"))
