"""Formulas of Word (OMML, ISO/IEC 29500-1, 22.1) in one line, in the order of the file."""

from __future__ import annotations

import re

from lxml import etree

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_ATOM = re.compile(r"\w*|.", re.DOTALL)
_PROPERTIES = re.compile(r"\w+Pr")


def formula(node: etree._Element) -> str:
    """A formula as it is read aloud: `(a+b)/c`, `x_1^2`, `∑_(i=1)^n`, `√(x)`.

    Depth is that of the XML, which the parser limits.
    """
    return "".join(_piece(child) for child in node if isinstance(child.tag, str))


def _piece(node: etree._Element) -> str:
    name = node.tag.rpartition("}")[2]
    if not node.tag.startswith(M):
        # Word writes its own runs into formulas too; deleted text and run properties are none.
        if name == "t":
            return node.text or ""
        return "" if name in ("rPr", "del", "moveFrom", "instrText", "delText") else formula(node)
    if name == "t":
        return node.text or ""
    if _PROPERTIES.fullmatch(name):
        return ""
    return _SHAPES[name](node) if name in _SHAPES else formula(node)


def _part(node: etree._Element, name: str) -> str:
    found = node.find(M + name)
    return "" if found is None else formula(found)


def _tight(text: str) -> str:
    """In brackets, where it is more than one word or sign."""
    return text if _ATOM.fullmatch(text) else f"({text})"


def _property(node: etree._Element, name: str, default: str) -> str:
    """A sign that a property names; an empty one means none."""
    found = node.find(f"{M}{node.tag.rpartition('}')[2]}Pr/{M}{name}")
    return default if found is None else str(found.get(M + "val", default))


def _fraction(node: etree._Element) -> str:
    return f"{_tight(_part(node, 'num'))}/{_tight(_part(node, 'den'))}"


def _scripts(node: etree._Element) -> str:
    below, above = _part(node, "sub"), _part(node, "sup")
    return (f"_{_tight(below)}" if below else "") + (f"^{_tight(above)}" if above else "")


def _scripted(node: etree._Element) -> str:
    return _part(node, "e") + _scripts(node)


def _before(node: etree._Element) -> str:
    return _scripts(node) + _part(node, "e")


def _sum(node: etree._Element) -> str:
    return f"{_property(node, 'chr', '∫')}{_scripts(node)} {_part(node, 'e')}"


def _root(node: etree._Element) -> str:
    return f"{_part(node, 'deg')}√({_part(node, 'e')})"


def _brackets(node: etree._Element) -> str:
    inside = _property(node, "sepChr", "|").join(formula(e) for e in node.iterfind(M + "e"))
    return _property(node, "begChr", "(") + inside + _property(node, "endChr", ")")


def _limit(node: etree._Element) -> str:
    sign = "_" if node.tag == M + "limLow" else "^"
    return f"{_part(node, 'e')}{sign}{_tight(_part(node, 'lim'))} "


def _function(node: etree._Element) -> str:
    name, value = _part(node, "fName"), _part(node, "e")
    return name + (" " if name[-1:].isalnum() and value[:1].isalnum() else "") + value


def _matrix(node: etree._Element) -> str:
    rows = (", ".join(formula(e) for e in row.iterfind(M + "e")) for row in node.iterfind(M + "mr"))
    return "; ".join(rows)


def _lines(node: etree._Element) -> str:
    return "; ".join(formula(e) for e in node.iterfind(M + "e"))


_SHAPES = {
    "f": _fraction,
    "sSub": _scripted,
    "sSup": _scripted,
    "sSubSup": _scripted,
    "sPre": _before,
    "nary": _sum,
    "rad": _root,
    "d": _brackets,
    "limLow": _limit,
    "limUpp": _limit,
    "func": _function,
    "m": _matrix,
    "eqArr": _lines,
}
