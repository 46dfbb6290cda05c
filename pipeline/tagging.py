"""Tag ready passages from a table: roles and headings inferred as in `build` where not given."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

from pipeline.blocks import CODES, join
from pipeline.classify import decide, weigh
from pipeline.features import Subject, subjects_of
from pipeline.lexicon import Lexicon
from pipeline.model import Model
from pipeline.segment import annotate


class TableError(ValueError):
    """The input table is wrong; the text names line and remedy."""


def tag_table(text: str, model: Model, lexicon: Lexicon) -> str:
    """CSV text with id,text[,document,heading] -> CSV text with id, blocks and the nine scores.

    One row per input row, in the same order; other columns are ignored. Without `heading`, roles
    and headings are inferred from the passages of a document in their order.
    Raises TableError if `id` or `text` is missing.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # a cell may hold a whole chapter
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = {"id", "text"} - set(reader.fieldnames or ())
    if missing:
        raise TableError(f"缺少列 missing columns {sorted(missing)}; 需要 need id,text")
    rows = list(reader)
    given = "heading" in (reader.fieldnames or ())
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "blocks", *(f"score_{code}" for code in CODES)])
    results: dict[int, list[str]] = {}
    for indices in _documents(rows):
        texts = [rows[i]["text"] or "" for i in indices]
        headings = [rows[i].get("heading") or "" for i in indices] if given else None
        for i, subject in zip(indices, infer(texts, headings), strict=True):
            weighed = weigh(subject, model, lexicon)
            blocks = join(tag.block for tag in decide(weighed, model))
            results[i] = [rows[i]["id"], blocks, *(f"{weighed.scores[c]:.6f}" for c in CODES)]
    for i in range(len(rows)):
        writer.writerow(results[i])
    return out.getvalue()


def infer(texts: Sequence[str], headings: Sequence[str] | None = None) -> list[Subject]:
    """The subjects of one document's passages; `headings` (` > ` between levels) replaces the
    inferred paths where given."""
    found = subjects_of(texts, annotate(texts))
    if headings is None:
        return found
    return [
        replace(s, heading_path=tuple(part.strip() for part in h.split(" > ") if part.strip()))
        for s, h in zip(found, headings, strict=True)
    ]


def _documents(rows: Sequence[dict[str, str]]) -> list[list[int]]:
    """Row numbers of each document, rows of one document in their order."""
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row.get("document") or "", []).append(index)
    return list(groups.values())
