"""Quote -> note: the short phrase that goes into a canvas cell.

A note is made of substrings of its quote in their order: the clause that carries most of the
block's evidence, without connectives, numbering and the company as subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.blocks import name_to_codes
from pipeline.matching import matching_copy
from pipeline.records import Evidence
from pipeline.tokens import tokenize

MAX_NOTE = 24  # characters: two lines of a cell on a printed canvas
MIN_CLAUSE = 6
EDGE = 0.2
PARTS = (
    "之家",
    "商城",
    "有品",
    "社区",
    "论坛",
    "商店",
    "旗舰店",
    "书店",
    "门店",
    "手机",
    "汽车",
    "快递",
    "支付",
    "金融",
    "云",
    "健康",
)
"""What makes a longer name of its own with the company's before it: 小米之家 is not 小米 + 之家."""
_CLAUSE = re.compile(r"[^，,。；;：:！!？?\t|\n]+")
_NUMBER = re.compile(
    r"^(?:[\s>*#\-+•·●■□◆]+|[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）、.．]\s*|[①-⑳]\s*|\d{2}\s+)"
)
_OPENING = re.compile(
    r"^(?:首先|其次|再次|最后|第[一二三四五六](?=[,，、是]|步)|此外|另外|同时|因此|所以|而且|并且|但是|然而|不过|其中|例如|比如|譬如|总之|目前|如今|当然(?!的)|于是|随后|之后|后来|一方面|另一方面|具体来说|也就是说|与此同时|除此之外|"
    r"一是|二是|三是|四是|但|而|并|也|还|又|则|即|且|故(?![事障意乡]))"
)
_SUBJECT = re.compile(
    r"^(?:本公司|该公司|公司|本行|本集团|集团|发行人|企业|我们|他们|它们|它|其(?![余他它中次实])|本企业|我公司)(?:的)?"
)
_CLOSING = re.compile(r"(?:[\s、，,的和与及或等在以为是“\"'‘（(《:：]|以及|并且|从而|通过)+$")


def note_of(quote: str, evidence: Sequence[Evidence], spellings: Sequence[str] = ()) -> str:
    """A phrase of at most 24 characters from `quote`.

    `evidence` says which part speaks for the block (offsets in the quote); `spellings` are names
    of the company, left out where they are only the subject.

    >>> rows = [Evidence("CH", "lexicon", "线下门店", 12, 16, 1.0, "CH.csv:2")]
    >>> note_of("此外,小米在县城也开设了线下门店,生意很好。", rows, ["小米"])
    '在县城也开设了线下门店'
    """
    weights = _weights(quote, evidence)
    clauses = [(m.start(), m.end()) for m in _CLAUSE.finditer(quote)]
    clauses = [(s, e) for s, e in clauses if not _is_name(quote[s:e])] or clauses or [(0, len(quote))]
    start, end = max(clauses, key=lambda c: (sum(weights[c[0] : c[1]]), -c[0]))
    start, end = _widen(quote, clauses, start, end)
    start, end = _trim(quote, start, end, spellings)
    if end - start > MAX_NOTE:
        start, end = _window(quote, start, end, weights)
        start, end = _trim(quote, start, end, ())
    return " ".join(quote[start:end].split())


def _weights(quote: str, evidence: Sequence[Evidence]) -> list[float]:
    """Evidence per character: what speaks for the block, spread over the words it stands in."""
    weights = [0.0] * len(quote)
    for row in evidence:
        if row.start >= 0 and row.weight > 0:
            share = row.weight / max(1, row.end - row.start)
            for i in range(row.start, min(row.end, len(quote))):
                weights[i] += share
    return weights


def _is_name(text: str) -> bool:
    return matching_copy(text.strip().strip("*#-　 ")).text in name_to_codes()


def _widen(quote: str, clauses: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """A clause too short to be understood takes the next one with it (or the one before)."""
    index = clauses.index((start, end))
    if end - start >= MIN_CLAUSE:
        return start, end
    for other in (index + 1, index - 1):
        if 0 <= other < len(clauses):
            wide = min(start, clauses[other][0]), max(end, clauses[other][1])
            if wide[1] - wide[0] <= MAX_NOTE and not re.search(r"[。！？!?；;\t|]", quote[wide[0] : wide[1]]):
                return wide
    return start, end


def _trim(quote: str, start: int, end: int, spellings: Sequence[str]) -> tuple[int, int]:
    """Without opening connectives, numbering, the company as subject, and loose ends."""
    changed = True
    while changed:
        changed = False
        text = quote[start:end]
        lead = len(text) - len(text.lstrip(" \t，,、“\"'‘’”」「*"))
        opening = _OPENING.match(text[lead:])
        subject = _SUBJECT.match(text[lead:])
        number = _NUMBER.match(text[lead:])
        if number and len(text) - lead - number.end() >= 2:  # 5.社区 keeps 社区
            start, changed = start + lead + number.end(), True
            continue
        cut = lead + max(opening.end() if opening else 0, subject.end() if subject else 0)
        lower = text[lead:].lower()
        for spelling in spellings:
            if lower.startswith(spelling) and not lower.startswith(PARTS, len(spelling)):
                rest = lower[len(spelling) :]
                tail = len(re.match(r"(?:公司|集团|科技)?(?:的)?", rest).group())  # type: ignore[union-attr]
                cut = max(cut, lead + len(spelling) + tail)
                break
        if cut and len(text) - cut >= 4:
            start, changed = start + cut, True
    text = quote[start:end]
    closing = _CLOSING.search(text)
    if closing and closing.start() >= 2:
        end = start + closing.start()
    return start, start + len(quote[start:end].rstrip(" 　*"))


def _window(quote: str, start: int, end: int, weights: Sequence[float]) -> tuple[int, int]:
    """The run of whole words of at most MAX_NOTE characters with most evidence.

    A run that begins or ends where the phrase does (or at a 、) reads better than one cut out of its
    middle: it may hold a fifth less. Ties go left.
    """
    copy = matching_copy(quote[start:end])
    words = [copy.span(s, e) for _, s, e in tokenize(copy)]
    total = sum(weights[start:end]) or 1.0
    best, found = -1.0, (start, min(end, start + MAX_NOTE))
    for i, (first, _) in enumerate(words):
        for _, last in words[i:]:
            if last - first > MAX_NOTE:
                break
            opens = first == words[0][0] or quote[start + first - 1] in "、 “《"
            closes = last == words[-1][1] or quote[start + last : start + last + 1] in "、 ”》"
            value = sum(weights[start + first : start + last]) / total + EDGE * (opens + closes)
            value += (last - first) / 1000  # of two equal runs the longer
            if value > best + 1e-9:
                best, found = value, (start + first, start + last)
    return found
