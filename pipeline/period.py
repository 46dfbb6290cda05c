"""Which years or stage of the company a passage speaks of.

A passage is dated by what it says itself, else by the nearest heading above it that names years or
a stage, else by a sentence shortly before it in the same paragraph (or over its list) that opens with
a date.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from pipeline import store
from pipeline.matching import matching_copy
from pipeline.records import Passage

MAX_SINGLE = 2  # a passage that names more years tells a story from the first to the last of them
MAX_SPAN = 30  # years: 1950-2013 is the life of a company, not a period of it
REACH = 3  # passages a dating sentence speaks for; a paragraph of a case is rarely longer
UNKNOWN = 9999

_YEAR = re.compile(r"(?<!\d)((?:19[5-9]|20[0-4])\d)(?!\d|[,.]\d|[万亿元台家人款个项名件条万])")
_SHORT = re.compile(r"(?<!\d)(0\d|1\d|2\d)年(?!代?前|来|后|的历史|间|以上)")
_FULL = r"(?:19[5-9]|20[0-4])\d"
_DASH = r"[-–—―~∼至到]{1,2}"
_RANGE = re.compile(
    rf"(?<!\d)(?<!\d[.,])({_FULL})年?(?:\d{{1,2}}月)?(?:底|末|初|年中)?{_DASH}({_FULL}|\d\d)(?:年(?!代)|(?=[)\s.,:]|$))"
)
_SINGLE = re.compile(rf"(?<!\d)(?<!\d[.,])({_FULL})年(?!代|版)")
_SINGLE_SHORT = re.compile(
    r"(?<!\d)(?<!\d[.,])(0\d|1\d|2\d)年(?!代|前|来|后|的历史|间|以上|内|期|多|之|质保|左右)"
)
_ALONE = re.compile(
    rf"(?<!\d)(?<!\d[.,])({_FULL})(?![\d.,年万亿元台家人款个项名件条%-])"
)  # 2013 in a heading
_HAN_YEAR = re.compile(r"[一二][九〇零○oO][〇零○oO一二三四五六七八九]{2}(?=年)")
_HAN_DIGITS = str.maketrans("〇零○oO一二三四五六七八九", "00000123456789")
_OPENS = re.compile(
    rf"^[\s>*#\-+•·●■□◆(]*(?:\d{{1,2}}[、.)]\s*)?(?:早在|自|从|在|到|至|截至|截止|直到|于)?(?:{_FULL}|[012]\d(?=年))"
)
_FOLLOWS = re.compile(r"^[\s>*#\-+•·●■□◆]*(?:同年|当年|(次年|翌年|第二年))")
_GENERAL = re.compile(r"(?:行业|产业|市场|产品|技术|客户|用户|企业|经济|生命周期)(?:的|处于|进入|正处于)*$")
"""Before a stage: 产品成长期 is a stage of something else than the company."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Years or a stage. Sorts in time order; stages without years come last, in the order of a life."""

    first: int  # calendar year, UNKNOWN for a stage that nothing dates
    last: int
    order: int
    label: str


def years(text: str) -> tuple[int, ...]:
    """Calendar years named in a text, ascending, without doubles.

    >>> years("2013年第二季度至2014年,售价1999元"), years("从09年至今")
    ((2013, 2014), (2009,))
    """
    found = {int(y) for y in _YEAR.findall(text)}
    if not found:
        found = {2000 + int(y) for y in _SHORT.findall(text)}
    return tuple(sorted(found))


def periods_of(passages: Sequence[Passage], title: str = "") -> list[tuple[Period, ...]]:
    """The periods of every passage of a document, in time order; empty where nothing dates it.

    A heading that is the title of the document says when it was written, so it dates nothing.
    """
    found: list[tuple[Period, ...]] = []
    dating: tuple[Period, ...] = ()
    section: tuple[str, ...] = ()
    age, end, leads = 0, -1, False
    for passage in passages:
        copy = _dates_copy(passage.text)
        apart = passage.start != end and not leads
        if passage.role == "heading" or passage.heading_path != section or apart:
            dating, section, leads = (), passage.heading_path, False
        own = in_text(passage.text)
        if not own and dating and (follows := _FOLLOWS.match(copy)):
            year = dating[-1].last + (1 if follows.group(1) else 0)
            own = (_of_years(year, year),) if year < UNKNOWN else dating
        if own:
            opens = _OPENS.match(copy) or _FOLLOWS.match(copy) or _opens_with_stage(copy)
            dating, age = (own if opens and passage.role != "heading" else ()), 0
        else:
            age += 1
        leads = copy.endswith(":") or (leads and not own)
        end = passage.end
        above = () if own else _of_path(passage.heading_path, title)
        found.append(own or above or (dating if age <= REACH else ()))
    return found


def in_text(text: str) -> tuple[Period, ...]:
    """The periods a passage names itself: years before stages.

    >>> [p.label for p in in_text("２０１３年推出紅米")], [p.label for p in in_text("上市後轉向企業客戶")]
    (['2013年'], ['上市后'])
    """
    copy = _dates_copy(text)
    return _of_spans(_spans(copy)) or _stages(copy, heading=False)


def in_heading(text: str) -> tuple[Period, ...]:
    """What a heading dates the passages below it by: its stage with the years beside it, else years.

    >>> in_heading("（一）起飞期（2011-2013年）")
    (Period(first=2011, last=2013, order=30, label='起飞期'),)
    """
    copy = _dates_copy(text)
    spans = _spans(copy) or [(int(y), int(y)) for y in _ALONE.findall(copy)]
    stages = _stages(copy, heading=True)
    if len(stages) == 1 and spans:
        first, last = min(f for f, _ in spans), max(t for _, t in spans)
        return (Period(first, last, stages[0].order, stages[0].label),)
    return stages or _of_spans(spans)


def _of_path(path: Sequence[str], title: str) -> tuple[Period, ...]:
    for heading in reversed(path):
        if heading.strip() != title.strip() and (found := in_heading(heading)):
            return found
    return ()


def _dates_copy(text: str) -> str:
    """The matching copy with years in digits: 二〇一三年 is 2013年."""
    return _HAN_YEAR.sub(lambda m: m.group().translate(_HAN_DIGITS), matching_copy(text).text)


def _spans(copy: str) -> list[tuple[int, int]]:
    """(first, last) of every year and range of years, as they come."""
    found: list[tuple[int, int]] = []

    def take(match: re.Match[str]) -> str:
        first, last = int(match.group(1)), int(match.group(2))
        last = last if last >= 100 else first - first % 100 + last
        if first < last <= first + MAX_SPAN:
            found.append((first, last))
            return " "
        return match.group()

    rest = _RANGE.sub(take, copy)
    singles = [int(y) for y in _SINGLE.findall(rest)]
    if not singles and not found:
        singles = [2000 + int(y) for y in _SINGLE_SHORT.findall(rest)]
    return found + [(y, y) for y in singles]


def _of_spans(spans: Iterable[tuple[int, int]]) -> tuple[Period, ...]:
    """One period each; where there are many, the one from the first year to the last."""
    distinct = sorted(set(spans))
    if len(distinct) > MAX_SINGLE:
        first, last = distinct[0][0], max(t for _, t in distinct)
        return (_of_years(first, last),) if last - first <= MAX_SPAN else ()
    return tuple(_of_years(first, last) for first, last in distinct)


def _of_years(first: int, last: int) -> Period:
    return Period(first, last, 0, f"{first}年" if first == last else f"{first}-{last}年")


@dataclass(frozen=True, slots=True)
class _Stages:
    """Terms (matching copies) -> stage, order, whether only headings date by it."""

    known: tuple[tuple[str, int, bool], ...]
    terms: tuple[str, ...]
    automaton: ahocorasick_rs.AhoCorasick


@cache
def _known_stages() -> _Stages:
    rows = list(csv.DictReader(store.resource_text("stages.csv").splitlines()))
    terms = tuple(matching_copy(row["term"]).text for row in rows)
    known = tuple((row["stage"], int(row["order"]), row["where"] == "heading") for row in rows)
    longest = ahocorasick_rs.MatchKind.LeftmostLongest
    return _Stages(known, terms, ahocorasick_rs.AhoCorasick(terms, matchkind=longest))


def _stages(copy: str, *, heading: bool) -> tuple[Period, ...]:
    """The stages a text names; none where it lists more than two, as a theory of stages does."""
    stages = _known_stages()
    found: set[Period] = set()
    for index, start, _ in stages.automaton.find_matches_as_indexes(copy):
        label, order, only_heading = stages.known[index]
        if (heading or not only_heading) and not _GENERAL.search(copy[:start]):
            found.add(Period(UNKNOWN, UNKNOWN, order, label))
    return tuple(sorted(found)) if len(found) <= MAX_SINGLE else ()


def _opens_with_stage(copy: str) -> bool:
    matches = _known_stages().automaton.find_matches_as_indexes(copy[:16])
    return bool(matches) and matches[0][1] <= 3
