"""Near-duplicate groups: documents that are one text, labelled cases that share a passage."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.records import Document
from pipeline.similar import near_duplicates

MIN_SHINGLES = 16  # of a passage that can join two cases: shorter ones (headings, units) are anybody's


def duplicate_of(documents: Sequence[Document]) -> dict[str, str]:
    """doc_id -> doc_id of the first document with the same text; originals are not in it."""
    pairs = near_duplicates([document.text for document in documents])
    return {documents[later].doc_id: documents[first].doc_id for first, later in pairs}


def linked(cases: Sequence[Sequence[str]]) -> list[int]:
    """The group of each case, named by its first case: cases that share a passage, word for word or
    nearly so, are one group, for a fold must not teach what another one asks."""
    owner = [number for number, texts in enumerate(cases) for _ in texts]
    group = list(range(len(cases)))

    def first(case: int) -> int:
        while group[case] != case:
            case = group[case]
        return case

    for left, right in near_duplicates([t for texts in cases for t in texts], at_least=MIN_SHINGLES):
        a, b = sorted((first(owner[left]), first(owner[right])))
        group[b] = a
    return [first(case) for case in range(len(cases))]
