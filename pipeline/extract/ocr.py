"""Scans: which pages are pictures of text, and the text recognised on one (extra `ocr`).

A page is a job of its own in the sandbox: it is killed, cached and flagged by itself. Rendering is
PDFium's, recognition RapidOCR's (PP-OCR models that its wheel carries: nothing is fetched).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pipeline.extract import quality
from pipeline.extract.errors import Unreadable
from pipeline.extract.ocr_lines import Piece, page_of
from pipeline.records import Extraction, Page, Skipped

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2

LIBRARIES = ("rapidocr", "onnxruntime")
MAX_SCANS = 300
"""Pages of one file that are recognised, at 5 s of computing each; the rest ends as PARTIAL."""
FEW_LETTERS = 10  # a page with fewer is a scan if a picture covers it: stamps and page numbers are text
COVERED = 0.5  # share of the page
COVERED_AT_ALL = 0.05  # the same where there is no letter: a logo on a blank page is smaller
MANY_PATHS = 200  # letters drawn as curves are some hundred paths a page; frames and rules are fewer
MAX_OBJECTS = 1_000  # looked at on a page
DPI = 200
"""Degraded pages read right to 99.82 % of their letters at 150 dpi, 99.91 % at 170, all at 200; a page
takes 3.2, 3.8 and 4.8 s of computing (2026-11, RapidOCR 3.10)."""
MAX_SIDE = 3_000
MAX_PIXELS = 6_000_000
SURE = 0.8  # mean confidence; upright pages have 0.9 and more, turned ones below 0.7
MIN_LINE_CONFIDENCE = 0.5
MIN_CONFIDENCE = 0.6
"""Mean confidence below which nothing is taken from a page: leaves and faces read as strokes."""


def versions() -> dict[str, str]:
    """The versions of the libraries of the extra, empty if it is not installed as a whole."""
    try:
        return {name: version(name) for name in LIBRARIES}
    except PackageNotFoundError:
        return {}


def is_picture(document: pypdfium2.PdfDocument, page: Page) -> bool:
    """Whether there is more to see on a page than its text says: hardly any letter, and a picture
    over most of the page or letters drawn as curves; or characters that nobody could put in order."""
    import pypdfium2

    if any(mark.kind == "scrambled" for mark in page.marks):
        return True
    letters = sum(map(str.isalnum, itertools.islice(page.text, 10_000)))
    if letters >= FEW_LETTERS:
        return False
    try:
        covered, paths = _drawn(document[page.number - 1])
    except pypdfium2.PdfiumError:
        return False
    return covered >= (COVERED if letters else COVERED_AT_ALL) or (letters == 0 and paths >= MANY_PATHS)


def _drawn(page: pypdfium2.PdfPage) -> tuple[float, int]:
    """(share of the page that pictures cover, number of paths) of its first objects."""
    from pypdfium2 import raw as pdfium

    width, height = page.get_size()
    area, paths = 0.0, 0
    for item in itertools.islice(page.get_objects(max_depth=4), MAX_OBJECTS):
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            # Scanners cut a page into strips or lay several pictures over it: areas add up.
            area += max(0.0, right - left) * max(0.0, top - bottom)
        elif item.type == pdfium.FPDF_PAGEOBJ_PATH:
            paths += 1
    return area / max(1.0, width * height), paths


def unread(extraction: Extraction) -> list[int]:
    """Numbers of the pages that are pictures nobody has recognised, as many as are read."""
    return [page.number for page in extraction.pages if page.confidence == 0][:MAX_SCANS]


def settled(extraction: Extraction, recognised: Mapping[int, Extraction | Skipped]) -> Extraction | Skipped:
    """The extraction with what was recognised on its scanned pages, checked to be text.

    Pages that stay unread make it PARTIAL; if nothing else has text, it has the one reason they
    share, else NO_TEXT. The rest of a long scan counts as unread.
    """
    pages: list[Page] = []
    reasons: set[str] = set()
    found = lost = False
    for page in extraction.pages:
        result = recognised.get(page.number)
        if page.confidence:
            pages.append(page)
        elif isinstance(result, Extraction) and result.pages:
            # A stamp or page number that is text stays, unless the picture shows it as well.
            pages.append(replace(result.pages[0], number=page.number))
            found = True
        else:
            pages.append(page)
            lost = True
            reasons.add(result.reason if isinstance(result, Skipped) else "NO_TEXT")
    extractor = f"{extraction.extractor}+{LIBRARIES[0]}" if found else extraction.extractor
    names = [*extraction.warnings, *["OCR"] * found, *["PARTIAL"] * lost]
    try:
        quality.require_text([page.text for page in pages])
    except Unreadable as error:
        shared = error.reason == "NO_TEXT" and len(reasons) == 1
        return Skipped("quarantined", reasons.pop() if shared else error.reason)
    return replace(extraction, extractor=extractor, pages=tuple(pages), warnings=tuple(dict.fromkeys(names)))


def recognise(data: bytes, number: int) -> Extraction:
    """The text of one page (from 1) of a PDF, as one page. Raises Unreadable: CORRUPT, NO_TEXT."""
    import pypdfium2

    from pipeline.extract import pdf_fonts

    pdf_fonts.draw()
    try:
        document = pypdfium2.PdfDocument(data)
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(DPI / 72, MAX_SIDE / max(width, height, 1), (MAX_PIXELS / max(1, width * height)) ** 0.5)
        image = page.render(scale=scale, rev_byteorder=False).to_numpy()[:, :, :3]
    except (pypdfium2.PdfiumError, IndexError, ValueError) as error:
        raise Unreadable("CORRUPT") from error
    found = _upright(image)
    if found is None or found.confidence < MIN_CONFIDENCE:
        raise Unreadable("NO_TEXT")
    return Extraction("pdf", LIBRARIES[0], (replace(found, number=number),))


def _upright(image: np.ndarray) -> Page | None:
    """The page as it lies, or turned by quarters to where it reads best."""
    import numpy as np

    best: Page | None = None
    most = 0.0
    turns = [0]
    for quarters in turns:
        pieces = _pieces(np.ascontiguousarray(np.rot90(image, quarters)))
        if not pieces:
            continue
        page = page_of(pieces)
        # The recogniser turns a tall piece and may read it, yet lines that stand are in no order.
        stands = 2 * sum(p.bottom - p.top > 1.5 * (p.right - p.left) for p in pieces) > len(pieces)
        score = page.confidence * len(page.text) * (0.5 if stands else 1)
        if score > most:
            best, most = page, score
        if page.confidence >= SURE and not stands:
            break
        if not quarters:
            turns += [1, 3] if stands else [2]
    return best


def _pieces(image: np.ndarray) -> list[Piece]:
    """The pieces of lines found in a picture, with their text."""
    found = _engine()(image)
    if found.boxes is None or found.txts is None:
        return []
    return [
        Piece.of([(float(x), float(y)) for x, y in box], text, float(score))
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if text.strip()
    ]


@cache
def _engine() -> Any:
    """The recogniser, loaded once in a worker. One thread: two gave other confidences now and then,
    and the run has as many workers as it wants processors."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # pages, not lines, are upside down: see `_upright`
            "Global.max_side_len": MAX_SIDE,
            "Global.text_score": MIN_LINE_CONFIDENCE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
