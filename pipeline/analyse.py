"""One file text -> its documents with passages, scores and tags, as plain data for the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.classify import decide, doubtful, weigh
from pipeline.features import subjects_of
from pipeline.lexicon import Lexicon
from pipeline.model import Model
from pipeline.records import Document, Evidence, FileText, Passage, SourceFile, Tag
from pipeline.segment import segment
from pipeline.split import split


@dataclass(frozen=True, slots=True)
class Analysed:
    """A document with its passages; scores, tags and doubtful blocks are parallel to them."""

    document: Document
    passages: tuple[Passage, ...]
    scores: tuple[dict[str, float], ...]
    tags: tuple[tuple[Tag, ...], ...]
    doubtful: tuple[tuple[str, ...], ...]


def analyse(file: FileText, source: SourceFile, model: Model, lexicon: Lexicon) -> list[Analysed]:
    """The documents of a file, split, segmented and tagged."""
    found = []
    for document in split(file, source):
        passages = segment(document, file)
        subjects = subjects_of([p.text for p in passages], passages)
        weighed = [weigh(subject, model, lexicon) for subject in subjects]
        found.append(
            Analysed(
                document,
                passages,
                tuple(w.scores for w in weighed),
                tuple(decide(w, model) for w in weighed),
                tuple(doubtful(w, model) for w in weighed),
            )
        )
    return found


def to_json(analysed: Analysed) -> dict[str, Any]:
    """The plain form of an Analysed, for the cache."""
    return {
        "document": plain(analysed.document),
        "passages": [plain(p) for p in analysed.passages],
        "scores": analysed.scores,
        "tags": [
            [{**plain(tag), "evidence": [plain(e) for e in tag.evidence]} for tag in tags]
            for tags in analysed.tags
        ],
        "doubtful": analysed.doubtful,
    }


def plain(record: Any) -> dict[str, Any]:
    """Field -> value of a flat record; `dataclasses.asdict` copies deeply and takes ten times longer."""
    return {name: getattr(record, name) for name in record.__slots__}


def restore(value: dict[str, Any]) -> Analysed:
    """An Analysed back from its JSON form (of the cache)."""
    passages = [Passage(**{**p, "heading_path": tuple(p["heading_path"])}) for p in value["passages"]]
    tags = [
        tuple(Tag(**{**tag, "evidence": tuple(Evidence(**e) for e in tag["evidence"])}) for tag in row)
        for row in value["tags"]
    ]
    unsure = tuple(tuple(codes) for codes in value["doubtful"])
    document = Document(**value["document"])
    return Analysed(document, tuple(passages), tuple(value["scores"]), tuple(tags), unsure)
