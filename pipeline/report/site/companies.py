"""The pages of companies: notes from many documents, each with what stands behind it in one of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from pipeline import store
from pipeline.report.site import limits
from pipeline.report.site.boards import Board, Slip, board
from pipeline.report.site.pages import PagePicture
from pipeline.report.site.proofs import Proof, Prover, Weight
from pipeline.report.site.reading import DocumentRows, Row, groups, rows_of

MAX_TITLES = 8  # documents named below a note


def page_of(company: str) -> str:
    """Name of the page of a company, without folder."""
    return f"{store.sha256(company.encode('utf-8', 'surrogatepass'))[:12]}.html"


def _key(company: str, block: str, quote: str) -> str:
    return store.key_of(company, block, quote)[:24]


class CompanyProofs:
    """What stands behind the notes of companies: found while the documents pass by, kept in a scratch
    file of `folder`, read again when the pages of companies are written."""

    def __init__(self, companies: Path, folder: Path) -> None:
        """`companies` is the Parquet file of the table."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by `close`
        self._places: dict[str, int] = {}  # of the note -> offset, -1 until it is found
        self._companies: set[str] = set()
        shown = (row for row in rows_of(companies) if row["rank"] <= limits.MAX_CELL)
        for row in islice(shown, limits.MAX_COMPANY_NOTES):
            self._places[_key(row["company"], row["block"], row["quote"])] = -1
            self._companies.add(row["company"])
        self._end = 0

    def collect(self, found: DocumentRows, prover: Prover) -> None:
        """Keep the proofs of this document that a page of its company will show."""
        doc = found.document
        if doc["company"] not in self._companies or doc["duplicate_of"]:
            return
        for row in found.passages:
            for block in filter(None, row["blocks"].split(";")):
                key = _key(doc["company"], block, row["text"])
                if self._places.get(key) == -1:
                    # The note of a company may be cut from any of its passages: marked when it is shown.
                    proof = prover.proof(row["passage_id"], block, "")
                    line = json.dumps(asdict(proof), ensure_ascii=False).encode() + b"\n" if proof else b""
                    self._places[key] = self._end
                    self._end += self._file.write(line)

    def get(self, company: str, block: str, quote: str) -> Proof | None:
        at = self._places.get(_key(company, block, quote), -1)
        if at < 0:
            return None
        self._file.seek(at)
        raw = json.loads(self._file.readline())
        lists = {name: tuple(map(_tuple, value)) for name, value in raw.items() if isinstance(value, list)}
        weights = tuple(Weight(**value) for value in raw["weights"])
        seen = raw["picture"]
        boxes = tuple(map(tuple, seen["boxes"])) if seen else ()
        picture = PagePicture(**{**seen, "boxes": boxes}) if seen else None
        return Proof(**{**raw, **lists, "weights": weights, "picture": picture})

    def close(self) -> None:
        self._file.close()


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def boards(companies: Path, proofs: CompanyProofs, titles: dict[str, str]) -> Iterator[tuple[str, Board]]:
    """(company, its canvas) in published order. `titles` has the documents that have a page."""
    for company, rows in groups(companies, lambda row: str(row["company"])):
        slips = ((row["block"], _slip(row, proofs, titles)) for row in rows)
        yield company, board(slips)


def _slip(row: Row, proofs: CompanyProofs, titles: dict[str, str]) -> Slip:
    ids = row["doc_ids"].split(";")
    named = [(titles[i], f"../d/{i}.html") for i in ids if i in titles][:MAX_TITLES]
    years = [str(y) for y in (row["first_year"], row["last_year"]) if y is not None]
    proof = proofs.get(row["company"], row["block"], row["quote"]) if row["rank"] <= limits.MAX_CELL else None
    return Slip(
        anchor=f"n-{row['block']}-{row['rank']}",
        text=row["note"],
        quote=row["quote"],
        support=row["support"],
        weak=bool(row["weak"]),
        conflict=row["conflict"],
        proof=proof,
        documents=tuple(named),
        years="–".join(dict.fromkeys(years)),
    )
