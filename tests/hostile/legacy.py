"""Compound files: passwords, loops, heads that lie, macros and field codes (groups 66 to 68, 71 to 74)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from cfb import make_cfb
from conftest import make_pdf
from reportlab.lib.pdfencrypt import StandardEncryption
from slides import Slide, box, make_ppt, words
from test_doc import word_97

from hostile.cases import BOTH, CANARY, FIRST, OK, REASONS, SECOND, Case, one_of
from hostile.pdf_writer import base, pdf

TEXT = f"{FIRST}\r{SECOND}\r"
DOC = word_97(TEXT)
LOCKED = one_of("ENCRYPTED")
SURVIVED = OK | REASONS


def locked() -> Iterator[Case]:
    open_to_all = StandardEncryption(userPassword="", ownerPassword="secret")
    yield Case(66, "empty-password.pdf", make_pdf([list(BOTH)], password=open_to_all), OK, has=BOTH)
    yield Case(67, "password.pdf", make_pdf([[FIRST]], password="secret"), LOCKED)
    for handler in ("/Unknown", "/Adobe.PubSec"):
        entries = f"/Encrypt<</Filter{handler}/V 4/R 4/O<00>/U<00>/P -4>>/ID[<00><00>]"
        yield Case(
            67,
            f"handler{handler.replace('/', '-')}.pdf",
            pdf(base(), trailer=entries),
            LOCKED | one_of("CORRUPT", "NO_TEXT", "GARBAGE"),
        )
    yield Case(68, "password.doc", word_97(TEXT, flags=0x1300), LOCKED)
    package = {"EncryptedPackage": b"\0" * 900, "EncryptionInfo": b"\4\0\4\0"}
    for extension in ("docx", "pptx"):
        yield Case(68, f"password.{extension}", make_cfb(package), LOCKED)


def loops() -> Iterator[Case]:
    """The allocation table and the directory of the container, damaged one place at a time."""
    fat, directory = 512, 1024
    numbers = {"self": None, "first": 0, "far": 0x7FFFFFFF, "free": 0xFFFFFFFF, "end": 0xFFFFFFFE}
    for name, value in numbers.items():
        for sector in (1, 2, 3, 8):
            made = bytearray(DOC)
            struct.pack_into("<I", made, fat + 4 * sector, sector if value is None else value)
            yield Case(71, f"fat-{sector}-{name}.doc", bytes(made), SURVIVED)
        for field, at in (("left", 68), ("right", 72), ("child", 76), ("start", 116), ("size", 120)):
            for entry in (0, 1, 2):
                made = bytearray(DOC)
                struct.pack_into("<I", made, directory + 128 * entry + at, entry if value is None else value)
                yield Case(71, f"{field}-{entry}-{name}.doc", bytes(made), SURVIVED, heavy=entry == 1)
    heads = {
        "sector": 30,
        "mini": 32,
        "fats": 44,
        "directory": 48,
        "cutoff": 56,
        "mini-fat": 60,
        "difat": 68,
        "difats": 72,
        "first-fat": 76,
    }
    for name, at in heads.items():
        for value in (0, 0xFFFF, 0x7FFFFFFF if at > 40 else 0x7FFF):
            made = bytearray(DOC)
            struct.pack_into("<I" if at > 40 else "<H", made, at, value)
            yield Case(72, f"head-{name}-{value}.doc", bytes(made), SURVIVED)
    places = {
        "pieces": 0x1A2,
        "pieces-size": 0x1A6,
        "text": 0x4C,
        "pages": 0xFA,
        "flags": 0x0A,
        "pairs": 0x98,
    }
    stream = DOC.index(b"\xec\xa5\xc1\0")
    for name, at in places.items():
        for value in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
            made = bytearray(DOC)
            struct.pack_into("<I", made, stream + at, value)
            yield Case(72, f"word-{name}-{value}.doc", bytes(made), SURVIVED, lacks=("\x13",))


def inside() -> Iterator[Case]:
    macro = {
        "_VBA_PROJECT": f'Sub AutoOpen(): Shell "{CANARY}"'.encode(),
        "Macros": CANARY.encode("utf-16-le"),
    }
    yield Case(73, "macro.doc", word_97(TEXT, streams=macro), OK, has=BOTH, lacks=(CANARY, "AutoOpen"))
    fields = {
        "link": f'\x13 HYPERLINK "http://127.0.0.1:9/{CANARY}" \x14点这里\x15',
        "dde": f"\x13 DDEAUTO c:\\\\{CANARY} \x14域\x15",
        "include": f'\x13 INCLUDETEXT "/etc/passwd" {CANARY} \x14x\x15',
        "nested": f"\x13 IF \x13 MERGEFIELD {CANARY} \x14甲\x15 = {CANARY} \x14乙\x15",
        "no-result": f"\x13 PAGEREF {CANARY} \x15",
    }
    for name, field in fields.items():
        yield Case(
            73,
            f"field-{name}.doc",
            word_97(f"{FIRST}{field}\r{SECOND}\r"),
            OK,
            has=BOTH,
            lacks=(CANARY, "\x13", "HYPERLINK", "DDEAUTO"),
        )
    yield Case(73, "field-open.doc", word_97(f"{FIRST}\r{SECOND}\r\x13 HYPERLINK {CANARY}\r"), OK, has=BOTH)
    yield Case(73, "field-closes-only.doc", word_97(f"{FIRST}\x15\x14\x15\r{SECOND}\r"), OK, has=BOTH)
    yield Case(73, "fields-20000-deep.doc", word_97(TEXT + chr(0x13) * 20_000 + "\r"), SURVIVED)
    lone = (FIRST + "\r").encode("utf-16-le") + b"\x00\xd8\x41\x00" + (SECOND + "\r").encode("utf-16-le")
    yield Case(
        74,
        "lone-surrogate.doc",
        word_97(lone.decode("utf-16-le", "surrogatepass").replace("\ud800", "\ufffd")),
        OK,
        has=BOTH,
    )
    patched = word_97(f"{FIRST}\r￼￼\r{SECOND}\r").replace("￼￼".encode("utf-16-le"), b"\x00\xd8\x00\xd8")
    yield Case(74, "lone-surrogates.doc", patched, OK, has=BOTH)
    deck = make_ppt([Slide([box(words(FIRST)), box(words(SECOND))])])
    yield Case(74, "good.ppt", deck, OK, has=BOTH)
    slide = deck.index(struct.pack("<H", 0x03EE), 512) - 2
    for name, size in (("all", 0xFFFFFFFF), ("half", 0x7FFFFFFF), ("nothing", 0), ("itself", len(deck))):
        made = bytearray(deck)
        struct.pack_into("<I", made, slide + 4, size)
        yield Case(74, f"record-{name}.ppt", bytes(made), SURVIVED)


def cases() -> Iterator[Case]:
    yield from locked()
    yield from loops()
    yield from inside()
