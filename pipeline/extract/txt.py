"""Plain text in every Chinese encoding."""

from __future__ import annotations

import codecs

from pipeline.extract import quality
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CANDIDATES = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "cp1252")
MAX_UNDECODABLE = 0.02
MAX_CHARS = 20_000_000
SAMPLE = 200_000
"""Bytes that the choice between encodings looks at; the whole file is decoded once."""


def decode(data: bytes) -> tuple[str, str, bool]:
    """(text, encoding, damaged): BOM, else strict UTF-8, else the candidate whose result is made
    of common characters most. A decode without error proves nothing: all Big5 text tried decodes
    as GB18030.

    Raises Unreadable(BINARY_DATA) if more than 2 % cannot be decoded or is control characters.
    """
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _checked(data.decode(encoding, "replace"), encoding)
    try:
        return _checked(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    # An even cut keeps two-byte units whole; a cut multi-byte character costs one replacement.
    sample = data[:SAMPLE]
    scores = []
    for order, encoding in enumerate(CANDIDATES):
        if encoding.startswith("utf-16") and len(data) % 2:
            continue
        text = sample.decode(encoding, "replace")
        damage = text.count("\ufffd") / max(1, len(text))
        # Weighted twice: one bad byte in UTF-8 must not hand the text to an 8-bit code page.
        scores.append((quality.common_share(text) - 2 * damage - (encoding == "cp1252") * 0.2, -order))
    best = CANDIDATES[-max(scores)[1]]
    return _checked(data.decode(best, "replace"), best)


def _checked(text: str, encoding: str) -> tuple[str, str, bool]:
    if not text:
        raise Unreadable("EMPTY_FILE")
    if quality.control_share(text) > MAX_UNDECODABLE:
        raise Unreadable("BINARY_DATA")
    return text, encoding, "\ufffd" in text


def read(data: bytes) -> Extraction:
    text, encoding, damaged = decode(data)
    if len(text) > MAX_CHARS:
        raise Unreadable("LIMIT_SIZE")
    return Extraction(
        type="txt",
        extractor=f"txt/{encoding.removesuffix('-sig')}",
        pages=(Page(1, text.removeprefix("\ufeff")),),
        warnings=("ENCODING",) if damaged else (),
    )
