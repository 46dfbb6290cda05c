"""Passage + context -> named, additive features.

Every feature belongs to one row that an explanation can show: a lexicon term, a word, a character
n-gram, a heading or a fact about the passage. The model only ever adds them up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.blocks import CODES, name_to_codes, names_in
from pipeline.lexicon import Lexicon, find
from pipeline.matching import MatchingCopy, matching_copy
from pipeline.records import Match, Role
from pipeline.tokens import tokenize

HEADING_NAME = 2.0
"""What a block's own name in a heading counts; a lexicon term there counts its weight."""
MAX_HEADING = 3.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a passage is classified by: its text, role, headings and the passages around it."""

    text: str
    role: Role = "body"
    heading_path: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    bare: bool = False


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
    per_block = [f"{kind}:{code}" for kind in ("heading", "outer", "neighbour") for code in CODES]
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
    grams += [(f"{a} {b}", s, e) for (a, s, _), (b, _, e) in zip(tokens, tokens[1:], strict=False)]
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
    for kind, headings in (("heading", path[-1:]), ("outer", path[:-1])):
        for code, value in heading_votes(headings, lexicon).items():
            values[f"{kind}:{code}"] = value
    for text in (subject.before, subject.after):
        for match in _distinct(find(text, lexicon)) if text else ():
            key = f"neighbour:{match.block}"
            values[key] = min(MAX_HEADING, values.get(key, 0.0) + match.weight / 2)
    text = subject.text.strip()
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


def subjects(
    texts: Sequence[str], roles: Sequence[Role], paths: Sequence[tuple[str, ...]], bare: Sequence[bool]
) -> Iterator[Subject]:
    """The passages of one document, each with the passages around it."""
    for index, text in enumerate(texts):
        yield Subject(
            text=text,
            role=roles[index],
            heading_path=paths[index],
            before=texts[index - 1] if index else "",
            after=texts[index + 1] if index + 1 < len(texts) else "",
            bare=bare[index],
        )


def tfidf(terms: dict[str, Term], vocabulary: dict[str, int], idf: Sequence[float]) -> dict[int, float]:
    """Column -> sublinear tf × idf, scaled to length 1 over the terms that the model knows."""
    raw = {
        column: (1.0 + math.log(term.count)) * float(idf[column])
        for gram, term in terms.items()
        if (column := vocabulary.get(gram)) is not None
    }
    norm = math.sqrt(sum(value * value for value in raw.values()))
    return {column: value / norm for column, value in sorted(raw.items())} if norm else {}
