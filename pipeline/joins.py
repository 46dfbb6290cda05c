"""Which lines the next one continues: hard wraps, page breaks and words that a break cut in two.

`join_wrapped`   a line as wide as the usual full line around it, without a sentence end
`join_heading`   the last word or two of a numbered heading that did not fit on its line
`join_fragment`  a few characters left at the end of a paragraph's line, cut inside a word
`join_number`    a number whose unit stands on the next line

A break is undone only where the width of the lines around or the words on both sides show that it
was made by a page, not by a writer: bullets, cells and slide lines stay apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from pipeline.blocks import name_to_codes
from pipeline.extract.quality import is_pair
from pipeline.furniture import TERMINAL
from pipeline.headings import heading_level, heading_like
from pipeline.lines import Line, width

STARTS_NEW = re.compile(
    r"\s*(?:<[|!/a-zA-Z]|!\[|https?:|[a-z_]{2,20}:\s|[-=*]{3}|`{3}|:{3}|[#>•·●■□◆◇▪►★☆※✓√]|[-*+–—]\s|[\d０-９]{1,3}\s*(?:[、)）]|[.．](?!\d))|[（(]\s*[一二三四五六七八九十\d]{1,3}\s*[)）]|"
    r"[一二三四五六七八九十]{1,3}[、.．]|第[一二三四五六七八九十百\d]{1,4}[章节篇部]|[①-⑳]|【|《[^《》]{1,60}》\s*$|注[:：]|图\s*\d|表\s*\d)"
)
_BULLET = re.compile(r"\s*(?:[•·●■□◆◇▪►★☆※✓√]|[-*+–—]\s)")
_NUMBERED = re.compile(
    r"\s*(?:[\d０-９]{1,2}\s*[、.．)）]|[（(]\s*[一二三四五六七八九十\d]{1,3}\s*[)）]|[一二三四五六七八九十]{1,3}[、.．])\s*\S"
)
_OPENS_PARAGRAPH = re.compile(r"\s*(?:本?(?:公司|集团|行|企业)|发行人|报告期|目前|近年)")
_PAUSE = re.compile("[，。；：！？、,;:!?]")
_UNIT = re.compile(
    r"\s*(?:[百千万亿]{1,2}(?:元|美元|户|人|张|家|台|吨|件|次|个|平方米|股|部|辆|公里|港元|欧元)|美元|元|[%％]|个百分点|平方米)"
)
_SENTENCE_END = "。！？!?"
MIN_FULL_WIDTH = 40  # columns; slides hold many unrelated lines that are shorter
WIDTH_SLACK = 6  # Latin letters and half-width punctuation make full lines differ by this much
MIN_ALIKE = 3
MIN_COLUMN_WIDTH, MIN_ALIKE_COLUMN = 28, 10  # a narrow column is one if many lines share its width
NEAR = 30  # lines before and after that are looked at
MAX_WIDER = 0.2  # a full line is among the widest: lists have lines of every width
MIN_FLOWING_WIDTH = 60  # where lines are paragraphs, only breaks as wide as this can be an accident
MAX_PHYSICAL = 120  # wider than any page: the site did not keep the line breaks here
MAX_FRAGMENT, MAX_HEADING_END = 24, 24  # columns


def find_joins(lines: Sequence[Line]) -> dict[int, str]:
    """Index of each line that the next one continues -> the rule that says so."""
    joins: dict[int, str] = {}
    measured = _measure(lines)
    indices = [index for index, _ in measured]
    window = _Window([physical for _, physical in measured])
    breaks = _Breaks(lines, indices)
    for index, physical in measured:
        line, following = lines[index], lines[index + 1]
        if _kept_apart(lines, index):
            continue
        low, high = bisect_left(indices, index - NEAR), bisect_right(indices, index + NEAR)
        alike, wider, usual = window.around(low, high, physical)
        if breaks.are_wraps(low, high) and _is_wrapped(line, following, physical, alike, wider, high - low):
            joins[index] = "join_wrapped"
        elif _is_heading_end(lines, index, physical, usual):
            joins[index] = "join_heading"
        elif _cuts_word(lines, index):
            joins[index] = "join_fragment"
        elif line.text[-1].isdigit() and _UNIT.match(following.text) and _PAUSE.search(line.text):
            joins[index] = "join_number"
    return joins


def _measure(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """(index, physical width) of lines with a line directly after them.

    Sites that put a blank line after each 。 cut the first part of a physical line off, so widths
    are counted since the last real line break.
    """
    measured: list[tuple[int, int]] = []
    physical = 0
    after_split = False
    for index, line in enumerate(lines):
        if line.blank:
            continue
        own = width(line.text)
        runs_on = after_split and physical <= MAX_PHYSICAL and not STARTS_NEW.match(line.text)
        physical = physical + own if runs_on else own
        directly = index + 1 < len(lines) and not lines[index + 1].blank
        if directly and not line.furniture:
            measured.append((index, physical))
            after_split = False
        else:
            after_split = line.text[-1] in _SENTENCE_END and not line.furniture
            if line.text[-1] not in _SENTENCE_END:
                physical = 0
    return measured


class _Window:
    """The widths of the lines near a line, sorted, as it moves down the text."""

    def __init__(self, widths: list[int]) -> None:
        self.widths = widths
        self.sorted: list[int] = []
        self.low = self.high = 0

    def around(self, low: int, high: int, physical: int) -> tuple[int, int, int]:
        """Among lines [low, high): how many are as wide, how many wider, and the usual full width."""
        while self.high < high:
            insort(self.sorted, self.widths[self.high])
            self.high += 1
        while self.low < low:
            del self.sorted[bisect_left(self.sorted, self.widths[self.low])]
            self.low += 1
        upper = bisect_right(self.sorted, physical + WIDTH_SLACK)
        alike = upper - bisect_left(self.sorted, physical - WIDTH_SLACK)
        usual = self.sorted[(len(self.sorted) * 3) // 4] if len(self.sorted) >= MIN_ALIKE else 0
        return alike, len(self.sorted) - upper, usual


class _Breaks:
    """Whether the line ends of a stretch cut words, as a page does, or part items, as a writer does.

    Of line ends between two Han characters 0.54 to 0.94 are pairs that running Chinese knows in 33
    hard-wrapped texts, 0.16 between the items of lists.
    """

    def __init__(self, lines: Sequence[Line], indices: Sequence[int]) -> None:
        self.counted, self.known = [0], [0]
        for index in indices:
            line, following = lines[index].text, lines[index + 1].text.lstrip()
            han = width(line) >= MIN_COLUMN_WIDTH and _HAN.match(line[-1]) and _HAN.match(following[0])
            apart = not han or STARTS_NEW.match(following)
            self.counted.append(self.counted[-1] + (not apart))
            self.known.append(self.known[-1] + (not apart and is_pair(line[-1], following[0])))

    def are_wraps(self, low: int, high: int) -> bool:
        """Whether enough of the line ends [low, high) cut a word; of four or five, one must."""
        counted = self.counted[high] - self.counted[low]
        known = self.known[high] - self.known[low]
        if counted < MIN_BREAKS:
            return known > 0 or counted < 4
        return known >= MIN_CUT_SHARE * counted


_HAN = re.compile("[\u3400-\u9fff]")
MIN_BREAKS, MIN_CUT_SHARE = 6, 0.35


def _kept_apart(lines: Sequence[Line], index: int) -> bool:
    """Whether something about the two lines themselves forbids a join."""
    line, following = lines[index], lines[index + 1]
    if line.marks or following.marks or following.furniture or line.drawn or following.drawn:
        return True
    last = line.text[-1]
    if last in "。！？!?；;:：…/" or (last in TERMINAL and _closes_sentence(line.text)):
        return True
    if STARTS_NEW.match(following.text) or following.text.strip() in name_to_codes():
        return True
    before = next((x.text for x in reversed(lines[max(0, index - 3) : index]) if not x.blank), "")
    return line.text == before  # a repeated line is a title, never half a sentence


def _closes_sentence(text: str) -> bool:
    """Whether a closing bracket or quote at the end also ends the sentence: `好。”` does, `（大安全）`
    at the edge of the page need not."""
    inner = text.rstrip("”’」』）)】》")
    return not inner or inner[-1] in "。！？!?；;" or len(text) < 20


def _is_wrapped(line: Line, following: Line, physical: int, alike: int, wider: int, near: int) -> bool:
    """Whether the line is one of the full lines around it and runs on."""
    full = physical >= MIN_FULL_WIDTH
    if line.flows:
        if physical < MIN_FLOWING_WIDTH or _PAUSE.search(line.text) is None:
            return False
    elif physical < MIN_COLUMN_WIDTH:
        return False
    if alike < (MIN_ALIKE if full else MIN_ALIKE_COLUMN):
        return False
    item = _BULLET.match(line.text) or not _PAUSE.search(line.text)
    if item and wider > MAX_WIDER * near:
        return False
    if heading_like(following.text) or (_BULLET.match(line.text) and _stands_alone(following.text)):
        return False
    paused = _PAUSE.search(line.text) or _PAUSE.search(following.text) or physical >= MIN_FLOWING_WIDTH
    if not paused and not _cuts_pair(line, following):
        return False  # two short lines without a comma: items of a list
    titled = _NUMBERED.match(line.text) and not _PAUSE.search(line.text[4:])
    return not (titled and _OPENS_PARAGRAPH.match(following.text))


def _cuts_pair(line: Line, following: Line) -> bool:
    """Whether the break parts two characters of a word, or anything but two Han characters."""
    last, first = line.text[-1], following.text.lstrip()[0]
    return not (_HAN.match(last) and _HAN.match(first)) or is_pair(last, first)


def _stands_alone(text: str) -> bool:
    """Whether the line under a bullet is a short title of its own rather than the bullet's end."""
    return len(text.strip()) <= 15 and not _PAUSE.search(text)


def _is_heading_end(lines: Sequence[Line], index: int, physical: int, usual: int) -> bool:
    """Whether the next line is the end of a numbered heading: short, without a pause, and running
    text follows; the heading itself nearly fills its line."""
    line, following = lines[index], lines[index + 1]
    if line.flows or not usual or physical < max(MIN_FULL_WIDTH, 0.75 * usual):
        return False
    if not _NUMBERED.match(line.text) or _PAUSE.search(line.text[4:].replace("、", "")):
        return False
    end = following.text.strip()
    if width(end) > MAX_HEADING_END or _PAUSE.search(end) or heading_level(end):
        return False
    after = lines[index + 2].text if index + 2 < len(lines) else ""
    if _OPENS_PARAGRAPH.match(end):
        return False
    return width(after) >= 0.75 * usual or (
        STARTS_NEW.match(after) is not None and _cuts_pair(line, following)
    )


def _cuts_word(lines: Sequence[Line], index: int) -> bool:
    """Whether a short line is what a site left of a physical line after it cut at 。: it stands after
    a sentence end and a blank line, and the break cuts a word that running Chinese knows."""
    line, following = lines[index], lines[index + 1]
    if line.flows or index < 2 or not lines[index - 1].blank or lines[index - 2].blank:
        return False
    text, rest = line.text.strip(), following.text.strip()
    if lines[index - 2].text[-1] not in _SENTENCE_END or width(text) > MAX_FRAGMENT or _PAUSE.search(text):
        return False
    ends = index + 2 >= len(lines) or lines[index + 2].blank or rest[-1] not in TERMINAL
    if not ends or len(rest) < 5 or not _PAUSE.search(rest) or heading_like(text):
        return False
    if not (is_pair(text[-1], rest[0]) or rest[0] in "的了还也等并将"):
        return False
    # Such a site breaks the line after every sentence: where two stand on one line, a short line
    # over them is a title.
    near = lines[max(0, index - CUT_NEAR) : index + CUT_NEAR]
    return sum(_TWO_SENTENCES.search(x.text) is not None for x in near) <= 1


_TWO_SENTENCES = re.compile("[。！？][^。！？”’」』）)】》\\s]{2}")
CUT_NEAR = 12
