"""Passage + context -> named, additive features.

Every feature belongs to one row that an explanation can show: a lexicon term, a word, a character
n-gram, a heading or a fact about the passage. The model only ever adds them up.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline.blocks import CODES, lead_name, name_to_codes, names_in, sections_in
from pipeline.lexicon import Lexicon, find
from pipeline.matching import MatchingCopy, matching_copy
from pipeline.records import Match, Role
from pipeline.tokens import tokenize

HEADING_NAME = 2.0
"""What a block's own name in a heading counts; a lexicon term there counts its weight."""
MAX_HEADING = 3.0
MAX_CELL = 40  # characters: a short line right under the bare name of a block fills its cell
TFIDF_LENGTH = 2.0  # beside lexicon sums of 1 to 4, a length of 1 leaves n-grams without a voice


@dataclass(frozen=True, slots=True)
class Subject:
    """What a passage is classified by: its text, role, headings and the passages around it."""

    text: str
    role: Role = "body"
    heading_path: tuple[str, ...] = ()
    bare: bool = False
    previous: str = ""
    following: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or character n-gram in a passage: how often, and where first (offsets as written)."""

    count: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Features:
    """Named values of one passage, by kind."""

    lexicon: tuple[Match, ...]  # one per distinct term and block: the first occurrence
    words: dict[str, Term]
    chars: dict[str, Term]
    dense: dict[str, float]  # `heading:CH`, `outer:CH`, `role:table` …


def dense_names() -> tuple[str, ...]:
    """Names of the dense features, in the order of their columns."""
    per_block = [
        f"{kind}:{code}" for kind in ("heading", "outer", "lead", "section", "cell") for code in CODES
    ]
    return (
        *per_block,
        "role:heading",
        "role:table",
        "role:bullet",
        "no_verb_end",
        "short",
        "long",
        "question",
        "digits",
        "year_start",
    )


def extract(subject: Subject, lexicon: Lexicon) -> Features:
    """The features of a passage."""
    copy = matching_copy(subject.text)
    return Features(
        lexicon=_distinct(find(copy, lexicon)),
        words=_words(copy),
        chars=_chars(copy),
        dense=_dense(subject, lexicon),
    )


def _distinct(matches: Iterable[Match]) -> tuple[Match, ...]:
    """A term said twice proves no more than once."""
    first: dict[tuple[str, str], Match] = {}
    for match in matches:
        first.setdefault((match.block, match.term), match)
    return tuple(first.values())


def _words(copy: MatchingCopy) -> dict[str, Term]:
    tokens = tokenize(copy)
    grams = [(t, s, e) for t, s, e in tokens]
    grams += [(f"{a} {b}", s, e) for (a, s, _), (b, _, e) in itertools.pairwise(tokens)]
    return _counted(grams, copy)


def _chars(copy: MatchingCopy) -> dict[str, Term]:
    """Character bigrams and trigrams of Han text (also over word borders, within punctuation)."""
    text = copy.text
    grams = []
    for size in (2, 3):
        for i in range(len(text) - size + 1):
            gram = text[i : i + size]
            if all("\u3400" <= char <= "\u9fff" for char in gram):
                grams.append((gram, i, i + size))
    return _counted(grams, copy)


def _counted(grams: Sequence[tuple[str, int, int]], copy: MatchingCopy) -> dict[str, Term]:
    counts = Counter(gram for gram, _, _ in grams)
    first: dict[str, Term] = {}
    for gram, start, end in grams:
        if gram not in first:
            first[gram] = Term(counts[gram], *copy.span(start, end))
    return first


def _dense(subject: Subject, lexicon: Lexicon) -> dict[str, float]:
    values: dict[str, float] = {}
    path = subject.heading_path
    lead = lead_name(matching_copy(subject.text).text)
    for kind, headings in (("heading", (*path[-1:], lead)), ("outer", path[:-1]), ("lead", (lead,))):
        for code, value in heading_votes([h for h in headings if h], lexicon).items():
            values[f"{kind}:{code}"] = value
    for code in sections_in(matching_copy(path[-1]).text) if path else ():
        values[f"section:{code}"] = 1.0
    text = subject.text.strip()
    if path and len(text) <= MAX_CELL and text[-1:] not in "。！？!?":
        codes = name_to_codes().get(matching_copy(path[-1]).text, ())
        if len(codes) == 1:
            values[f"cell:{codes[0]}"] = HEADING_NAME
    flags = {
        "role:heading": subject.role == "heading",
        "role:table": subject.role == "table",
        "role:bullet": text[:1] in "-*•·●■□>+" or text[:1].isdigit(),
        "no_verb_end": text[-1:] not in "。！？；;!?.",
        "short": len(text) <= 12,
        "long": len(text) >= 60,
        "question": text[-1:] in "?？",
        "digits": sum(c.isdigit() for c in text) >= 8,
        "year_start": text[:2] in ("19", "20") and text[2:4].isdigit(),
    }
    values |= {name: 1.0 for name, on in flags.items() if on}
    return values


def heading_votes(headings: Sequence[str], lexicon: Lexicon) -> dict[str, float]:
    """Code -> how strongly the headings speak for it (at most MAX_HEADING)."""
    votes: dict[str, float] = {}
    for heading in headings:
        copy = matching_copy(heading)
        for name, _ in names_in(copy.text):
            codes = name_to_codes()[name]
            for code in codes:
                votes[code] = votes.get(code, 0.0) + HEADING_NAME / len(codes)
        for match in _distinct(find(copy, lexicon)):
            votes[match.block] = votes.get(match.block, 0.0) + match.weight
    return {code: min(MAX_HEADING, value) for code, value in votes.items()}


class Placed(Protocol):
    """Anything that knows where a text stands: a Passage, or what `annotate` says."""

    @property
    def role(self) -> Role: ...
    @property
    def heading_path(self) -> tuple[str, ...]: ...
    @property
    def bare(self) -> bool: ...


def subjects_of(texts: Sequence[str], places: Sequence[Placed]) -> list[Subject]:
    """The passages of one document in their order, each with its place, ready to be weighed."""
    around = zip(texts, places, ["", *texts][: len(texts)], [*texts[1:], ""][: len(texts)], strict=True)
    return [
        Subject(text, place.role, place.heading_path, place.bare, previous, following)
        for text, place, previous, following in around
    ]


def tfidf(
    terms: dict[str, Term], vocabulary: dict[str, int], idf: npt.NDArray[np.float64]
) -> dict[int, float]:
    """Column -> sublinear tf × idf, scaled to length TFIDF_LENGTH over the terms the model knows."""
    raw = {
        column: (1.0 + math.log(term.count)) * float(idf[column])
        for gram, term in terms.items()
        if (column := vocabulary.get(gram)) is not None
    }
    norm = math.sqrt(sum(value * value for value in raw.values()))
    return {column: TFIDF_LENGTH * value / norm for column, value in sorted(raw.items())} if norm else {}
