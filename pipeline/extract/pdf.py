"""PDF: text by page through PDFium."""

from __future__ import annotations

import pypdfium2
from pypdfium2 import raw as pdfium

from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

MAX_PAGES = 20_000
MAX_CHARS = 20_000_000
_PASSWORD = 4  # FPDF_ERR_PASSWORD


def read(data: bytes) -> Extraction:
    """Pages with the text PDFium reads; raw offsets are its character indices on the page."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error)
        raise Unreadable("ENCRYPTED" if encrypted else "CORRUPT") from error
    if len(document) > MAX_PAGES:
        raise Unreadable("LIMIT_PAGES")
    pages: list[Page] = []
    broken = chars = 0
    for index in range(len(document)):
        try:
            text = _page_text(document, index)
        except pypdfium2.PdfiumError:
            broken += 1
            text = ""
        chars += len(text)
        if chars > MAX_CHARS:
            raise Unreadable("LIMIT_SIZE")
        pages.append(Page(index + 1, text))
    if broken and broken == len(document):
        raise Unreadable("CORRUPT")
    return Extraction(
        type="pdf",
        extractor="pdfium",
        pages=tuple(pages),
        warnings=("PARTIAL",) if broken else (),
    )


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    """Characters of a page, one per PDFium character index (its own UTF-16 call would shift
    indices wherever it skips a character), generated line ends included."""
    page = document[index]
    text_page = page.get_textpage()
    try:
        count = pdfium.FPDFText_CountChars(text_page)
        return "".join(
            chr(code) if 0 < (code := pdfium.FPDFText_GetUnicode(text_page, i)) < 0x110000 else "\ufffe"
            for i in range(max(0, count))
        )
    finally:
        text_page.close()
        page.close()
