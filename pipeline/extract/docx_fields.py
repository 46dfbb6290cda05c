"""Fields of Word (page numbers, links, forms): their results are text, their codes are not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from pipeline.extract.docx_parts import W
from pipeline.extract.docx_styles import switch, value, whole

MAX_CODE = 1_000  # characters of a code that are looked at
_DROPPED = {W + "del", W + "moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}  # fmt: skip
_EQUATION = re.compile(r"\s*eq\b", re.IGNORECASE)
_CIRCLED = re.compile(r"\\o\s*\\a[cdl]?\s*\(\s*[○〇◯]\s*[,，]\s*(?:\\s\S*\s*\(\s*)?(\d{1,2})\s*\)*\s*$", re.IGNORECASE)  # fmt: skip
_SWITCH = re.compile(r"\\\*\s*\S+|\\[a-z]+(?:\s*\d+)?", re.IGNORECASE)
_INNERMOST = re.compile(r"(?:(\\[a-z]+)[^()\\]*(?:\\[a-z]+[^()\\]*)*)?\(([^()]*)\)", re.IGNORECASE)


@dataclass(slots=True)
class Field:
    """A field that has begun: its code so far, and whether its result has begun too."""

    code: list[str] = field(default_factory=list)
    result: bool = False


def unclosed(root: etree._Element) -> set[etree._Element]:
    """The beginnings of fields without an end. Taken at their word, all text behind them would be
    code."""
    open_: list[etree._Element] = []
    for mark in root.iter(W + "fldChar"):
        if any(a.tag in _DROPPED for a in mark.iterancestors()):
            continue
        kind = mark.get(W + "fldCharType")
        if kind == "begin":
            open_.append(mark)
        elif kind == "end" and open_:
            open_.pop()
    return set(open_)


class Fields:
    """Where a story stands among its fields, which can reach over many paragraphs."""

    def __init__(self, ignored: set[etree._Element]) -> None:
        self.ignored = ignored
        self.open: list[Field] = []

    @property
    def in_code(self) -> bool:
        return any(not f.result for f in self.open)

    def mark(self, node: etree._Element) -> str:
        """What a `w:fldChar` itself shows: the choice of a form, an equation that has no result."""
        kind = node.get(W + "fldCharType")
        if kind == "begin" and node not in self.ignored:
            shown = "" if self.in_code else _form(node.find(W + "ffData"))
            self.open.append(Field())
            return shown
        if kind == "separate" and self.open:
            self.open[-1].result = True
        elif kind == "end" and self.open:
            ended = self.open.pop()
            code = "".join(ended.code)
            if not ended.result and _EQUATION.match(code) and not self.in_code:
                return equation(code)
        return ""

    def code(self, text: str) -> None:
        """A piece of code belongs to the field that began last."""
        if self.open and not self.open[-1].result and sum(map(len, self.open[-1].code)) < MAX_CODE:
            self.open[-1].code.append(text[:MAX_CODE])


def _form(data: etree._Element | None) -> str:
    """The entry chosen in a form's list; a check box is ☐ or ☒."""
    if data is None:
        return ""
    choices = data.find(W + "ddList")
    if choices is not None:
        entries = [e.get(W + "val", "") for e in choices.iterfind(W + "listEntry")]
        chosen = whole(value(choices, "result") or value(choices, "default") or "0")
        return str(entries[chosen]) if chosen is not None and chosen < len(entries) else ""
    box = data.find(W + "checkBox")
    if box is None:
        return ""
    ticked = switch(box.find(W + "checked"))
    return "☒" if (switch(box.find(W + "default")) if ticked is None else ticked) else "☐"


def equation(code: str) -> str:
    """What an EQ field shows, in one line. Chinese Word makes circled numbers and the pronunciation
    over a word with it.

    >>> [equation(c) for c in (r"eq \\o\\ac(○,3)", r"EQ \\* jc0 \\o\\ad(\\s\\up 9(zhong),中)", r"EQ \\f(1,2)")]
    ['③', '中', '1/2']
    """
    code = code[:MAX_CODE]
    if (match := _CIRCLED.search(code)) and 1 <= int(match.group(1)) <= 20:
        return chr(0x2460 + int(match.group(1)) - 1)
    text = code.replace("\\,", "，").partition("eq" if "eq" in code else "EQ")[2]
    for _ in range(20):  # levels of brackets
        text, found = _INNERMOST.subn(_argument, text)
        if not found:
            break
    return " ".join(_SWITCH.sub("", text).split())


def _argument(match: re.Match[str]) -> str:
    kind = (match.group(1) or "").lower()
    pieces = [p.strip() for p in re.split("[,;]", _SWITCH.sub("", match.group(2)))]
    if kind == "\\o":  # signs printed over each other: the last is the one to read
        return pieces[-1]
    if kind == "\\f":
        return "/".join(pieces)
    if kind == "\\r":
        return "√" + pieces[-1]
    return "".join(pieces)
