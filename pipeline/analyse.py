"""One file text -> its documents with passages, scores and tags, as plain data for the cache."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.classify import decide, weigh
from pipeline.features import subjects
from pipeline.lexicon import Lexicon
from pipeline.model import Model
from pipeline.records import Document, Evidence, FileText, Passage, SourceFile, Tag
from pipeline.segment import segment
from pipeline.split import split


@dataclass(frozen=True, slots=True)
class Analysed:
    """A document with its passages; scores and tags are parallel to them."""

    document: Document
    passages: tuple[Passage, ...]
    scores: tuple[dict[str, float], ...]
    tags: tuple[tuple[Tag, ...], ...]


def analyse(file: FileText, source: SourceFile, model: Model, lexicon: Lexicon) -> list[Analysed]:
    """The documents of a file, split, segmented and tagged."""
    found = []
    for document in split(file, source):
        passages = segment(document, file)
        own = subjects(
            [p.text for p in passages],
            [p.role for p in passages],
            [p.heading_path for p in passages],
            [p.bare for p in passages],
        )
        weighed = [weigh(subject, model, lexicon) for subject in own]
        found.append(
            Analysed(
                document,
                passages,
                tuple(w.scores for w in weighed),
                tuple(decide(w, model) for w in weighed),
            )
        )
    return found


def restore(value: dict[str, object]) -> Analysed:
    """An Analysed back from its JSON form (of the cache)."""
    raw: dict[str, list[dict[str, object]]] = value  # type: ignore[assignment]
    passages = [
        Passage(**{**p, "heading_path": tuple(p["heading_path"])})  # type: ignore[arg-type]
        for p in raw["passages"]
    ]
    tags = [
        tuple(
            replace(Tag(**{**t, "evidence": ()}), evidence=tuple(Evidence(**e) for e in t["evidence"]))  # type: ignore[arg-type]
            for t in row
        )
        for row in raw["tags"]
    ]
    return Analysed(
        Document(**value["document"]),  # type: ignore[arg-type]
        tuple(passages),
        tuple(raw["scores"]),  # type: ignore[arg-type]
        tuple(tags),
    )
