"""Files that are not what they are called, and files that were cut or hit (groups 13 to 32)."""

from __future__ import annotations

import random
from collections.abc import Iterator

from slides import make_pptx, shape
from test_doc import word_97
from test_mht import archive as mht
from test_mht import part as mht_part
from test_rtf import pairs, rtf
from test_wordml import word2003
from wordxml import par, word

from hostile.cases import BINARY, BOTH, CANARY, FIRST, GOOD, OK, REASONS, SECOND, Case, one_of
from hostile.pdf_writer import base, pdf

MISNAMED = one_of("EXT_MISMATCH")
PDF = pdf(base())
DOCX = word(par(FIRST) + par(SECOND))
DOC = word_97(f"{FIRST}\r{SECOND}\r")
PPTX = make_pptx([shape(FIRST), shape(SECOND)])
HTML = f"<html><body><p>{FIRST}</p><p>{SECOND}</p></body></html>"
MARKUP = ("\\par", "\\'", "<w:", "<p>", "Content-Type", "=E5=")
ANY = OK | REASONS
SEED = 20


def misnamed() -> Iterator[Case]:
    files = {"pdf": PDF, "docx": DOCX, "doc": DOC, "pptx": PPTX, "html": HTML.encode(), "txt": GOOD.encode()}
    group = {"pdf": 13, "docx": 14, "doc": 15, "pptx": 15, "html": 16, "txt": 17}
    for real, data in files.items():
        for said in ("pdf", "docx", "doc", "pptx", "html", "txt", "zip", "bin"):
            if said != real:
                yield Case(group[real], f"{real}.as.{said}", data, OK, has=BOTH, warns=MISNAMED)
        yield Case(18, f"UPPER-{real}.{real.upper()}", data, OK, has=BOTH)
        yield Case(18, f"no-extension-{real}", data, OK, has=BOTH)
    yield Case(16, "gbk.html.doc", HTML.encode("gbk"), OK, has=BOTH, warns=MISNAMED)
    yield Case(
        16,
        "xml-first.html.doc",
        f"<?xml version='1.0' encoding='utf-8'?>{HTML}".encode(),
        OK,
        has=BOTH,
        warns=MISNAMED,
    )
    rich = rtf(r"\f1 " + pairs(FIRST, "gbk") + r"\par " + pairs(SECOND, "gbk"))
    yield Case(19, "rtf.doc", rich, OK, has=BOTH, lacks=MARKUP)
    yield Case(19, "rtf-object.doc", rich[:-1] + rb"{\object\objemb{\*\objdata 0105000002}}{\field{\*\fldinst DDEAUTO " + CANARY.encode() + rb"}{\fldrslt x}}}", OK, has=BOTH, lacks=(*MARKUP, CANARY))  # fmt: skip
    yield Case(19, "rtf-deep.doc", b"{\\rtf1" + b"{" * 100_000 + FIRST.encode("gbk"), ANY)
    yield Case(19, "rtf-binary.doc", rich[:-1] + rb"{\bin9999999999 x}}", ANY, lacks=MARKUP)
    web = mht(mht_part(HTML, encoding="quoted-printable"))
    yield Case(20, "mht.doc", web, OK, has=BOTH, lacks=MARKUP)
    yield Case(20, "mht-deep.doc", mht(*[mht(mht(mht(mht_part(HTML))))] * 3), ANY)
    yield Case(21, "wordml.doc", word2003(par(FIRST) + par(SECOND)), OK, has=BOTH, lacks=MARKUP)
    cut = word2003(par(FIRST) + par(SECOND))[:-40]
    yield Case(21, "wordml-cut.doc", cut, ANY, lacks=MARKUP)
    dtd = word2003(par(FIRST)).replace(
        b"<w:wordDocument", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><w:wordDocument", 1
    )
    yield Case(
        21, "wordml-dtd.xml", dtd, one_of("XML_DTD", "UNSUPPORTED_TYPE", "CORRUPT"), lacks=("root:x:0:0",)
    )


def binary() -> Iterator[Case]:
    chance = random.Random(SEED)
    no_text = BINARY | one_of("EMPTY_ARCHIVE")
    kinds = {
        "random": chance.randbytes(20_000),
        "exe": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(50) + b"PE\0\0" + chance.randbytes(3_000),
        "elf": b"\x7fELF\2\1\1" + bytes(9) + chance.randbytes(3_000),
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + chance.randbytes(3_000),
        "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + chance.randbytes(3_000),
        "zeros": bytes(5_000),
        "ones": b"\xff" * 5_000,
        "gzip": b"\x1f\x8b\x08\0" + chance.randbytes(3_000),
        "sqlite": b"SQLite format 3\0" + chance.randbytes(3_000),
        "class": b"\xca\xfe\xba\xbe\0\0\0\x34" + chance.randbytes(3_000),
        "pickle-4": b"\x80\x04\x95"
        + bytes(7)
        + b"\x8c\x05posix\x8c\x06system\x93\x8c\x0c"
        + CANARY.encode()
        + b"\x85R.",
        "pickle-0": f"cos\nsystem\n(S'echo {CANARY}'\ntR.".encode(),
        "wmf": b"\xd7\xcd\xc6\x9a" + chance.randbytes(3_000),
        "shortcut": b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0" + chance.randbytes(2_000),
        "pdf-in-name": b"%PDF-1.4\n" + chance.randbytes(3_000),
        "zip-in-name": b"PK\3\4" + chance.randbytes(3_000),
        "ole-in-name": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + chance.randbytes(3_000),
    }
    for name, data in kinds.items():
        for extension in ("pdf", "docx", "pptx", "doc", "txt", "html", "zip"):
            yield Case(
                22 if "pickle" not in name else 23, f"{name}.{extension}", data, no_text, lacks=(CANARY,)
            )
    yield Case(24, "pdf-and-zip.pdf", PDF + word(par(FIRST)), ANY, lacks=MARKUP)
    yield Case(24, "zip-and-pdf.docx", DOCX + PDF, ANY, lacks=("obj",))
    yield Case(24, "html-and-pdf.html", HTML.encode() + PDF, ANY)
    yield Case(24, "gif-and-script.html", b"GIF89a/*" + bytes(20) + f"*/={CANARY};".encode(), BINARY)


def cut_and_hit() -> Iterator[Case]:
    chance = random.Random(SEED)
    files = {"pdf": PDF, "doc": DOC, "docx": DOCX, "pptx": PPTX}
    for at, (kind, data) in enumerate(files.items()):
        for n in range(20):
            size = len(data) * (n + 1) // 21
            yield Case(25 + at, f"cut-{n}.{kind}", data[:size] + f"\n%{n}".encode() * (kind == "pdf"), ANY)
        for n in range(100):
            hit = bytearray(data)
            for _ in range(1 + n % 10):
                hit[chance.randrange(len(hit))] ^= 1 << chance.randrange(8)
            yield Case(29 + at, f"hit-{n}.{kind}", bytes(hit), ANY, heavy=n >= 15)


def cases() -> Iterator[Case]:
    yield Case(4, "good.doc", DOC, OK, has=BOTH)
    yield from misnamed()
    yield from binary()
    yield from cut_and_hit()
