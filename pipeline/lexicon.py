"""The keyword lexicon: terms as data, matched on text (not on tokens), longest first, with masks.

`resources/lexicon/<CODE>.csv` holds the terms of a block, `masks.csv` the phrases in which terms
must not fire (融资渠道 is no 渠道). A new term is one line of data.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from pipeline import store
from pipeline.blocks import CODES
from pipeline.matching import MatchingCopy, matching_copy
from pipeline.phrases import GAP, Phrases, compile_phrases, find_phrases
from pipeline.records import Match

KINDS = ("term", "name", "phrase")
MAX_WEIGHT = 5.0


class LexiconError(ValueError):
    """A lexicon file is wrong; the text names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Term:
    """One line of a lexicon file."""

    block: str
    text: str
    kind: str
    weight: float
    origin: str  # where the term was learnt: codebook, prospectus …
    source: str  # file and line: `CH.csv:17`


@dataclass(frozen=True, slots=True)
class Mask:
    text: str
    blocks: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Terms of all blocks and the automata that find them."""

    terms: tuple[Term, ...]
    masks: tuple[Mask, ...]
    by_block: dict[str, tuple[Term, ...]]
    automata: dict[str, ahocorasick_rs.AhoCorasick]  # of the plain terms, in the order of `by_block`
    phrases: tuple[Term, ...]
    phrase_index: Phrases
    mask_automaton: ahocorasick_rs.AhoCorasick | None


def parse_terms(code: str, text: str) -> list[Term]:
    """Terms of one block from CSV text with columns term, kind, weight, source.

    Raises LexiconError naming file and line for unknown columns, kinds, weights or doubles.
    """
    name = f"{code}.csv"
    rows = csv.DictReader(text.splitlines())
    if rows.fieldnames != ["term", "kind", "weight", "source"]:
        raise LexiconError(f"{name}:1: 列应为 columns must be term,kind,weight,source, not {rows.fieldnames}")
    found: list[Term] = []
    seen: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        where = f"{name}:{line}"
        if None in row or any(value is None for value in row.values()):
            raise LexiconError(f"{where}: 列数不对 wrong number of cells")
        term = matching_copy(row["term"].strip()).text
        if not term or term in seen:
            raise LexiconError(f"{where}: 空词或重复 empty or doubled term {term!r} (line {seen.get(term)})")
        if row["kind"] not in KINDS:
            raise LexiconError(f"{where}: kind {row['kind']!r} 应为 must be one of {KINDS}")
        try:
            weight = float(row["weight"])
        except ValueError:
            raise LexiconError(f"{where}: weight {row['weight']!r} 不是数字 is not a number") from None
        if not 0 < weight <= MAX_WEIGHT:
            raise LexiconError(f"{where}: weight {weight} 应在 must be in (0, {MAX_WEIGHT}]")
        if (row["kind"] == "phrase") != (GAP in term) or not all(term.split(GAP)):
            raise LexiconError(
                f"{where}: 带 … 的短语 kind 写 phrase, 两边都要有字 / a term with … is a phrase, with text on both sides"
            )
        if not row["source"].strip():
            raise LexiconError(f"{where}: source 不能为空 must not be empty")
        seen[term] = line
        found.append(Term(code, term, row["kind"], weight, row["source"].strip(), where))
    return found


def parse_masks(text: str) -> list[Mask]:
    """Masks from CSV text with columns mask, blocks, source, why; `*` means every block."""
    rows = csv.DictReader(text.splitlines())
    if rows.fieldnames != ["mask", "blocks", "source", "why"]:
        raise LexiconError(
            f"masks.csv:1: 列应为 columns must be mask,blocks,source,why, not {rows.fieldnames}"
        )
    found: list[Mask] = []
    for line, row in enumerate(rows, start=2):
        codes = set(CODES) if row["blocks"].strip() == "*" else set(row["blocks"].split(";"))
        if not row["mask"].strip() or codes - set(CODES):
            raise LexiconError(
                f"masks.csv:{line}: 空词或未知模块 empty mask or unknown block {row['blocks']!r}"
            )
        found.append(Mask(matching_copy(row["mask"].strip()).text, frozenset(codes), f"masks.csv:{line}"))
    return found


def build(terms: list[Term], masks: list[Mask]) -> Lexicon:
    by_block = {code: tuple(t for t in terms if t.block == code and t.kind != "phrase") for code in CODES}
    phrases = tuple(t for t in terms if t.kind == "phrase")
    return Lexicon(
        terms=tuple(terms),
        masks=tuple(masks),
        by_block=by_block,
        phrases=phrases,
        phrase_index=compile_phrases([t.text for t in phrases]),
        automata={
            code: ahocorasick_rs.AhoCorasick([t.text for t in own]) for code, own in by_block.items() if own
        },
        mask_automaton=ahocorasick_rs.AhoCorasick([m.text for m in masks]) if masks else None,
    )


@cache
def load() -> Lexicon:
    """The shipped lexicon."""
    terms = [t for code in CODES for t in parse_terms(code, store.resource_text(f"lexicon/{code}.csv"))]
    return build(terms, parse_masks(store.resource_text("lexicon/masks.csv")))


def find(text: str | MatchingCopy, lexicon: Lexicon) -> list[Match]:
    """Longest matches of lexicon terms in text, left to right within each block, masks removed.

    A term may lie over a mask's edge or hold a whole mask; it is removed only where it lies inside
    one. Offsets are those of the text as written.

    >>> lexicon = build([Term("CH", "渠道", "term", 1.0, "codebook", "CH.csv:2")],
    ...                 [Mask("融资渠道", frozenset({"CH"}), "masks.csv:2")])
    >>> [(m.term, m.start) for m in find("融资渠道与銷售渠道", lexicon)]
    [('渠道', 7)]
    """
    copy = matching_copy(text) if isinstance(text, str) else text
    masked: list[tuple[int, int, frozenset[str]]] = []
    if lexicon.mask_automaton:
        masked = [
            (start, end, lexicon.masks[index].blocks)
            for index, start, end in lexicon.mask_automaton.find_matches_as_indexes(
                copy.text, overlapping=True
            )
        ]
    phrased: dict[str, list[tuple[int, int, Term]]] = {}
    for start, end, number in find_phrases(copy.text, lexicon.phrase_index):
        term = lexicon.phrases[number]
        phrased.setdefault(term.block, []).append((start, end, term))
    found: list[Match] = []
    for code in CODES:
        # All hits first, then the longest from left to right: a masked hit must not use up the
        # text of a term beside it (部分|销售渠道 holds 分销).
        hits = phrased.get(code, [])
        if automaton := lexicon.automata.get(code):
            own = lexicon.by_block[code]
            hits += [
                (start, end, own[index])
                for index, start, end in automaton.find_matches_as_indexes(copy.text, overlapping=True)
                if _whole_word(copy.text, start, end)
                and not any(s <= start and end <= e and code in blocks for s, e, blocks in masked)
            ]
        free = 0
        for start, end, term in sorted(hits, key=lambda h: (h[0], -h[1])):
            if start >= free:
                free = end
                found.append(
                    Match(code, term.text, term.kind, term.weight, *copy.span(start, end), term.source)
                )
    return found


def _whole_word(text: str, start: int, end: int) -> bool:
    """Latin terms match whole words only: `app` is not in `happy`."""
    before, first = text[start - 1 : start], text[start]
    last, after = text[end - 1], text[end : end + 1]
    joined = (_latin(before) and _latin(first)) or (_latin(last) and _latin(after))
    return not joined


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
