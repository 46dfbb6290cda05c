"""A quote cut at clause borders, and the words that a phrase must not begin or end with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache

from pipeline import store

Span = tuple[int, int]
PAIRS = {"“": "”", "‘": "’", "《": "》", "（": "）", "(": ")", "「": "」", "『": "』", "【": "】", "[": "]"}
_BORDER = re.compile(r"[，,。；;：:！!？?\t|\n]|(?<=\D)\.(?=\s|$)")
_LABEL = "：:"

# Words, as the tokenizer gives them in the matching copy.
LEADING = re.compile(r"(?:随着|由于|因为|为了|为更好|如果|若|一旦|尽管|虽然|虽)")
"""How a clause begins that only leads to the next one."""
LED_BY = re.compile(
    r"(?:根据|按照|依据|依照|针对|除|当|在)[^，,]{1,20}(?:时|后|前|中|上|下|基础上|的同时|情况下|方面|过程中|阶段|领域|计划|需要|要求|标准)"
)
"""What stands before a statement within its clause, and can be spared."""
HOLLOW = re.compile(
    r"(?:方面|(?<!售)后|如下|如下[表图所示]{1,3}|下列|以下|如下图|时|之后|之前|的同时|情况下|基础上|过程中|而言|来说|来看|所述|模式下|背景下|的是|在于|》)$"
)
"""How a clause ends that says nothing by itself."""


@cache
def words(kind: str) -> frozenset[str]:
    """A list of `notes.toml`: words as the tokenizer gives them in the matching copy."""
    found = tomllib.loads(store.resource_text("notes.toml"))[kind]["words"]
    return frozenset(found.split())


def clauses(quote: str) -> list[Span]:
    """Spans of a quote between its clause borders; none within a number (1,813.34) and none within
    brackets or quotation marks that close soon.

    >>> [("2,085名客户，《甲：乙》，丙")[s:e] for s, e in clauses("2,085名客户，《甲：乙》，丙")]
    ['2,085名客户', '《甲：乙》', '丙']
    """
    found: list[Span] = []
    start = 0
    closed = 0
    for at, character in enumerate(quote):
        if at < closed:
            continue
        if close := PAIRS.get(character):
            end = quote.find(close, at + 1, at + 1 + MAX_INSIDE)
            closed = end + 1 if end > 0 and not re.search(r"[。！？\n|]", quote[at:end]) else closed
        elif _BORDER.match(quote, at) and not _in_number(quote, at):
            found.append((start, at))
            start = at + 1
    found.append((start, len(quote)))
    return [(s, e) for s, e in found if quote[s:e].strip()]


MAX_INSIDE = 20
"""Characters between brackets that stay together; beyond, what is inside is clauses of its own."""


def _in_number(quote: str, at: int) -> bool:
    return (
        quote[at] in ",，:：." and quote[at - 1 : at].isdigit() and at > 0 and quote[at + 1 : at + 4].isdigit()
        and len(quote[at + 1 : at + 4]) == 3 and quote[at] not in "，：:"
    )  # fmt: skip


def is_label(quote: str, span: Span) -> bool:
    """Whether a colon follows: what comes after it is said of this."""
    return quote[span[1] : span[1] + 1] in tuple(_LABEL)


def unmatched(text: str) -> set[int]:
    """Places of brackets and quotation marks whose other half is missing."""
    waiting: list[int] = []
    wrong: set[int] = set()
    closing = {close: opening for opening, close in PAIRS.items()}
    for at, character in enumerate(text):
        if character in PAIRS:
            waiting.append(at)
        elif character in closing:
            if waiting and text[waiting[-1]] == closing[character]:
                waiting.pop()
            else:
                wrong.add(at)
    return wrong | set(waiting)


def parts(tokens: Sequence[tuple[str, int, int]], start: int, end: int) -> Iterator[Span]:
    """A clause [start, end) cut before words that join two statements, each part 6 characters at least."""
    joining = words("joining")
    cuts = [s for word, s, _ in tokens if word in joining and s - start >= 6 and end - s >= 6]
    yield from zip([start, *cuts], [*cuts, end], strict=True)
