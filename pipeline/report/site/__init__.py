"""Published tables -> a folder of pages that opens from disk: a page per document and company, search,
comparison and change over time.

Pages are written one by one while the tables are read back: memory does not grow with the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.blocks import CODES, blocks
from pipeline.canvas import CELL_NOTES
from pipeline.report.glossary import BLOCKS, reasons
from pipeline.report.site import companies as company_pages
from pipeline.report.site import limits
from pipeline.report.site.boards import Board, Slip, board
from pipeline.report.site.comparison import block_terms, compared
from pipeline.report.site.drawing import assets, environment
from pipeline.report.site.pages import Illustrate, PagePictures
from pipeline.report.site.proofs import Prover, anchor_of
from pipeline.report.site.reading import DocumentRows, Row, documents, rows_of
from pipeline.report.site.search import SearchFiles
from pipeline.report.site.timelines import timelines

FOLDER = "site"


def write_site(
    stage: store.Stage,
    paths: Mapping[str, Path],
    facts: Mapping[str, object],
    totals: Mapping[str, int],
    illustrate: Illustrate | None = None,
) -> None:
    """Write the pages below `site/`. `paths` are the Parquet files of the tables, `totals` their
    lengths; of `facts` (what `run.json` says) `model` and `huabu` are shown. `illustrate` draws pages
    of the sources; without it, notes have no pictures of theirs."""
    with closing(_Site(stage, paths, facts, totals)) as site:
        if illustrate:
            site.pictures.draw(paths, illustrate, site.put)
        site.write()


class _Site:
    def __init__(
        self,
        stage: store.Stage,
        paths: Mapping[str, Path],
        facts: Mapping[str, object],
        totals: Mapping[str, int],
    ) -> None:
        self.stage = stage
        self.paths = dict(paths)
        self.totals = totals
        self.environment = environment()
        self.environment.globals.update(
            blocks=blocks(),
            meanings=BLOCKS,
            open_notes=CELL_NOTES,
            version=str(facts.get("huabu", "")),
            model=str(facts.get("model", "")),
        )
        self.search = SearchFiles(self.put)
        self.proofs = company_pages.CompanyProofs(self.paths["companies"], stage.root)
        self.pictures = PagePictures()
        self.types: dict[tuple[str, str], str] = {}
        self.documents: list[Row] = []  # what the first page says of each
        self.companies: list[Row] = []
        self.changing: list[Row] = []
        self.told: set[str] = set()  # companies with a page of changes
        self.spoken: Counter[str] = Counter()  # company -> different documents

    def close(self) -> None:
        self.proofs.close()

    def put(self, name: str, data: bytes) -> None:
        self.stage.write(f"{FOLDER}/{name}", data)

    def draw(self, name: str, template: str, **values: Any) -> None:
        text = self.environment.get_template(template).render(**values)
        self.put(name, text.encode("utf-8"))

    def write(self) -> None:
        for name, data in assets().items():
            self.put(name, data)
        ledger = self._read_ledger()
        for document in rows_of(self.paths["documents"]):
            if document["company"] and not document["duplicate_of"]:
                self.spoken[document["company"]] += 1
        # No further: the tables of what gets no page may be a hundred times as long.
        for found in islice(documents(self.paths), limits.MAX_PAGES):
            self._write_document(found)
        self.search.flush()
        self._write_changes()
        self._write_companies()
        self._write_comparison()
        self._write_index(ledger)

    def _read_ledger(self) -> dict[str, Any]:
        """Counts of files, and the first of those that were not read."""
        status: Counter[str] = Counter()
        problems: list[Row] = []
        count = 0
        for row in rows_of(self.paths["ledger"]):
            status["ignored" if row["reason"] == "IGNORED" else row["status"]] += 1
            if row["status"] == "ok" and len(self.types) < 2 * limits.MAX_PAGES:
                self.types[row["path_hex"], row["member"]] = row["type"]
            if row["status"] != "ok" and row["reason"] != "IGNORED":
                count += 1
                if len(problems) < limits.MAX_PAGES:
                    problems.append({name: row[name] for name in ("path", "member", "reason")})
        return {
            "files": sum(status.values()),
            "ok": status["ok"],
            "ignored": status["ignored"],
            "problems": problems,
            "problem_count": count,
        }

    def _write_document(self, found: DocumentRows) -> None:
        document = found.document
        doc_id = document["doc_id"]
        prover = Prover(found, self.pictures)
        canvas = board((row["block"], _slip(row, prover)) for row in found.notes)
        self.proofs.collect(found, prover)
        self.search.add(found, canvas)
        title = document["title"] or document["path"]
        kind = self.types.get((document["path_hex"], document["member"]), "")
        company = document["company"]
        about = {
            **{name: document[name] for name in ("path", "member", "duplicate_of")},
            "doc_id": doc_id, "title": title, "company": company, "type": kind,
            "notes": canvas.size, "filled": canvas.filled,
            "company_page": company_pages.page_of(company) if company else "",
        }  # fmt: skip
        self.documents.append(about)
        self.draw(
            f"d/{doc_id}.html",
            "document.html",
            root="../",
            here="",
            about=about,
            board=canvas,
            passages=[
                {**row, "anchor": anchor_of(row["passage_id"]), "codes": row["blocks"].split(";")}
                for row in found.passages[: limits.MAX_PASSAGES]
            ],
            passage_count=len(found.passages),
        )

    def _write_changes(self) -> None:
        titles = {row["doc_id"]: row["title"] for row in self.documents}
        more = 0
        for line in timelines(self.paths["periods"]):
            if len(self.changing) >= limits.MAX_PAGES:
                more += 1
                continue
            page = company_pages.page_of(line.company)
            self.told.add(line.company)
            self.changing.append(
                {"title": line.company, "page": page, "periods": line.periods, "enters": line.enters, "leaves": line.leaves}
            )  # fmt: skip
            self.draw(
                f"t/{page}", "timeline.html", root="../", here="change", line=line, page=page, titles=titles
            )
        self.draw("change.html", "change.html", root="", here="change", rows=self.changing, more=more)

    def _write_comparison(self) -> None:
        companies, more = compared(self.paths, self.spoken)
        self.draw(
            "compare.html",
            "compare.html",
            root="",
            here="compare",
            companies=companies,
            more=more,
            block_terms=block_terms(self.paths),
            pages={row["title"]: row["page"] for row in self.companies},
        )

    def _write_companies(self) -> None:
        titles = {row["doc_id"]: row["title"] for row in self.documents}
        own: dict[str, list[Row]] = {}
        for row in self.documents:
            if row["company"]:
                own.setdefault(row["company"], []).append(row)
        for company, canvas in company_pages.boards(self.paths["companies"], self.proofs, titles):
            if len(self.companies) >= limits.MAX_PAGES:
                break
            self._write_company(company, canvas, own.pop(company, []))
        for company, rows in own.items():  # nothing is said about them
            if len(self.companies) < limits.MAX_PAGES:
                self._write_company(company, board(()), rows)

    def _write_company(self, company: str, canvas: Board, rows: list[Row]) -> None:
        about = {
            "title": company,
            "page": company_pages.page_of(company),
            "documents": self.spoken[company],
            "notes": canvas.size,
            "filled": canvas.filled,
            "changes": company in self.told,
        }
        self.companies.append(about)
        self.draw(
            f"c/{about['page']}", "company.html", root="../", here="", about=about, board=canvas, rows=rows
        )

    def _write_index(self, ledger: Mapping[str, Any]) -> None:
        kinds = sorted({row["type"] for row in self.documents if row["type"]})
        self.draw(
            "index.html",
            "index.html",
            root="",
            here="index",
            documents=self.documents,
            companies=self.companies,
            kinds=kinds,
            names=sorted({row["company"] for row in self.documents if row["company"]}),
            codes=CODES,
            shards=self.search.count,
            unsearched=self.search.left_out,
            ledger=ledger,
            reasons=reasons(),
            totals=self.totals,
            company_count=len(self.spoken),
        )


def _slip(row: Row, prover: Prover) -> Slip:
    return Slip(
        anchor=f"n-{row['block']}-{row['rank']}",
        text=row["note"],
        quote=row["quote"],
        support=row["support"],
        weak=bool(row["weak"]),
        conflict=row["conflict"],
        proof=prover.proof(row["passage_id"], row["block"], row["note"]),
    )
