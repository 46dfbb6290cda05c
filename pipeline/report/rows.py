"""Analysed documents -> the rows of the published tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import company
from pipeline.analyse import Analysed, plain
from pipeline.blocks import join
from pipeline.inputs import Input
from pipeline.notes import note_of
from pipeline.period import periods_of, years
from pipeline.records import Extraction, Skipped
from pipeline.report.tables import PASSAGES

Row = dict[str, object]


def ledger_row(item: Input, documents: int, cleaning: str = "") -> Row:
    """What became of one entry of the input; `cleaning` says how often each rule was used on it."""
    extraction = item.result if isinstance(item.result, Extraction) else None
    skipped = item.result if isinstance(item.result, Skipped) else None
    return {
        "path": item.source.path,
        "path_hex": item.source.path_hex,
        "member": item.source.member,
        "size": item.source.size,
        "sha256": item.source.sha256,
        "type": extraction.type if extraction else "",
        "status": skipped.status if skipped else "ok",
        "reason": skipped.reason if skipped else "",
        "warnings": ";".join(item.warnings),
        "documents": documents,
        "pages": item.pages,
        "extractor": extraction.extractor if extraction else "",
        "cleaning": cleaning,
    }


def document_row(a: Analysed, companies: Mapping[str, str], duplicates: Mapping[str, str]) -> Row:
    document, pages = a.document, [p.page for p in a.passages] or [1]
    own = ("doc_id", "path", "path_hex", "member", "title", "start", "end")
    return {
        **{name: getattr(document, name) for name in own},
        "company": companies[document.doc_id],
        "first_page": min(pages),
        "last_page": max(pages),
        "chars": len(document.text),
        "passages": len(a.passages),
        "duplicate_of": duplicates.get(document.doc_id, ""),
    }


def passage_rows(a: Analysed) -> Iterator[Row]:
    for passage, scores, tags, doubtful in zip(a.passages, a.scores, a.tags, a.doubtful, strict=True):
        yield {
            **{name: getattr(passage, name) for name in PASSAGES[:8]},
            "heading_path": " > ".join(passage.heading_path),
            "role": passage.role,
            "bare": passage.bare,
            "text": passage.text,
            "blocks": join(t.block for t in tags),
            "origin": ";".join(sorted({t.origin for t in tags})),
            "doubtful": ";".join(doubtful),
            **{f"score_{code}": score for code, score in scores.items()},
        }


def evidence_rows(a: Analysed) -> Iterator[Row]:
    for passage, tags in zip(a.passages, a.tags, strict=True):
        for tag in tags:
            for row in tag.evidence:
                yield {"passage_id": passage.passage_id, **plain(row)}


def tag_rows(a: Analysed, name: str, known: company.Names) -> Iterator[Row]:
    """One row per tag with its note: what the canvas is made of."""
    spellings = company.spellings_of(name, known)
    dated = periods_of(a.passages, a.document.title)
    for position, (passage, tags) in enumerate(zip(a.passages, a.tags, strict=True)):
        for tag in tags:
            yield {
                "doc_id": a.document.doc_id,
                "title": a.document.title,
                "company": name,
                "block": tag.block,
                "note": note_of(passage.text, tag.evidence, spellings),
                "quote": passage.text,
                "page": passage.page,
                "passage_id": passage.passage_id,
                "score": tag.score,
                "position": position,
                "years": ";".join(map(str, years(passage.text))),
                "probability": tag.probability,
                "periods": dated[position],
            }
