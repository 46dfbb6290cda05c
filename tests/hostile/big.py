"""Files of gigabytes, on the disk or unpacked (groups 105 to 108): for the external tests only."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wordxml import CONTENT_TYPES, SPACES, par, relations

from hostile.cases import BOTH, BROKEN, FIRST, GOOD, KILLED, LIMITS, OK, Case
from hostile.pdf_writer import FONT, base, pdf, show, stream

MEBI = 1 << 20
BOUNDED = LIMITS | KILLED
Pieces = Callable[[], Iterator[bytes]]


def _repeated(before: bytes, piece: bytes, size: int, after: bytes = b"") -> Pieces:
    """`piece` over and over between two others, `size` bytes of it or a little more."""

    def pieces() -> Iterator[bytes]:
        many = piece * max(1, MEBI // len(piece))
        yield before
        for _ in range(size // len(many) + 1):
            yield many
        yield after

    return pieces


def _packed(name: str, content: Pieces, others: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for other, text in others.items():
            made.writestr(zipfile.ZipInfo(other), text)
        with made.open(zipfile.ZipInfo(name), "w") as member:
            for piece in content():
                member.write(piece)
    return buffer.getvalue()


def _docx(size: int) -> bytes:
    others = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
    }
    body = _repeated(
        f"<w:document {SPACES}><w:body>".encode(), par(FIRST).encode(), size, b"</w:body></w:document>"
    )
    return _packed("word/document.xml", body, others)


def _flate(size: int) -> bytes:
    packer = zlib.compressobj(1)
    shown = b"".join(map(packer.compress, _repeated(show(*BOTH).encode(), b" ", size)()))
    return pdf({**base(), 5: stream(shown + packer.flush(), "/Filter/FlateDecode")})


def _pages(count: int) -> bytes:
    kids = " ".join(f"{number} 0 R" for number in range(10, 10 + count))
    font = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>"
    return pdf(
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: f"<</Type/Pages/Kids[{kids}]/Count {count}>>",
            4: FONT,
            5: stream(show(*BOTH)),
            **dict.fromkeys(range(10, 10 + count), font),
        }
    )


def cases() -> Iterator[Case]:
    text = GOOD.encode()
    html = f"<p>{FIRST}</p>".encode()
    row = f"<tr><td>{FIRST}</td></tr>".encode()
    yield Case(105, "inflates-to-1-gb.docx", lambda: _docx(1 << 30), BOUNDED, heavy=True)
    yield Case(105, "inflates-to-150-mb.docx", lambda: _docx(150 * MEBI), BOUNDED, heavy=True)
    yield Case(
        106,
        "inflates-to-1500-mb.zip",
        lambda: _packed("大.txt", _repeated(text, b" ", 1500 * MEBI), {"好.txt": GOOD}),
        BOUNDED | OK,
        heavy=True,
    )
    yield Case(107, "flate-2500-mb.pdf", lambda: _flate(2500 * MEBI), BOUNDED | BROKEN, heavy=True)
    yield Case(107, "pages-100000.pdf", lambda: _pages(100_000), BOUNDED, heavy=True)
    for group, name in zip((105, 106), LONGER, strict=True):
        yield Case(group, name, lambda: _packed("a.txt", _repeated(b"", b"x", 1), {}), LIMITS, heavy=True)
    for size, ends in ((200, LIMITS), (90, BOUNDED | OK)):
        line = _repeated(text, FIRST.encode(), size * MEBI)
        yield Case(108, f"line-{size}-mb.txt", lambda line=line: b"".join(line()), ends, heavy=True)
    for name, piece in (
        ("paragraphs", html),
        ("rows", row),
        ("one-paragraph", FIRST.encode()),
        ("open", b"<div>x"),
    ):
        page = _repeated(b"<html><meta charset=utf-8><body><table>", piece, 50 * MEBI)
        yield Case(108, f"{name}-50-mb.html", lambda page=page: b"".join(page()), BOUNDED | OK, heavy=True)


LONGER = {"1-gb.docx": 1 << 30, "1500-mb.zip": 1500 * MEBI}
"""Files of these names are stretched with a hole to so many bytes."""


def stretch(raw: Path, placed: Sequence[tuple[bytes, Case]]) -> None:
    for place, case in placed:
        if case.name in LONGER:
            os.truncate(os.path.join(os.fsencode(raw), place), LONGER[str(case.name)])
