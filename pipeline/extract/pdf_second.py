"""A second reading of PDF pages whose text makes no sense: by pdfminer, the better one is taken."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTAnno, LTChar, LTContainer, LTItem, LTTextLine
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser

from pipeline.extract import quality

MAX_DEPTH = 20
_UNKNOWN = re.compile(r"\(cid:\d+\)")
_SUSPECT = re.compile("[\x7f-\xff\ue000-\uf8ff\ufffe\ufffd]")
_SYMBOLS = re.compile("[\uf020-\uf0ff]+")  # of symbol fonts, whose characters are known
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffe\ufffd]")
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u3400-\u9fff]")
SUSPECT_SHARE = 0.3
CONTROL_SHARE = 0.05
"""Control characters of two-byte codes read as single bytes; real pages have next to none."""
PRIVATE_SHARE = 0.5
UNREADABLE = 0.3
"""Fluency below which Chinese is no text: the least of real pages is 0.41, of mixed columns 0.35."""
MIN_HAN = 120


def is_nonsense(text: str) -> bool:
    """Whether a page's text is what fonts without a character table, or mixed lines, leave."""
    dense = _SYMBOLS.sub("", "".join(text.split()))
    if len(dense) < 20:
        return False
    if quality.control_share(dense) > CONTROL_SHARE:
        return True
    suspect = len(_SUSPECT.findall(dense)) + len(_UNKNOWN.findall(dense)) * 6
    if suspect > SUSPECT_SHARE * len(dense) and (
        quality.is_garbage(dense) or len(_PRIVATE.findall(dense)) > PRIVATE_SHARE * len(dense)
    ):
        return True
    if len(_HAN.findall(dense)) < MIN_HAN or _KANA.search(dense):
        return False
    fluent = quality.fluency(dense)
    return fluent is not None and fluent < UNREADABLE


def is_better(text: str, than: str) -> bool:
    """Whether a second reading makes sense and holds about as much as the first."""
    return len("".join(text.split())) >= 0.5 * len("".join(than.split())) and not is_nonsense(text)


def characters_of(data: bytes, number: int) -> list[tuple[str, float, float]]:
    """(character, x, y of its middle) of a page (from 0), line ends and spaces at (-1, -1);
    characters that pdfminer has no text for either are left out, and so is what it fails on."""
    found: list[tuple[str, float, float]] = []
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        manager = PDFResourceManager()
        device = PDFPageAggregator(manager, laparams=LAParams())
        for page in islice(PDFPage.create_pages(document), number, number + 1):
            PDFPageInterpreter(manager, device).process_page(page)
            for item in _leaves(device.get_result(), 0):
                if isinstance(item, LTChar):
                    text = _UNKNOWN.sub("", item.get_text())
                    found += [(c, (item.x0 + item.x1) / 2, (item.y0 + item.y1) / 2) for c in text]
                else:
                    found += [(c, -1.0, -1.0) for c in item.get_text()]
    except MemoryError:
        raise
    except Exception:  # a second opinion: whatever breaks it, the first one stands
        return []
    return found


def _leaves(item: LTItem, depth: int) -> Iterator[LTChar | LTAnno]:
    if isinstance(item, LTChar | LTAnno):
        yield item
    elif isinstance(item, LTContainer) and depth < MAX_DEPTH:
        for child in item:
            yield from _leaves(child, depth + 1)
        if isinstance(item, LTTextLine):
            yield LTAnno("\n")
