"""What cleaning did to a file: named repairs with their place, before and after, and their count.

The names and what they mean are data (`resources/cleaning.toml`), in the order of the pipeline.
"""

from __future__ import annotations

import itertools
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline import shells, store
from pipeline.records import Document, Passage

SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """One named cleaning rule and what it does, in Chinese and English."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Repair:
    """One use of a rule: where, and the text before and after; `times` counts its characters or lines."""

    rule: str
    page: int
    before: str
    after: str
    times: int = 1


@cache
def rules() -> dict[str, Rule]:
    """Every rule by name, in the order in which they are applied."""
    table = tomllib.loads(store.resource_text("cleaning.toml"))
    return {name: Rule(name, entry["zh"], entry["en"]) for name, entry in table.items()}


def count(repairs: Iterable[Repair]) -> dict[str, int]:
    """How often each rule was used, in the order of the rules.

    >>> count([Repair("join_wrapped", 1, "a|b", "ab"), Repair("controls", 1, "x", "", times=3)])
    {'controls': 3, 'join_wrapped': 1}
    """
    counts: Counter[str] = Counter()
    for repair in repairs:
        counts[repair.rule] += repair.times
    return {name: counts[name] for name in rules() if counts[name]}


def tally(counts: dict[str, int]) -> str:
    """The cell of the ledger: `controls:3;join_wrapped:1`."""
    return ";".join(f"{name}:{number}" for name, number in counts.items())


def passage_repairs(document: Document, passages: Sequence[Passage]) -> Iterator[Repair]:
    """What cutting and roles did to the text of a document: passages that cannot carry a tag, the
    markup that their spans leave out, titles and advertising cut off a sentence."""
    last, page = 0, 1
    for passage in passages:
        between = document.text[last : passage.start].strip()
        page = passage.page
        if between:
            yield Repair(shells.rule_of(between), page, short(between), "")
        glued = 0 < last == passage.start and document.text[last - 1] not in "\n 。！？；"
        if passage.rule:
            yield Repair(passage.rule, page, short(passage.text), f"[{passage.role}]")
            if glued and passage.rule == "site_boilerplate":
                yield Repair("site_tail", page, short(document.text[:last], end=True), "|")
        after = document.text[passage.end : passage.end + 1]
        if passage.text == document.title and after.strip():
            yield Repair(
                "title_glued", page, short(document.text[passage.start : passage.end + 20]), passage.text
            )
        last = passage.end
    if rest := document.text[last:].strip():
        yield Repair(shells.rule_of(rest), page, short(rest), "")


def cell(made: Iterable[Repair], documents: Iterable[tuple[Document, Sequence[Passage]]]) -> str:
    """The cell of the ledger for a file: what was done to its text, and to each of its documents."""
    of_passages = (repair for pair in documents for repair in passage_repairs(*pair))
    return tally(count(itertools.chain(made, of_passages)))


def short(text: str, *, end: bool = False) -> str:
    """A text cut to what a line of a listing holds, from its start or its end."""
    if len(text) <= SHOWN_CHARS:
        return text
    return "…" + text[-SHOWN_CHARS:] if end else text[:SHOWN_CHARS] + "…"
