"""Legacy binary Word (.doc, Word 97-2003), read by unword; text boxes follow the body."""

from __future__ import annotations

import re

import unword

from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Mark, Page

_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_ENCRYPTED_FLAG = 0x0100


def read(data: bytes) -> Extraction:
    """One page with the document's text; headings by Word style become marks."""
    if _is_encrypted(data):
        raise Unreadable("ENCRYPTED")
    try:
        document = unword.parse_doc(data)
    except BaseException as error:  # a Rust panic arrives as BaseException
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise Unreadable("CORRUPT") from error
    body = "\n".join([document.body_text, *document.textboxes])
    # Word's own characters: \x07 ends a table cell, \x0b a line within a paragraph, \x0c a page.
    body = body.replace("\x07", "\t").replace("\x0b", "\n").replace("\x0c", "\n")
    text, marks = _headings(body)
    return Extraction("doc", "unword", (Page(1, text, marks, flows=True),))


def _headings(body: str) -> tuple[str, tuple[Mark, ...]]:
    """The text without the `# ` that unword puts before headings, and marks in their place."""
    pieces: list[str] = []
    marks: list[Mark] = []
    length = last = 0
    for match in _HEADING.finditer(body):
        before = body[last : match.start()]
        pieces += [before, match.group(2)]
        start = length + len(before)
        length = start + len(match.group(2))
        marks.append(Mark(start, length, "heading", len(match.group(1))))
        last = match.end()
    return "".join(pieces) + body[last:], tuple(marks)


def _is_encrypted(data: bytes) -> bool:
    """Whether the FIB of the WordDocument stream has fEncrypted set ([MS-DOC] 2.5.2). The stream
    starts on a sector boundary, so its signature is looked for there only."""
    for offset in range(512, min(len(data), 1 << 22), 512):
        if data[offset : offset + 2] == b"\xec\xa5":
            flags = int.from_bytes(data[offset + 10 : offset + 12], "little")
            return bool(flags & _ENCRYPTED_FLAG)
    return False
