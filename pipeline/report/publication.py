"""Analysed documents, one after the other -> every table below a stage, then workbook and page.

Nothing grows with the number of documents but counts: rows go to disk as they come, and what people
look at in one go is read back from there, as much of it as a workbook or a page can hold.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline import canvas, company, compare, store
from pipeline.analyse import Analysed
from pipeline.inputs import Input
from pipeline.report import excerpt, rows, tables
from pipeline.report.companies import CompanyRows
from pipeline.report.site import write_site
from pipeline.report.site.pages import Illustrate
from pipeline.report.terms import TermRows
from pipeline.report.workbook import to_workbook
from pipeline.report.writer import TableWriter

BATCH = 2_000  # tagged rows aggregated at once


class Publication:
    """The tables of one run, filled in the order of the ledger."""

    def __init__(self, stage: store.Stage, known: company.Names, duplicates: Mapping[str, str]) -> None:
        self.stage = stage
        self.known = known
        self.duplicates = duplicates
        self.status: Counter[str] = Counter()
        self.corrected = 0
        self._writers: dict[str, TableWriter] = {}
        try:
            for name, own in tables.PUBLISHED.items():
                self._writers[name] = TableWriter(stage, name, own, csv=name != "evidence")
            self._companies = CompanyRows(stage.root)
            self._terms = TermRows(stage.root)
        except OSError:  # left to themselves, open writers complain when they are forgotten
            for writer in self._writers.values():
                writer.let_go()
            raise
        self._ids: set[str] = set()
        self._tagged: list[rows.Row] = []
        self._documents: list[rows.Row] = []

    def add(self, item: Input, found: Sequence[Analysed], cleaning: str) -> None:
        """An entry of the input and its documents. Raises InvariantError for an id that is taken."""
        row = rows.ledger_row(item, len(found), cleaning)
        self.status[str(row["status"])] += 1
        self._writers["ledger"].add([row])
        for a in found:
            self._add_document(a)

    def _add_document(self, a: Analysed) -> None:
        document = a.document
        self.stage.write(f"text/{document.doc_id}.txt", document.text.encode("utf-8"))
        name = company.company_of(document, self.known)
        passages = {p.passage_id for p in a.passages}
        strangers = any(p.doc_id != document.doc_id for p in a.passages)
        if document.doc_id in self._ids or len(passages) < len(a.passages) or strangers:
            raise store.InvariantError("two passages or documents share an id")
        if any(not p.startswith(f"{document.doc_id}-") for p in passages):
            raise store.InvariantError("passages without a document")
        self._ids.add(document.doc_id)
        self._documents.append(rows.document_row(a, {document.doc_id: name}, self.duplicates))
        self._writers["documents"].add(self._documents[-1:])
        made = list(rows.passage_rows(a))
        self.corrected += sum("human" in str(row["origin"]) for row in made)
        self._writers["passages"].add(made)
        self._writers["evidence"].add(rows.evidence_rows(a))
        tagged = list(rows.tag_rows(a, name, self.known))
        self._tagged += tagged
        if document.doc_id not in self.duplicates:
            self._terms.add(a, name, self.known)
            for row in tagged if name else ():
                self._companies.add(row)
        if len(self._tagged) >= BATCH or len(self._documents) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        """The canvases of the documents that wait."""
        cells = canvas.document_canvas(pd.DataFrame(self._tagged, columns=canvas.TAGGED))
        documents = pd.DataFrame(self._documents, columns=tables.DOCUMENTS)
        self._writers["canvas"].add_frame(cells)
        self._writers["canvas_wide"].add_frame(canvas.wide(cells, documents))
        self._tagged, self._documents = [], []

    def finish(self, facts: Mapping[str, object], illustrate: Illustrate | None = None) -> dict[str, int]:
        """Close the tables and write what is made of them; the number of rows of each."""
        self._flush()
        for part in self._companies.period_tables():
            self._writers["periods"].add_frame(part)
        self._writers["terms"].add(self._terms.rows())
        self._add_companies()
        self._companies.close()
        self._terms.close()
        for writer in self._writers.values():
            writer.close()
        counts = {name: writer.read_back() for name, writer in sorted(self._writers.items())}
        run = {**facts, "counts": counts, "status": dict(sorted(self.status.items()))}
        self.stage.write("run.json", json.dumps(run, ensure_ascii=False, indent=1).encode() + b"\n")
        paths = {name: writer.path for name, writer in self._writers.items()}
        shown = excerpt.read(paths)
        totals = {**counts, "corrected": self.corrected}
        self.stage.write("huabu.xlsx", to_workbook(shown, run, totals))
        write_site(self.stage, paths, run, totals, illustrate)
        return counts

    def _add_companies(self) -> None:
        """The notes of all companies and their comparison; the cells of the last company of a part
        wait, because the next part may hold more of them."""
        waiting = pd.DataFrame(columns=compare.CELLS)
        for part in self._companies.tables():
            self._writers["companies"].add_frame(part)
            cells = pd.concat([waiting, compare.cells(part)]) if len(waiting) else compare.cells(part)
            last = cells["company"] == cells["company"].iloc[-1]
            self._writers["comparison"].add_frame(compare.with_gaps(cells[~last]))
            waiting = cells[last]
        self._writers["comparison"].add_frame(compare.with_gaps(waiting))

    def close(self) -> None:
        """Let go of the files, also where the run ends early."""
        self._companies.close()
        self._terms.close()
        for writer in self._writers.values():
            writer.let_go()
