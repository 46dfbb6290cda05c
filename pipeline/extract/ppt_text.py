"""Text atoms of PowerPoint 97-2003: their characters, and what the program puts in when it shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.extract import ppt_records as ppt
from pipeline.extract import quality
from pipeline.extract.ppt_records import Record, Records

TITLES = (0, 6)  # TextTypeEnum: title, centred title
_HIGH = re.compile(rb"[\x80-\xff]+")
MIN_PAIRS = 2
MIN_SHARE = 0.95
CODE_PAGES = ("gb2312", "big5")


@dataclass(slots=True)
class Filled:
    """What is put in for the fields of a slide. Today's date is left out: nobody wrote it."""

    number: int
    header: str = ""
    footer: str = ""


@dataclass(slots=True)
class Text:
    """One text: its type, its characters with \\r for a paragraph and \\v for a break, and the
    fields in it as (position, record type)."""

    kind: int = 4
    chars: str = ""
    fields: list[tuple[int, int]] = field(default_factory=list)

    @property
    def only_fields(self) -> bool:
        """Whether nothing but fields was written."""
        return bool(self.fields) and len(self.chars.strip()) <= len(self.fields)

    def lines(self, filled: Filled) -> tuple[str, ...]:
        """The lines that are not blank, with the fields filled in where a `*` stands for each."""
        chars = list(self.chars)
        for position, kind in self.fields:
            if position < len(chars):
                chars[position] = {
                    ppt.SLIDE_NUMBER: str(filled.number),
                    ppt.HEADER_HERE: filled.header,
                    ppt.FOOTER_HERE: filled.footer,
                }.get(kind, "")
        text = "".join(chars).replace("\r", "\n").rstrip("\0")
        return tuple(line for line in text.splitlines() if line.strip())


def texts(records: Records, atoms: Iterable[Record], encoding: str) -> list[Text]:
    """Texts in the order of their headers; a header without characters is an empty text."""
    found: list[Text] = []
    for atom in atoms:
        if atom.kind == ppt.TEXT_HEADER:
            found.append(Text(records.number(atom)))
        elif atom.kind in (ppt.TEXT_CHARS, ppt.TEXT_BYTES):
            if not found or found[-1].chars:
                found.append(Text(found[-1].kind if found else 4))
            found[-1].chars = decode(records, atom, encoding)
        elif found and atom.kind in (ppt.SLIDE_NUMBER, ppt.HEADER_HERE, ppt.FOOTER_HERE, *ppt.DATES):
            found[-1].fields.append((records.number(atom), atom.kind))
    return found


def decode(records: Records, atom: Record, encoding: str) -> str:
    """Characters of an atom: UTF-16, or of one byte each."""
    body = records.body(atom)
    if atom.kind == ppt.TEXT_CHARS:
        return body[: len(body) & ~1].decode("utf-16-le", "replace")
    return narrow(body, encoding)


def narrow(body: bytes, encoding: str) -> str:
    """Characters of one byte each (2.9.44: the low byte of the code point). Writers put the marks of
    Windows (“ ” • …) at 0x80 to 0x9f, where Unicode has controls."""
    if encoding:
        return body.decode(encoding, "replace")
    return "".join(bytes((b,)).decode("cp1252", "ignore") if 0x80 <= b < 0xA0 else chr(b) for b in body)


def code_page(samples: Iterable[bytes]) -> str:
    """The Chinese code page that bytes meant to be Latin are written in by some programs, else "".

    Chinese is two bytes a character, both above 0x80 in GB 2312, so its runs are even; Western text
    has single accented letters, and what it decodes to are no usual characters.
    """
    body = b" ".join(samples)[:200_000]
    runs = _HIGH.findall(body)
    if sum(len(run) // 2 for run in runs) < MIN_PAIRS:
        return ""
    for encoding in CODE_PAGES:
        text = body.decode(encoding, "replace")
        high = "".join(c for c in text if c > "\x7f")
        if len(high) >= MIN_PAIRS and "\ufffd" not in high and quality.common_share(high) >= MIN_SHARE:
            return encoding
    return ""
