"""The text of one paragraph of Word: its runs, without what a reader of the page does not see."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from pipeline.extract.docx_fields import Fields
from pipeline.extract.docx_math import M, formula
from pipeline.extract.docx_parts import W
from pipeline.extract.docx_styles import Styles, switch, value
from pipeline.extract.docx_symbols import PRIVATE, in_font, symbol

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
AML = "{http://schemas.microsoft.com/aml/2001/core}"
_VML = "{urn:schemas-microsoft-com:vml}"
_SIGNS = {W + "ptab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
_NOTES = {W + "footnoteReference": "footnotes", W + "endnoteReference": "endnotes"}
_UNSEEN = frozenset(
    [W + n for n in ("del", "moveFrom", "delText", "rPr", "pPr", "sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr", "sectPr")]
    + [W + n for n in ("fldData", "ffData", "binData", "docOleData", "rt", "softHyphen", "instrText", "delInstrText")]
)  # fmt: skip
_GRAPHICS = ("chart", "diagram")


# The names met in every run, put together once.
_RUN, _TEXT, _TAB, _SYMBOL, _MARK, _CODE = (W + n for n in ("r", "t", "tab", "sym", "fldChar", "instrText"))
_PROPERTIES, _VANISH, _VARIANTS, _FORMULA = W + "rPr", W + "vanish", MC + "AlternateContent", M + "oMath"
_GRAPHIC, _TEXTPATH = A + "graphicData", _VML + "textpath"
_HOLDERS = (W + "txbxContent", A + "p", W + "footnote", W + "endnote")
"""What has paragraphs of its own; Word 2003 XML has a note where it is called."""


@dataclass(slots=True)
class Found:
    """A paragraph's text and what hangs on it, in order: boxes (elements with paragraphs of their
    own), drawings with a chart or diagram, and lines of drawn text."""

    text: str = ""
    aside: list[etree._Element | str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)  # (footnotes or endnotes, id)


def variants(node: etree._Element) -> list[etree._Element]:
    """The content of `mc:AlternateContent`: the first choice, else the fallback, never both."""
    chosen = next(node.iterchildren(MC + "Choice"), None)
    if chosen is None:
        chosen = next(node.iterchildren(MC + "Fallback"), None)
    return [] if chosen is None else list(chosen)


def is_dropped(node: etree._Element) -> bool:
    """Whether an element is none that shows text: deleted, moved away, properties, a comment in the
    margin of Word 2003 XML."""
    if not isinstance(node.tag, str) or node.tag in _UNSEEN:
        return True
    return node.tag == AML + "annotation" and node.get(W + "type", "") in (
        "Word.Deletion",
        "Word.Comment",
        "Word.Formatting",
    )


def read_runs(paragraph: etree._Element, styles: Styles, fields: Fields) -> Found:
    """Text of the runs of a paragraph in order, with results of fields, formulas and symbols.

    Dropped: deleted and moved text, field codes, hidden text (also by its style), the pronunciation
    over a word (`w:ruby`). `fields` is carried on: a field can end in a later paragraph.
    """
    found = Found()
    out: list[str] = []
    hidden_paragraph = styles.hidden(value(paragraph, "pPr", "pStyle") or styles.default)
    stack: list[etree._Element] = [*reversed(paragraph)]
    while stack:
        item = stack.pop()
        tag = item.tag
        if tag == _TEXT:
            if not fields.in_code:
                out.append(_in_font(item))
        elif tag == _RUN:
            if _hidden(item, styles, hidden_paragraph):
                for child in item.iterchildren(_MARK, _CODE):
                    _field(child, fields)
            else:
                stack.extend(reversed(item))
        elif tag in (_MARK, _CODE):
            out.append(_field(item, fields))
        elif is_dropped(item):
            continue
        elif tag == _VARIANTS:
            stack.extend(reversed(variants(item)))
        elif fields.in_code:
            stack.extend(reversed(item))
        elif tag in _SIGNS:
            out.append(_SIGNS[tag])
        elif tag == _TAB:
            out.append("\t")
        elif tag == _SYMBOL:
            out.append(symbol(item.get(W + "char", ""), item.get(W + "font", "")))
        elif tag == _FORMULA:
            out.append(formula(item))
        elif tag in _NOTES:
            found.notes.append((_NOTES[tag], item.get(W + "id", "")))
        elif tag in _HOLDERS or (tag == _GRAPHIC and item.get("uri", "").endswith(_GRAPHICS)):
            found.aside.append(item)
        else:
            if tag == _TEXTPATH and item.get("string"):
                found.aside.append(item.get("string"))
            stack.extend(reversed(item))
    found.text = "".join(out)
    return found


def _field(item: etree._Element, fields: Fields) -> str:
    if item.tag == _MARK:
        return fields.mark(item)
    fields.code(item.text or "")
    return ""


def _hidden(run: etree._Element, styles: Styles, otherwise: bool) -> bool:
    """Whether a run is not shown: what it says itself counts, then its style, then the paragraph's."""
    properties = run.find(_PROPERTIES)
    if properties is None:
        return otherwise
    own = switch(properties.find(_VANISH))
    if own is not None:
        return own
    style = value(properties, "rStyle")
    return otherwise or bool(style and styles.hidden(style))


def _in_font(node: etree._Element) -> str:
    """The text of a `w:t`, its private-use characters read in the font of the run."""
    text = node.text or ""
    if not PRIVATE.search(text):
        return str(text)
    parent = node.getparent()
    fonts = None if parent is None else parent.find(f"{W}rPr/{W}rFonts")
    return in_font(text, "" if fonts is None else fonts.get(W + "ascii", fonts.get(W + "hAnsi", "")))
