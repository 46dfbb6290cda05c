"""Quote -> note: the short phrase that goes into a canvas cell.

A note is made of pieces of its quote in their order: the clause that carries most of the block's
evidence, without connectives, numbering, filler and the company as subject. Where a clause is too long, what can be spared is
left out (brackets, the end of an enumeration, an attribute); pieces that do not adjoin stand apart
by a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pipeline import clauses
from pipeline.blocks import name_to_codes
from pipeline.clauses import Span
from pipeline.company import UNITS
from pipeline.matching import matching_copy
from pipeline.records import Evidence
from pipeline.tokens import function_words, tokenize

MAX_NOTE = 24  # characters: two lines of a cell on a printed canvas
MIN_CLAUSE = 6
EDGE = 0.2
SPARED = 0.4
"""Share of the evidence of a phrase that may go with a piece that is left out of it."""
FULLER = EDGE / MAX_NOTE  # a character of a run: a full note is worth one more edge than an empty one
MAX_SPARED = 150  # characters: of a longer run without a border only a window is shown
LED = 0.5
"""What the evidence of a clause counts that only leads to another: it needs twice as much."""
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
_NUMBER = re.compile(
    r"^(?:[\s>*#\-+•·●■□◆]+|[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）、.．](?!\d)\s*|[①-⑳]\s*|\d{2}\s+)"
)
_OPENING = re.compile(
    r"^(?:首先|其次|再次|最后|第[一二三四五六](?=[,，、是]|步)|此外|另外|同时|因此|所以|而且|并且|但是|然而|不过|其中|例如|比如|譬如|总之|目前|如今|当然(?!的)|于是|随后|之后|后来|一方面|另一方面|具体来说|也就是说|与此同时|除此之外|"
    r"一是|二是|三是|四是|从而|进而|以便于?|不仅|不但|除了|以及|及|和|与(?=[^，,]{0,3}$)|的|下|如(?![果何])|但|而|并|也|亦|均|还|又|则|即|且|故(?![事障意乡])|"
    r"是一?[家个种款]|是|已经?|不断|持续|进一步|积极|一直|始终|通常|主要(?=是|为|以|从|通过|采|面|负|包|有|来)|正在|能够|可以|更加|更好地)"
)
_SUBJECT = re.compile(
    r"^(?:本公司|该公司|我公司|公司|本行|该行|本集团|集团|发行人|企业|我们|他们|它们|它|其(?![余他它中次实])|本企业)(?:的|自成立以来|成立以来)?"
)
_CLOSING = re.compile(
    r"(?:[\s、，,或是“\"'‘（(《:：=≈+/\-]|以及|并且|从而|通过|分别为?|如下|[成作认称视因]为|"
    # not what ends a word: 目的 饱和 参与 普及 平等 存在 难以 行为
    r"(?<![目标])的|(?<![饱总温缓平调中融])和|(?<![参给赠])与|(?<![普涉触提惠遍波])及|(?<![平高中同初优劣对一二三])等|"
    r"(?<![存潜现所内外实])在|(?<![可得加予难足])以|(?<![行人])为)+$"
)
FIRST_VERB = 8  # characters before it; what comes later is no longer the verb of the statement
_PREPOSITIONS = "与和对从由向为以把将被及在"
_VERBS = re.compile(
    r"(?:致力于(?:提供|打造)?|为[^，,]{2,8}提供|提供|打造|推出|建立|建成|拥有|具有|具备|开展|实现|满足|成为|采用|采取|形成|组建|开发|设立|搭建|构建|获得|收取|降低|提升|提高|覆盖|面向)(?:了)?"
)
_ITEMS = re.compile(r"[^、]{1,14}、[^、]{1,14}((?:、[^、]{1,14}?)*(?:(?:以及|及|和|与)[^、]{1,14}?)?)等")
_BRACKETS = re.compile(r"（[^（）]*）|\([^()]*\)")
_APART = re.compile(r"[。！？!?；;\t|]")


def note_of(quote: str, evidence: Sequence[Evidence], spellings: Sequence[str] = ()) -> str:
    """A phrase of at most 24 characters from `quote`.

    `evidence` says which part speaks for the block (offsets in the quote); `spellings` are names
    of the company, left out where they are only the subject.

    >>> rows = [Evidence("CH", "lexicon", "线下门店", 12, 16, 1.0, "CH.csv:2")]
    >>> note_of("此外,小米在县城也开设了线下门店,生意很好。", rows, ["小米"])
    '在县城也开设了线下门店'
    """
    phrase = _Phrase(quote, _weights(quote, evidence), spellings)
    start, end = phrase.best_clause()
    kept = phrase.shortened([*range(*phrase.trimmed(start, end))])
    return phrase.text_of(kept)


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


class _Phrase:
    """A quote with the evidence of its characters and its words (offsets as written)."""

    def __init__(self, quote: str, weights: list[float], spellings: Sequence[str]) -> None:
        self.quote = quote
        self.weights = weights
        self.spellings = spellings
        copy = matching_copy(quote)
        self.words = [(word, *copy.span(s, e)) for word, s, e in tokenize(copy)]
        self.edges = {at for _, s, e in self.words for at in (s, e)} | {0, len(quote)}

    # --- which clause ----------------------------------------------------------------------------------

    def best_clause(self) -> Span:
        """The clause with most evidence; the first of equals."""
        found = clauses.clauses(self.quote)
        found = [span for span in found if not _is_name(self.quote[slice(*span)])] or found
        if not found:
            return 0, len(self.quote)
        start, end = max(found, key=lambda span: (self._worth(span), -span[0]))
        wide = self._labelled(found, *self._widened(found, start, end))
        long = [part for part in self._parts(*wide) if part[1] - part[0] >= MIN_CLAUSE]
        return max(long or [wide], key=lambda span: (self._worth(span), -span[0]))

    def _parts(self, start: int, end: int) -> Iterator[Span]:
        if end - start <= MAX_NOTE:
            yield start, end
        else:
            inside = [word for word in self.words if start <= word[1] < end]
            yield from clauses.parts(inside, start, end)

    def _worth(self, span: Span) -> float:
        text = self.quote[slice(*span)].strip()
        first, last = self.trimmed(*span)
        leads = (
            clauses.LEADING.match(text)
            or clauses.HOLLOW.search(text) or clauses.is_label(self.quote, span) or last - first < 4
        )  # fmt: skip
        return sum(self.weights[slice(*span)]) * (LED if leads else 1.0)

    def _widened(self, found: list[Span], start: int, end: int) -> Span:
        """A clause too short to be understood takes the next one with it (or the one before)."""
        if end - start >= MIN_CLAUSE:
            return start, end
        index = found.index((start, end))
        for other in (index + 1, index - 1):
            if 0 <= other < len(found):
                wide = min(start, found[other][0]), max(end, found[other][1])
                if wide[1] - wide[0] <= MAX_NOTE and not _APART.search(self.quote[slice(*wide)]):
                    return wide
        return start, end

    def _labelled(self, found: list[Span], start: int, end: int) -> Span:
        """A label with what is said of it, where a note holds both: 月费：165 元."""
        following = next((span for span in found if span[0] == end + 1), None)
        if following and clauses.is_label(self.quote, (start, end)):
            both = self.trimmed(start, following[1])
            if both[1] - both[0] <= MAX_NOTE:
                return start, following[1]
        return start, end

    # --- without what stands before and behind -----------------------------------------------------------

    def trimmed(self, start: int, end: int) -> Span:
        """Without opening connectives, numbering, the company as subject, and loose ends."""
        while (further := self._opened(start, end)) > start:
            start = further
        end = start + len(self.quote[start:end].rstrip(" 　*"))
        closing = _CLOSING.search(self.quote[start:end])
        if closing and closing.start() >= 2:
            end = start + closing.start()
        return start, start + len(self.quote[start:end].rstrip(" 　*"))

    def _opened(self, start: int, end: int) -> int:
        """Where the phrase goes on after one thing that opens it; `start` if nothing does."""
        text = self.quote[start:end]
        lead = len(text) - len(text.lstrip(" \t，,、”’」*"))
        number = _NUMBER.match(text[lead:])
        if number and len(text) - lead - number.end() >= 2:  # 5.社区 keeps 社区
            return start + lead + number.end()
        cut = max(lead + self._subject(text[lead:], start + lead), lead)
        return start + cut if cut and len(text) - cut >= 4 else start

    def _subject(self, text: str, at: int) -> int:
        """Characters of a connective or subject that the text begins with, whole words only: 即時 is
        not 即 + 時."""
        ends = [m.end() for pattern in (_OPENING, _SUBJECT) if (m := pattern.match(text))]
        lower = text.lower()
        for spelling in self.spellings:
            if lower.startswith(spelling) and not lower.startswith((*PARTS, *UNITS), len(spelling)):
                tail = re.match(
                    r"(?:股份|科技|集团)?(?:有限)?(?:责任)?(?:公司|集团|科技)?(?:的)?", lower[len(spelling) :]
                )
                ends.append(len(spelling) + (tail.end() if tail else 0))
                break
        return max((end for end in ends if end > 1 or at + end in self.edges), default=0)

    # --- what is too long ------------------------------------------------------------------------------------

    def shortened(self, kept: list[int]) -> list[int]:
        """Places of the characters that stay; each step only while there are too many."""
        kept = self._matched(kept)
        steps: tuple[Callable[[str, list[int]], Iterator[Span]], ...] = (
            _in_brackets, self._spare_words, _enumerated, self._led, self._attributes,
        )  # fmt: skip
        for step in steps if len(kept) <= MAX_SPARED else ():
            kept = self._without(kept, step)
        if len(self.text_of(kept)) > MAX_NOTE:
            kept = self._matched(self._window(kept))
            start, end = self.trimmed(kept[0], kept[-1] + 1)
            kept = [place for place in kept if start <= place < end] or kept
        return kept

    def _without(self, kept: list[int], step: Callable[[str, list[int]], Iterator[Span]]) -> list[int]:
        again = True
        while again and len(self.text_of(kept)) > MAX_NOTE:
            again = False
            total = sum(self.weights[place] for place in kept) or 1.0
            text = "".join(self.quote[place] for place in kept)
            spans = [span for span in step(text, kept) if self._can_spare(kept, *span, total)]
            if spans:
                over = len(self.text_of(kept)) - MAX_NOTE
                start, end = min(spans, key=lambda span: _cost(span, over))
                kept, again = [*kept[:start], *kept[end:]], True
        return kept

    def _can_spare(self, kept: list[int], start: int, end: int, total: float) -> bool:
        lost = sum(self.weights[place] for place in kept[start:end])
        return end > start and lost <= SPARED * total and len(kept) - (end - start) >= MIN_CLAUSE

    def _spare_words(self, _text: str, kept: list[int]) -> Iterator[Span]:
        index = {place: number for number, place in enumerate(kept)}
        for word, start, end in self.words:
            if word in clauses.words("spare") and start in index and end - 1 in index:
                yield index[start], index[end - 1] + 1

    def _led(self, text: str, kept: list[int]) -> Iterator[Span]:
        """根据…, 在…时 before the statement itself."""
        for number in range(len(kept) - MIN_CLAUSE, 3, -1):
            if kept[number] in self.edges and clauses.LED_BY.fullmatch(text[:number]):
                yield 0, number

    def _attributes(self, text: str, kept: list[int]) -> Iterator[Span]:
        """What stands between the verb of a statement and the last 的 before its object: of
        打造集…于一体的一卡通 打造 and 一卡通 stay."""
        last = text.rfind("的")
        if 2 <= len(text) - last - 1 <= 16 and kept[last + 1] == kept[last] + 1:
            for match in _VERBS.finditer(text[:last]):
                whole = {kept[match.start()], kept[match.end() - 1] + 1} <= self.edges
                if (
                    whole
                    and match.start() <= FIRST_VERB
                    and text[max(0, match.start() - 1)] not in _PREPOSITIONS
                ):
                    yield match.end(), last + 1

    def _matched(self, kept: list[int]) -> list[int]:
        wrong = clauses.unmatched("".join(self.quote[place] for place in kept))
        return [place for number, place in enumerate(kept) if number not in wrong] or kept

    def _window(self, kept: list[int]) -> list[int]:
        """The run of whole words of at most MAX_NOTE characters with most evidence.

        A run that begins or ends where the phrase does (or at a 、) reads better than one cut out of
        its middle: it may hold a fifth less; one that begins or ends with half a phrase is worth a
        fifth less. Ties go left.
        """
        index = {place: number for number, place in enumerate(kept)}
        words = [(w, index[s], index[e - 1] + 1) for w, s, e in self.words if s in index and e - 1 in index]
        text = "".join(self.quote[place] for place in kept)
        total = sum(self.weights[place] for place in kept) or 1.0
        no_closing = clauses.words("no_closing") | function_words()
        best, found = -10.0, (0, min(len(kept), MAX_NOTE))
        for i, (opening, first, _) in enumerate(words):
            for closing, _, last in words[i:]:
                if len(self.text_of(kept[first:last])) > MAX_NOTE:
                    break
                value = sum(self.weights[place] for place in kept[first:last]) / total
                value += EDGE * _edges(text, words, first, last)
                loose = (opening in clauses.words("no_opening")) + (closing in no_closing)
                value -= EDGE * loose
                value -= EDGE * bool(clauses.unmatched(text[first:last]))
                value += FULLER * (last - first)
                if value > best + 1e-9:
                    best, found = value, (first, last)
        return kept[slice(*found)]

    def text_of(self, kept: Sequence[int]) -> str:
        """The characters at these places, a space where some between them were left out."""
        kept = [
            p for n, p in enumerate(kept) if not (n and p != kept[n - 1] + 1 and self.quote[p] in "、，,")
        ]
        pieces = [
            (" " if number and place != kept[number - 1] + 1 else "") + self.quote[place]
            for number, place in enumerate(kept)
        ]
        return " ".join("".join(pieces).split())


def _edges(text: str, words: Sequence[tuple[str, int, int]], first: int, last: int) -> float:
    """How many ends of a run are ends of a phrase; half a one is lost where it cuts off 的 or a figure."""
    opens = first == words[0][1] or text[first - 1] in "、 “《的"
    closes = last == words[-1][2] or text[last : last + 1] in "、 ”》"
    cut = text[last : last + 1] in "的之者性化型类们时后前上下中内等" and not closes
    figures = (
        re.match(r"\s*[\d.,%％万亿千百元日天年月人家户名个倍台件]", text[last:])
        and text[last - 1 : last].isdigit()
    )
    started = re.match(r"[\d.,]", text[first - 1 : first]) and text[first].isdigit() if first else None
    return opens + closes - 0.5 * cut - 2 * bool(figures) - 2 * bool(started)


def _cost(span: Span, over: int) -> tuple[bool, int, int]:
    """Of what can be left out, the shortest that is enough; if none is, the longest."""
    size = span[1] - span[0]
    return (size < over, size if size >= over else -size, span[0])


def _in_brackets(text: str, _kept: list[int]) -> Iterator[Span]:
    yield from (match.span() for match in _BRACKETS.finditer(text))


def _enumerated(text: str, _kept: list[int]) -> Iterator[Span]:
    """Of A、B、C及D等 the last ones."""
    for match in _ITEMS.finditer(text):
        start, end = match.span(1)
        if end > start:
            yield start + max(0, text[start:end].rfind("、")), end
