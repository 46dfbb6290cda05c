"""PDF: text by page through PDFium, lines and tables as they stand on the page."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from itertools import repeat

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from pipeline.extract import (
    ocr,
    pdf_columns,
    pdf_fonts,
    pdf_layout,
    pdf_lines,
    pdf_page,
    pdf_second,
    pdf_streams,
    pdf_tables,
    pdf_vertical,
)
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Mark, Page

MAX_PAGES = 20_000
MAX_CHARS = 20_000_000
MAX_NOTES = 2_000  # annotations of a page that are looked at
MAX_SECOND = 10  # pages of a file that are read a second time: pdfminer is slow
NEAR = 8.0  # points: the ink of a full stop is far from the middle of its square
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_WRITTEN = frozenset({pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP})


def read(data: bytes) -> Extraction:
    """Pages in reading order; raw offsets are PDFium's character indices on the page.

    REPAIRED: a page was put into another order or read by another library; PARTIAL: a page is broken.
    """
    document = open_document(data)
    pages: list[Page] = []
    warnings: set[str] = set()
    broken = chars = seconds = 0
    for index in range(len(document)):
        try:
            page, repaired = _page(document, index)
        except pypdfium2.PdfiumError:
            broken += 1
            page, repaired = Page(index + 1, ""), False
        if pdf_second.is_nonsense(page.text):
            seconds += 1
            page, repaired = _second_reading(data, document, page, allowed=seconds <= MAX_SECOND)
        if repaired:
            warnings.add("REPAIRED")
        if ocr.is_picture(document, page):
            page = replace(page, confidence=0.0)
        chars += len(page.text)
        if chars > MAX_CHARS:
            raise Unreadable("LIMIT_SIZE")
        pages.append(page)
    if broken and broken == len(document):
        raise Unreadable("CORRUPT")
    if broken:
        warnings.add("PARTIAL")
    return Extraction("pdf", "pdfium", tuple(pages), tuple(sorted(warnings)))


def open_document(data: bytes, *, drawn: bool = False) -> pypdfium2.PdfDocument:
    """A document within the limits, to be read or `drawn`. Raises Unreadable."""
    pdf_streams.check(data)
    pdf_fonts.draw() if drawn else pdf_fonts.measure()
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error)
        raise Unreadable("ENCRYPTED" if encrypted else "CORRUPT") from error
    if len(document) > MAX_PAGES:
        raise Unreadable("LIMIT_PAGES")
    return document


def _page(document: pypdfium2.PdfDocument, index: int) -> tuple[Page, bool]:
    """A page, and whether its lines were drawn in another order than they are read."""
    page = document[index]
    notes = None
    try:
        if _has_written_notes(page):
            notes = _count(page)
            if pdfium.FPDFPage_Flatten(page, 0) == pdfium.FLATTEN_SUCCESS:
                page.close()
                page = document[index]  # what fields and boxes show stands behind its text now
        text_page = page.get_textpage()
        try:
            text = text_of(text_page)
            glyphs = pdf_layout.glyphs_of(text_page, text)
        finally:
            text_page.close()
        if glyphs is None:
            return Page(index + 1, text), False
        return _arranged(page, glyphs, index + 1, notes)
    finally:
        page.close()


def _count(page: pypdfium2.PdfPage) -> int:
    text_page = page.get_textpage()
    try:
        return max(0, int(pdfium.FPDFText_CountChars(text_page)))
    finally:
        text_page.close()


def text_of(text_page: pypdfium2.PdfTextPage) -> str:
    """Characters of a page, one per PDFium character index, generated line ends included."""
    count = max(0, pdfium.FPDFText_CountChars(text_page))
    units = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(text_page, 0, count, units) == count + 1:
        codes = np.frombuffer(units, dtype=np.uint16)[:count].astype(np.uint32)
        for at in np.flatnonzero(codes == 0xFFFE).tolist():  # hyphens at line ends among others
            codes[at] = pdfium.FPDFText_GetUnicode(text_page, at)
    else:  # it left characters out, which would shift the indices of all that follow
        codes = np.fromiter(
            map(pdfium.FPDFText_GetUnicode, repeat(text_page.raw), range(count)), np.uint32, count
        )
    codes[(codes == 0) | (codes > 0x10FFFF)] = 0xFFFE
    if ((codes & 0xFFFFF800) == 0xD800).any():
        codes = _paired(codes)
    return codes.tobytes().decode("utf-32-le")


def _paired(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Rare characters, which PDFium gives as two halves: whole on the index of the first half,
    nothing on that of the second."""
    high = np.append((codes[:-1] & 0xFFFFFC00) == 0xD800, False)
    low = np.append(False, (codes[1:] & 0xFFFFFC00) == 0xDC00)
    first = np.flatnonzero(high[:-1] & low[1:])
    whole = 0x10000 + ((codes[first] & 0x3FF) << 10) + (codes[first + 1] & 0x3FF)
    paired = np.where((codes & 0xFFFFF800) == 0xD800, np.uint32(0xFFFE), codes)
    paired[first] = whole
    return paired


def _has_written_notes(page: pypdfium2.PdfPage) -> bool:
    """Whether forms, text boxes or stamps lie on a page: their text is drawn, yet no part of it."""
    for index in range(min(MAX_NOTES, pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        if note:
            kind = pdfium.FPDFAnnot_GetSubtype(note)
            pdfium.FPDFPage_CloseAnnot(note)
            if kind in _WRITTEN:
                return True
    return False


def _arranged(
    page: pypdfium2.PdfPage, glyphs: pdf_layout.Glyphs, number: int, notes: int | None
) -> tuple[Page, bool]:
    """The page in reading order; characters from the index `notes` on are those of annotations."""
    drawn = pdf_lines.drawn_lines(glyphs)
    upright = pdf_vertical.columns_of(glyphs, drawn)
    lines = upright or pdf_lines.lines_of(glyphs, drawn)
    ordered = None
    if upright is None:
        ordered = pdf_columns.in_order(glyphs, lines, notes=notes)
    entries = None if upright else pdf_tables.entries_of(page, glyphs, ordered or lines)
    if entries is None:
        as_drawn = not glyphs.dropped and all(isinstance(line.order, range) for line in lines)
        if ordered is None and as_drawn:
            return Page(number, glyphs.text), False
        entries = [pdf_page.entry_of(line) for line in ordered or lines]
    return pdf_page.compose(number, glyphs, entries), pdf_page.is_moved(entries)


def _second_reading(
    data: bytes, document: pypdfium2.PdfDocument, first: Page, *, allowed: bool
) -> tuple[Page, bool]:
    """The page as pdfminer reads it if that makes sense, else marked as scrambled."""
    characters = pdf_second.characters_of(data, first.number - 1) if allowed else []
    text = "".join(char for char, _, _ in characters)
    if not pdf_second.is_better(text, first.text):
        return Page(
            first.number, first.text, (Mark(0, len(first.text), "scrambled"),), order=first.order
        ), False
    page = document[first.number - 1]
    text_page = page.get_textpage()
    try:
        order: list[int] = []
        last = 0
        for offset, (_, x, y) in enumerate(characters):
            at = pdfium.FPDFText_GetCharIndexAtPos(text_page, x, y, NEAR, NEAR) if x >= 0 else -1
            last = at if at >= 0 else last
            order += (offset, last)
    finally:
        text_page.close()
        page.close()
    return Page(first.number, text, order=tuple(order)), True
