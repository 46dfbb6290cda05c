"""PDF files from the text of their objects: whatever is wrong with them is wrong on purpose."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from hostile.cases import BOTH

FONT = (
    "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<<"
    "/Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/CIDSystemInfo<</Registry(Adobe)"
    "/Ordering(GB1)/Supplement 4>>/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6"
    "/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>>>]>>"
)
Objects = dict[int, str | bytes]


def show(*lines: str, top: int = 780) -> str:
    """Operators that write lines of text with the font F."""
    drawn = (
        f"BT /F 11 Tf 60 {top - 18 * n} Td <{line.encode('utf-16-be').hex()}> Tj ET"
        for n, line in enumerate(lines)
    )
    return "\n".join(drawn)


def stream(content: str | bytes, entries: str = "", *, deflate: bool = False, length: str = "") -> bytes:
    data = content.encode("latin-1") if isinstance(content, str) else content
    if deflate:
        data, entries = zlib.compress(data, 9), f"/Filter/FlateDecode{entries}"
    return f"<</Length {length or len(data)}{entries}>>\nstream\n".encode() + data + b"\nendstream"


def page(contents: str = "5 0 R", more: str = "") -> str:
    return f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>/Contents {contents}{more}>>"


def base(*lines: str) -> Objects:
    """A document of one page: 1 catalogue, 2 pages, 3 the page, 4 its font, 5 its contents."""
    return {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: page(),
        4: FONT,
        5: stream(show(*(lines or BOTH))),
    }


def pdf(
    objects: Mapping[int, str | bytes], *, trailer: str = "", xref: bool = True, root: str = "1 0 R"
) -> bytes:
    """The file with its table of objects."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += (
            f"{number} 0 obj\n".encode()
            + (body.encode("latin-1") if isinstance(body, str) else body)
            + b"\nendobj\n"
        )
    start, size = len(out), max(places, default=0) + 1
    if xref:
        out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
        for number in range(1, size):
            at = places.get(number)
            out += b"0000000000 65535 f \n" if at is None else f"{at:010} 00000 n \n".encode()
    out += f"trailer\n<</Size {size}/Root {root}{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def changed(changes: Mapping[int, str | bytes], *lines: str, trailer: str = "") -> bytes:
    """The document of one page with objects added or replaced."""
    return pdf({**base(*lines), **changes}, trailer=trailer)
