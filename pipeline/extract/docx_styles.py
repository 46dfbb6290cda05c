"""What the styles of a Word document say about text: heading levels, hidden text, lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from pipeline.extract.docx_parts import W

MAX_BASES = 30  # Word stops at 11 styles based on each other; a file can claim a loop
_HEADING = re.compile(r"(?:heading|标题|標題) ?([1-9])", re.IGNORECASE)
_TITLES = ("title", "标题", "標題")
_OFF = ("0", "false", "off")


@dataclass(slots=True)
class Style:
    """What one style says itself; None where it says nothing and the style below it counts."""

    base: str = ""
    level: int | None = None
    hidden: bool | None = None
    number: str | None = None  # id of the list; "0" for none
    depth: int | None = None  # level of the list, from 0


@dataclass(slots=True)
class Styles:
    """Styles by id."""

    by_id: dict[str, Style] = field(default_factory=dict)
    default: str = ""  # of paragraphs that name none

    def chain(self, ident: str) -> list[Style]:
        """A style and those it is based on."""
        found: list[Style] = []
        while ident in self.by_id and len(found) < MAX_BASES:
            found.append(self.by_id[ident])
            ident = found[-1].base
        return found

    def level(self, ident: str) -> int:
        """Heading level 1 to 9 of a paragraph style, 0 for body text."""
        return next((s.level for s in self.chain(ident) if s.level is not None), 0)

    def hidden(self, ident: str) -> bool:
        """Whether text in a style is not shown."""
        return next((s.hidden for s in self.chain(ident) if s.hidden is not None), False)

    def list_of(self, ident: str) -> tuple[str, int | None]:
        """(id of the list, its level if a style says so) of a paragraph style, ("", None) for none."""
        chain = self.chain(ident)
        number = next((s.number for s in chain if s.number is not None), "")
        return number, next((s.depth for s in chain if s.depth is not None), None)


def read_styles(root: etree._Element | None) -> Styles:
    """The styles of `word/styles.xml` (or of Word 2003 XML). Headings are known by the built-in
    names, which Word keeps in English in the file, or by their outline level; level 10 is body text."""
    styles = Styles()
    for node in () if root is None else root.iter(W + "style"):
        ident, style = node.get(W + "styleId", ""), Style()
        name = value(node, "name").lower()
        outline = value(node, "pPr", "outlineLvl")
        if match := _HEADING.fullmatch(name):
            style.level = int(match.group(1))
        elif name in _TITLES:
            style.level = 1
        else:
            style.level = heading_level(outline)
        style.base = value(node, "basedOn")
        style.hidden = switch(node.find(f"{W}rPr/{W}vanish"))
        style.number = value(node, "pPr", "numPr", "numId") or None
        style.depth = whole(value(node, "pPr", "numPr", "ilvl"))
        styles.by_id.setdefault(ident, style)
        if node.get(W + "type", "paragraph") == "paragraph" and node.get(W + "default", "0") not in _OFF:
            styles.default = styles.default or ident
    return styles


def value(node: etree._Element, *path: str) -> str:
    """The `w:val` of the element at a path of names below `node`, "" if it is not there."""
    for name in path:
        found = node.find(W + name)
        if found is None:
            return ""
        node = found
    return str(node.get(W + "val", ""))


def switch(node: etree._Element | None) -> bool | None:
    """A property that is on or off (`<w:vanish/>`, `<w:vanish w:val="0"/>`); None if not there."""
    return None if node is None else node.get(W + "val", "1") not in _OFF


def whole(text: str) -> int | None:
    """A count of up to seven digits; None for anything else a file may claim."""
    return int(text) if text.isdecimal() and len(text) <= 7 else None


def heading_level(outline: str) -> int | None:
    """Heading level 1 to 9 of an outline level 0 to 8, 0 for body text; None if it says nothing."""
    level = whole(outline)
    return None if level is None else level + 1 if level < 9 else 0
