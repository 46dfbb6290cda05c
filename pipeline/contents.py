"""Which passages of a document are its contents list.

`contents`           three or more neighbours with page numbers, or the short lines after a line 目录
`contents_chapters`  three or more neighbouring short lines that all stand again further down, in the
                     same order and with text between: names of chapters without page numbers
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence

_LINE = re.compile(r"\S(?:\.{3,}|…+|·{3,}|-{4,}|_{4,}|(?:\s\.){3,})\s*\d{1,3}\s*$|\S\s?[(（]\d{1,3}[)）]$")
_NUMBERED_LINE = re.compile(
    r"^(?:第?[一二三四五六七八九十\d]{1,3}|\d{1,2}\.\d{1,2})[章节、.\s].{2,40}\s\d{1,3}$"
)
_LAST = re.compile(r"\S\s?[(（]\d{1,3}[)）]")  # the text's title may follow the last line
_HEADING = re.compile(
    r"^\W*(?:目\s*录|目\s*次|contents?|table of contents|agenda|catalogue?)\W*(?:contents?|catalogue?)?\W*$",
    re.IGNORECASE,
)
_ENTRY_END = re.compile(r"[.…·\-_\s]{1,100}\d{0,3}$|\s?[(（]\d{1,3}[)）]$")
_ENTRY_START = re.compile(
    r"^(?:0\d\s+|part\s*\d{1,2}\b|第[一二三四五六七八九十\d]{1,3}[章节部篇]|[一二三四五六七八九十]{1,3}[、.．]|\d{1,2}[、.．\s])",
    re.IGNORECASE,
)
_NAME_START = re.compile(r"^[#>*\s]*(?:0?\d{1,2}|[一二三四五六七八九十]{1,3})?[、.．)）\s]*")
MIN_LINES = 3
MAX_ENTRIES = 80
MAX_ENTRY = 40


def contents_of(texts: Sequence[str], levels: Sequence[int]) -> dict[int, str]:
    """Index of each line of a contents list -> the rule that says so."""
    numbered = [
        len(t) <= 120 and bool(_LINE.search(t) or (len(t) <= 60 and _NUMBERED_LINE.match(t))) for t in texts
    ]
    found = dict.fromkeys(_runs(texts, numbered), "contents")
    for index, text in enumerate(texts):
        if len(text) <= MAX_ENTRY and _HEADING.match(text):
            found[index] = "contents"
            found |= dict.fromkeys(_after_heading(texts, levels, numbered, index), "contents")
    for index in _chapters(texts, levels):
        found.setdefault(index, "contents_chapters")
    return found


def _runs(texts: Sequence[str], numbered: Sequence[bool]) -> list[int]:
    found: list[int] = []
    run: list[int] = []
    for index, is_line in enumerate([*numbered, False]):
        if is_line:
            run.append(index)
            continue
        if len(run) >= MIN_LINES:
            if index < len(texts) and len(texts[index]) <= 80 and _LAST.search(texts[index]):
                run.append(index)
            found += run
        run = []
    return found


def _after_heading(
    texts: Sequence[str], levels: Sequence[int], numbered: Sequence[bool], heading: int
) -> list[int]:
    """The lines of the list under 目录. The first section's heading repeats an entry: the text
    begins there."""
    found: list[int] = []
    seen: set[str] = set()  # entries without their dots and page numbers
    for at in range(heading + 1, min(len(texts), heading + MAX_ENTRIES)):
        line = _ENTRY_END.sub("", texts[at]) if len(texts[at]) <= 200 else texts[at]
        if len(line) > MAX_ENTRY or line[-1:] in "。；;！!" or (line in seen and not line.strip().isdigit()):
            break
        seen.add(line)
        short = len(line) <= 12 or _ENTRY_START.match(line)
        if not (line.strip().isdigit() or levels[at] or numbered[at] or short):
            break
        found.append(at)
    return found


def _chapters(texts: Sequence[str], levels: Sequence[int]) -> list[int]:
    """Runs of names that come again, most as headings. Lone numbers between them belong to the run."""
    names = [_name(text) for text in texts]
    last = {name: index for index, name in enumerate(names) if name}
    places: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if name:
            places.setdefault(name, []).append(index)
    found: list[int] = []
    run: list[int] = []
    seen: set[str] = set()
    for index, name in enumerate([*names, None]):
        again = name is not None and (name == "" or (last[name] > index and name not in seen))
        if again and (run or name):
            run.append(index)
            seen.add(name or "")
            continue
        entries = [i for i in run if names[i]]
        if entries and name not in seen and index == entries[-1] + 1 < len(texts) and not levels[index]:
            entries.pop()  # text follows at once: the last name is the heading of that text
        again_at = _places_again([names[i] or "" for i in entries], places, entries[-1]) if entries else []
        as_headings = sum(levels[at] > 0 for at in again_at)
        gaps = sum(later - earlier > 1 for earlier, later in itertools.pairwise(again_at))
        if len(again_at) >= MIN_LINES and 2 * as_headings >= len(again_at) and 2 * gaps >= len(again_at):
            found += run[: run.index(entries[-1]) + 1]
        run, seen = [], set()
    return found


def _name(text: str) -> str | None:
    """What a short line says without its number; empty for a number, None for a sentence."""
    if text.strip().isdigit():
        return ""
    if len(text) > MAX_ENTRY or text[-1:] in "。；;！!？?，,：:":
        return None
    return _NAME_START.sub("", text, count=1).strip("*# \t") or None


def _places_again(names: Sequence[str], places: dict[str, list[int]], after: int) -> list[int]:
    """Where all names stand again behind `after`, in their order; nothing if one does not."""
    found: list[int] = []
    for name in names:
        known = places[name]
        at = bisect_right(known, found[-1] if found else after)
        if at == len(known):
            return []
        found.append(known[at])
    return found
