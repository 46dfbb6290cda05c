"""Binary Word (.doc): Word 97 to 2003 and what writes like it, Word 6 and 95, the text of Word 2.

The parts: `doc_fib` the head of the file, `doc_pieces` which bytes are the text, `doc_bytes` and
`doc_decode` its code pages, `doc_properties` and `doc_styles` what is hidden, a heading or a table,
`doc_text` what shows, `doc_lines`, `doc_lists` and `doc_stories` its lines.
"""

from __future__ import annotations

import re

import unword

from pipeline.extract import ole, quality
from pipeline.extract.doc_fib import read_fib
from pipeline.extract.doc_lists import read_lists
from pipeline.extract.doc_pieces import read_pieces
from pipeline.extract.doc_stories import Stories
from pipeline.extract.doc_text import decode_stories
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

SIGNATURE = b"\xd0\xcf\x11\xe0"
LEAST_OF_DAMAGED = 10
"""Letters below which what a broken file gives proves nothing: three bytes of a drawing read as text."""
_SIGNS = re.compile("[\x00-\x08\x0e-\x1f]")


def read(data: bytes) -> Extraction:
    """One page: headers, body with its text boxes, notes, footers and comments; headings and table
    rows as marks, what stands around the body as furniture.

    Raises Unreadable: CORRUPT, ENCRYPTED, GARBAGE, LIMIT_SIZE, UNSUPPORTED_TYPE.
    """
    try:
        return _own(data)
    except Unreadable as error:
        if error.reason != "CORRUPT":
            raise
    except (MemoryError, RecursionError):
        raise
    except Exception:  # a lie in a table that no check has met
        return _by_unword(data)
    return _by_unword(data)


def _own(data: bytes) -> Extraction:
    if data.startswith(SIGNATURE):
        container = ole.open_streams(data)
        main = ole.stream(container, "WordDocument") or b""
        fib = read_fib(main)
        names = [fib.table, {"0Table": "1Table", "1Table": "0Table"}[fib.table]] if fib.table else []
        tables = next(
            (found for name in names if (found := ole.stream(container, name))), b"" if names else main
        )
    else:
        main = tables = data
        fib = read_fib(data)
    pieces = read_pieces(fib, main, tables)
    text = decode_stories(fib, main, tables, pieces)
    page = Stories(fib, tables, text, read_lists(fib, tables)).write().page()
    if pieces.damaged and sum(map(str.isalnum, page.text)) < LEAST_OF_DAMAGED:
        raise Unreadable("GARBAGE")
    return Extraction("doc", f"doc/{fib.era}", (page,), ("REPAIRED",) if pieces.damaged else ())


def _by_unword(data: bytes) -> Extraction:
    """What another reader makes of a file whose tables are broken, if it is text."""
    try:
        document = unword.parse_doc(data)
    except BaseException as error:  # a Rust panic arrives as BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise Unreadable("CORRUPT") from error
    text = "\n".join([document.body_text, *document.textboxes])
    text = _SIGNS.sub("", text.replace("\x07", "\t").replace("\x0b", "\n").replace("\x0c", "\n"))
    if not text.strip() or quality.is_garbage(text) or quality.common_share(text) < 0.6:
        raise Unreadable("CORRUPT")
    return Extraction("doc", "unword", (Page(1, text, flows=True),), ("REPAIRED",))
