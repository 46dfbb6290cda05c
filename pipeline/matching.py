"""The matching copy of a text: NFKC, simplified script, lower case, with the map back.

Only this copy is searched and counted; what is shown and quoted stays as written.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import opencc


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@dataclass(frozen=True, slots=True)
class MatchingCopy:
    """`text[i]` comes from `original[offsets[i]]`; `offsets` has one more item, the end."""

    text: str
    offsets: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of the copy's span [start, end)."""
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


def simplify(text: str) -> str:
    """Simplified script, same length: where a phrase rule would change the length (台式机 and
    the like do not occur in t2s, but dictionaries change), characters are converted singly."""
    converted: str = _converter().convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(c if len(c := _converter().convert(char)) == 1 else char for char in text)


@cache
def variants() -> tuple[str, str]:
    """Characters that `simplify` changes when they stand alone, and what each becomes: the same length.

    >>> traditional, simplified = variants()
    >>> simplified[traditional.index("門")], "门" in traditional
    ('门', False)
    """
    pairs = [(char, simplify(char)) for char in map(chr, range(0x3400, 0xA000))]
    changed = [(char, simple) for char, simple in pairs if simple != char and len(simple) == 1]
    # Beyond the basic plane a character is two units of JavaScript, where this table is used.
    changed = [(char, simple) for char, simple in changed if ord(simple) < 0x10000]
    return "".join(char for char, _ in changed), "".join(simple for _, simple in changed)


def matching_copy(text: str) -> MatchingCopy:
    """NFKC, Traditional -> Simplified, case folded.

    >>> c = matching_copy("Ⅲ期：線上通路…")
    >>> c.text, c.span(c.text.index("通路"), c.text.index("通路") + 2)
    ('iii期:线上通路...', (5, 7))
    """
    if unicodedata.is_normalized("NFKC", text):  # equal length alone would not mean aligned
        folded = text.lower()
        if len(folded) == len(text):
            return MatchingCopy(simplify(folded), range(len(text) + 1))
    pieces: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        piece = unicodedata.normalize("NFKC", char).lower()
        pieces.append(piece)
        offsets.extend([index] * len(piece))
    offsets.append(len(text))
    return MatchingCopy(simplify("".join(pieces)), tuple(offsets))
