"""Phrases with gaps: 面向…用户 finds 面向高校和企业用户. Data of the lexicon, like its plain terms."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ahocorasick_rs

GAP = "..."  # `…` on the matching copy
MAX_GAP = 12
"""Characters a gap may span; it never crosses the end of a clause. Beyond 12 the two halves of a
phrase in a prospectus sentence belong to different statements."""
_CLAUSE_END = re.compile(r"[,，。;；!！?？\n\r]")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases ready to be found: their pieces, and an automaton over all distinct pieces."""

    parts: tuple[tuple[int, ...], ...]  # for each phrase, its pieces as indices into `pieces`
    pieces: tuple[str, ...]
    beginning: tuple[tuple[int, ...], ...]  # for each piece, the phrases that begin with it
    automaton: ahocorasick_rs.AhoCorasick | None


def compile_phrases(phrases: Sequence[str]) -> Phrases:
    """Phrases from their written forms.

    Raises ValueError for one with fewer than two pieces or a piece of no character.
    """
    index: dict[str, int] = {}
    parts = []
    for phrase in phrases:
        pieces = phrase.split(GAP)
        if len(pieces) < 2 or not all(pieces):
            raise ValueError(phrase)
        parts.append(tuple(index.setdefault(piece, len(index)) for piece in pieces))
    beginning: list[list[int]] = [[] for _ in index]
    for number, pieces_of in enumerate(parts):
        beginning[pieces_of[0]].append(number)
    automaton = ahocorasick_rs.AhoCorasick(list(index)) if index else None
    return Phrases(tuple(parts), tuple(index), tuple(map(tuple, beginning)), automaton)


def find_phrases(text: str, phrases: Phrases) -> Iterator[tuple[int, int, int]]:
    """(start, end, number of the phrase) of every phrase in a matching copy, each from its leftmost
    beginnings on, with the shortest gaps.

    >>> list(find_phrases("面向高校和企业用户", compile_phrases(["面向...用户", "向...收取...费"])))
    [(0, 9, 0)]
    """
    if phrases.automaton is None:
        return
    starts: dict[int, list[int]] = {}
    for piece, start, _ in phrases.automaton.find_matches_as_indexes(text, overlapping=True):
        starts.setdefault(piece, []).append(start)
    ends = [m.start() for m in _CLAUSE_END.finditer(text)]
    # Only phrases whose beginning is there: to try all 1,400 of them took most of the time of tagging.
    for number in sorted(n for piece in starts for n in phrases.beginning[piece]):
        parts = phrases.parts[number]
        if not all(part in starts for part in parts):
            continue
        free = 0
        for first in starts[parts[0]]:
            if first < free:
                continue
            end = _complete(first, parts, phrases.pieces, starts, ends)
            if end:
                free = end
                yield first, end, number


def _complete(
    first: int,
    parts: Sequence[int],
    pieces: Sequence[str],
    starts: dict[int, list[int]],
    clause_ends: Sequence[int],
) -> int:
    """Where the phrase that begins at `first` ends; 0 if it is not completed in its clause."""
    clause = bisect_left(clause_ends, first)
    limit = clause_ends[clause] if clause < len(clause_ends) else 1 << 60
    at = first + len(pieces[parts[0]])
    for part in parts[1:]:
        places = starts[part]
        index = bisect_left(places, at)
        if index == len(places) or places[index] - at > MAX_GAP or places[index] >= limit:
            return 0
        at = places[index] + len(pieces[part])
    return at
