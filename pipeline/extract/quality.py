"""Is this text? Checks that a decode or a reader without an error still has to pass."""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import cache

from pipeline import store
from pipeline.extract.errors import Unreadable

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
# The second line: what Windows shows for bytes 0x80 to 0x9f, but for quotes, dashes and signs of numbers.
_SUSPECT = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\xff\ufffd\ue000-\uf8ff]|\(cid:\d+\)"
    "|[‚ƒ„†‡ˆŠ‹ŒŽ•˜š›œžŸ]"
)
_HAN_RUN = re.compile("[\u3400-\u9fff]{2,}")
MIN_PAIRS = 30
_WORDLIKE = re.compile(r"[^\W_]")
GARBAGE_SHARE = 0.30
"""Share of suspect characters above which a page is not text. Western texts with accents stay
below 0.15; UTF-16 read as 8-bit, which two popular .doc readers return without an error, is
above 0.4."""


@cache
def common_characters() -> frozenset[str]:
    """The 3,755 usual characters of GB 2312 (level 1), the 5,401 of Big5 (level 1), ASCII and
    the punctuation of both: what running Chinese text is made of."""
    usual: set[str] = {chr(c) for c in range(0x20, 0x7F)} | set("\t\n\r\u3000")
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            usual.update(bytes((high, low)).decode("gb2312", "ignore"))
    for high in range(0xA4, 0xC7):
        for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            usual.update(bytes((high, low)).decode("big5", "ignore"))
    return frozenset(usual | set("，。、；：？！…—·“”‘’（）《》〈〉【】「」『』％￥～①②③④⑤⑥⑦⑧⑨⑩"))


def common_share(text: str) -> float:
    """Share of characters that running Chinese or ASCII text is made of (1.0 for empty text)."""
    usual = common_characters()
    return sum(char in usual for char in text) / len(text) if text else 1.0


@cache
def _followers() -> dict[str, frozenset[str]]:
    """First character -> the characters that follow it in running Chinese, of both scripts."""
    lines = store.resource_text("bigrams.txt").splitlines()
    return {line[0]: frozenset(line[1:]) for line in lines}


def is_pair(first: str, second: str) -> bool:
    """Whether running Chinese holds the second character right after the first."""
    return second in _followers().get(first, frozenset())


def fluency(text: str) -> float | None:
    """Share of neighbouring Han characters that running Chinese holds; None below 30 pairs.

    Prose has 0.6 to 0.85 in either script, lines of two columns mixed character by character at
    most 0.35, mixed by fours at most 0.7: compare two readings of one page rather than trust a level.
    """
    followers = _followers()
    nothing: frozenset[str] = frozenset()
    pairs = known = 0
    for run in _HAN_RUN.findall(text):
        pairs += len(run) - 1
        known += sum(b in followers.get(a, nothing) for a, b in itertools.pairwise(run))
    return known / pairs if pairs >= MIN_PAIRS else None


def control_share(text: str) -> float:
    return len(_CONTROL.findall(text)) / len(text) if text else 0.0


def is_garbage(text: str) -> bool:
    """Whether most of a text is what broken fonts and wrong decodings leave behind."""
    dense = "".join(text.split())
    if len(dense) < 20:
        return False
    suspect = sum(len(m) for m in _SUSPECT.findall(dense)) / len(dense)
    letters = sum(unicodedata.category(c)[0] == "L" and ord(c) > 0xFF for c in dense) / len(dense)
    return suspect > GARBAGE_SHARE and letters < 0.5


def require_text(texts: list[str]) -> None:
    """Raise NO_TEXT or GARBAGE where a reader returned something that is not text."""
    if not any(_WORDLIKE.search(text) for text in texts):
        raise Unreadable("NO_TEXT")
    if is_garbage("\n".join(texts)[:200_000]):
        raise Unreadable("GARBAGE")
