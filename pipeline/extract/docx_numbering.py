"""Automatic list numbers of Word, counted as Word shows them (ISO/IEC 29500-1, 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from pipeline.extract.docx_parts import W
from pipeline.extract.docx_styles import switch, value, whole

LEVELS = 9
BULLET = "•"
_PLACE = re.compile(r"%([1-9])")
_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_LEGAL_TRADITIONAL = "零壹貳參肆伍陸柒捌玖"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_CLOSES = re.compile("[、。，．：；）〕】》〉」』]$")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list."""

    start: int = 1
    kind: str = "decimal"
    text: str = ""
    after: str = "tab"
    restart: int | None = None  # level (from 1) that makes it count from its start; 0: none does
    plain: bool = False  # all numbers in 0-9 (`isLgl`)


@dataclass(slots=True)
class ListInUse:
    shape: str  # abstract list: lists of one shape count on together
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)
    begun: bool = False


@dataclass(slots=True)
class Numbering:
    """The lists of a document and how far each has counted."""

    shapes: dict[str, dict[int, Level]] = field(default_factory=dict)
    styled: dict[str, dict[str, int]] = field(default_factory=dict)  # shape -> style -> level
    lists: dict[str, ListInUse] = field(default_factory=dict)
    counts: dict[str, list[int | None]] = field(default_factory=dict)

    def depth(self, number: str, style: str) -> int:
        """The level of a list that is tied to a paragraph style."""
        found = self.lists.get(number)
        return self.styled.get(found.shape, {}).get(style, 0) if found else 0

    def label(self, number: str, depth: int) -> str:
        """The next label of a list with what separates it from the text, "" where Word shows none."""
        found = self.lists.get(number)
        if found is None or not 0 <= depth < LEVELS:
            return ""
        levels = {**self.shapes.get(found.shape, {}), **found.levels}
        counts = self.counts.setdefault(found.shape, [None] * LEVELS)
        if not found.begun:
            found.begun = True
            for at in found.starts:
                counts[at] = None
        level = levels.get(depth, Level())
        last = counts[depth]
        start = found.starts.get(depth, level.start)
        counts[depth] = start if last is None else last + 1
        for below in range(depth + 1, LEVELS):
            restart = levels.get(below, Level()).restart
            if restart is None or 0 < depth + 1 <= restart:
                counts[below] = None
        for above in range(depth):
            if counts[above] is None:
                counts[above] = found.starts.get(above, levels.get(above, Level()).start)
        if level.kind == "bullet":
            return f"{BULLET} " if level.text.strip() else ""

        def shown(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            kind = levels.get(at, Level()).kind
            return spell(counts[at] or 0, "decimal" if level.plain else kind)

        text = _PLACE.sub(shown, level.text) if level.kind != "none" else _PLACE.sub("", level.text)
        return text.strip() if level.after == "nothing" else spaced(text.strip())


def spaced(label: str) -> str:
    """A label with the space that parts it from the text; full-width signs carry their own."""
    return label if not label or _CLOSES.search(label) else f"{label} "


def read_numbering(root: etree._Element | None) -> Numbering:
    """The lists of `word/numbering.xml`."""
    numbering = Numbering()
    if root is None:
        return numbering
    by_style: dict[str, str] = {}  # numbering style -> the shape that defines it
    linked: dict[str, str] = {}
    for node in root.iterfind(W + "abstractNum"):
        ident = node.get(W + "abstractNumId", "")
        levels = {int(n): _level(lvl) for lvl in node.iterfind(W + "lvl") if (n := _index(lvl))}
        numbering.shapes[ident] = levels
        tied = {value(lvl, "pStyle"): int(n) for lvl in node.iterfind(W + "lvl") if (n := _index(lvl))}
        numbering.styled[ident] = {k: v for k, v in tied.items() if k}
        if link := value(node, "styleLink"):
            by_style[link] = ident
        if link := value(node, "numStyleLink"):
            linked[ident] = link
    for ident, link in linked.items():
        if link in by_style and not numbering.shapes[ident]:
            numbering.shapes[ident] = numbering.shapes[by_style[link]]
    for node in root.iterfind(W + "num"):
        found = ListInUse(value(node, "abstractNumId"))
        for change in node.iterfind(W + "lvlOverride"):
            if not (index := _index(change)):
                continue
            level = change.find(W + "lvl")
            if level is not None:
                found.levels[int(index)] = _level(level)
            start = whole(value(change, "startOverride"))
            if start is not None:
                found.starts[int(index)] = start
        numbering.lists[node.get(W + "numId", "")] = found
    return numbering


def _index(node: etree._Element) -> str:
    """Index of a level where it is one of the nine, else ""."""
    index = str(node.get(W + "ilvl", ""))
    return index if index.isdecimal() and len(index) == 1 and int(index) < LEVELS else ""


def _level(node: etree._Element) -> Level:
    formats = [f.get(W + "val", "") for f in node.iter(W + "numFmt")]
    # A custom format stands beside a usual one in mc:AlternateContent; the last is the usual one.
    start = whole(value(node, "start"))
    return Level(
        # Without the element a list counts from 0.
        start=start if start is not None else 0 if node.find(W + "start") is None else 1,
        kind=formats[-1] if formats else "decimal",
        text=value(node, "lvlText")[:100],
        after=value(node, "suff") or "tab",
        restart=whole(value(node, "lvlRestart")),
        plain=bool(switch(node.find(W + "isLgl"))),
    )


# --- numbers as words --------------------------------------------------------------------------


def spell(number: int, kind: str) -> str:
    """A number in one of the formats of ST_NumberFormat; in digits where the format is not one that
    Chinese documents use.

    >>> [spell(12, k) for k in ("chineseCounting", "upperRoman", "lowerLetter", "decimalZero")]
    ['十二', 'XII', 'l', '12']
    """
    digits = str(number)
    if kind == "none" or number < 0:
        return "" if kind == "none" else digits
    if kind == "decimalZero":
        return digits.zfill(2)
    if kind in ("upperRoman", "lowerRoman") and 0 < number < 5000:
        return _roman(number).upper() if kind == "upperRoman" else _roman(number)
    if kind in ("upperLetter", "lowerLetter") and 0 < number <= 780:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in _COUNTED:
        return _counted(number, *_COUNTED[kind])
    if kind in _ROWS and 0 < number <= len(_ROWS[kind]):
        return _ROWS[kind][number - 1]
    if kind in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join(_DIGITS[int(d)] for d in digits)
    if kind in ("decimalFullWidth", "decimalFullWidth2"):
        return digits.translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    if kind == "ordinal" and number:
        teen = 10 <= number % 100 <= 20
        return digits + ("th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th"))
    if kind == "numberInDash":
        return f"- {digits} -"
    return digits


_SIMPLE, _FORMAL, _FORMAL_TRADITIONAL = "十百千万", "拾佰仟万", "拾佰仟萬"
_COUNTED = {
    **dict.fromkeys(
        ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "koreanCounting"),
        (_DIGITS.replace("〇", "零"), _SIMPLE, True),
    ),
    **dict.fromkeys(
        ("taiwaneseCounting", "taiwaneseCountingThousand"), (_DIGITS.replace("〇", "零"), "十百千萬", True)
    ),
    "chineseLegalSimplified": (_LEGAL, _FORMAL, False),
    "ideographLegalTraditional": (_LEGAL_TRADITIONAL, _FORMAL_TRADITIONAL, False),
    "japaneseLegal": (_LEGAL_TRADITIONAL, _FORMAL_TRADITIONAL, False),
}
_CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_ROWS = {
    "ideographTraditional": _STEMS,
    "ideographZodiac": _BRANCHES,
    "ideographZodiacTraditional": [_STEMS[n % 10] + _BRANCHES[n % 12] for n in range(60)],
    "decimalEnclosedCircle": _CIRCLES,
    "decimalEnclosedCircleChinese": _CIRCLES,
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "decimalEnclosedParen": [chr(0x2474 + n) for n in range(20)],
    "decimalEnclosedFullstop": [chr(0x2488 + n) for n in range(20)],
}


def _roman(number: int) -> str:
    out = []
    for size, sign in _ROMAN:
        count, number = divmod(number, size)
        out.append(sign * count)
    return "".join(out)


def _counted(number: int, digits: str, units: str, short_ten: bool) -> str:
    """A number below 100,000 in words: 一百零五, 二十; `short_ten`: 十二 and not 一十二."""
    if not 0 < number < 100_000:
        return str(number) if number else digits[0]
    out = ""
    size = len(str(number))
    for at, digit in enumerate(map(int, str(number))):
        place = size - at - 1
        if digit:
            out += digits[digit] + (units[place - 1] if place else "")
        elif not out.endswith(digits[0]):
            out += digits[0]
    out = out.rstrip(digits[0])
    return out[1:] if short_ten and 10 <= number < 20 else out
