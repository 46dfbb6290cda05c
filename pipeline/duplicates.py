"""Near-duplicate groups of documents: MinHash proposes, exact Jaccard decides."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rensa import RMinHash, RMinHashLSH

from pipeline.matching import matching_copy
from pipeline.records import Document

SHINGLE = 5  # characters, letters and digits only: layout and punctuation differ between copies
NUM_PERM = 128
BANDS = 32
PROPOSE = 0.5
SAME = 0.7
"""Exact Jaccard of shingle sets from which two documents count as one text: copies that differ
in title, boilerplate or a cut-off end stay above, two essays about one company below 0.2."""
_LETTERS = re.compile(r"[^\w]+|_")


def shingles(text: str) -> frozenset[str]:
    """Character 5-grams of the letters and digits of the matching copy."""
    letters = _LETTERS.sub("", matching_copy(text).text)
    return frozenset(letters[i : i + SHINGLE] for i in range(max(1, len(letters) - SHINGLE + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    union = len(left | right)
    return len(left & right) / union if union else 1.0


def duplicate_of(documents: Sequence[Document]) -> dict[str, str]:
    """doc_id -> doc_id of the first document with the same text; originals are not in it.

    Every document is compared with the originals before it, so a group has one original and the
    answer depends on the order of `documents` only.
    """
    lsh = RMinHashLSH(threshold=PROPOSE, num_perm=NUM_PERM, num_bands=BANDS)
    originals: list[tuple[Document, frozenset[str]]] = []
    found: dict[str, str] = {}
    for document in documents:
        own = shingles(document.text)
        digest = RMinHash(num_perm=NUM_PERM, seed=42)
        digest.update(sorted(own))
        for key in sorted(lsh.query(digest)):
            original, theirs = originals[key]
            if jaccard(own, theirs) >= SAME:
                found[document.doc_id] = original.doc_id
                break
        else:
            lsh.insert(len(originals), digest)
            originals.append((document, own))
    return found
