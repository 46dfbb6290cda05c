"""Presentations made by the tests: PPTX from the XML of its shapes, PPT from its records."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass, field
from html import escape

from cfb import make_cfb

SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MM = 36_000  # EMU


# --- PPTX ----------------------------------------------------------------------------------------


def shape(
    text: str, *, at: tuple[int, int] | None = None, size: tuple[int, int] | None = None, kind: str = ""
) -> str:
    """A text box; `|` breaks a line, a line feed starts a paragraph; `at` is (x, y) in mm, `size`
    (width, height)."""
    extent = f'<a:ext cx="{size[0] * MM}" cy="{size[1] * MM}"/>' if size else ""
    place = f'<a:xfrm><a:off x="{at[0] * MM}" y="{at[1] * MM}"/>{extent}</a:xfrm>' if at else ""
    lines = (escape(line).replace("|", "</a:t></a:r><a:br/><a:r><a:t>") for line in text.split("\n"))
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    holder = f'<p:ph type="{kind}"/>' if kind else ""
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{holder}</p:nvPr></p:nvSpPr>"
        f"<p:spPr>{place}</p:spPr><p:txBody>{paragraphs}</p:txBody></p:sp>"
    )


def grid(rows: list[list[str]]) -> str:
    """A table in its frame."""
    cells = "".join(
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{c}</a:t></a:r></a:p></a:txBody></a:tc>" for c in row)
        + "</a:tr>"
        for row in rows
    )
    return (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{cells}</a:tbl>"
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )


def relations(rows: list[tuple[str, str, str]]) -> str:
    """A part of relations from (id, kind, target)."""
    items = "".join(f'<Relationship Id="{i}" Type="{KIND}/{t}" Target="{to}"/>' for i, t, to in rows)
    return f"<Relationships>{items}</Relationships>"


def make_pptx(slides: list[str], *, notes: str = "", extra: dict[str, str] | None = None) -> bytes:
    """A PPTX of slides given as the XML of their shapes. The first slide is the last part, so that
    only the list in presentation.xml has the order; `notes` belong to the first."""

    def sheet(name: str, shapes: str) -> str:
        return f"<p:{name} {SPACES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{name}>"

    count = len(slides)
    listed = "".join(f'<p:sldId id="{256 + n}" r:id="s{count - n}"/>' for n in range(count))
    parts = {
        "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>{listed}</p:sldIdLst>"
        '<p:sldSz cx="9144000" cy="6858000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relations(
            [(f"s{n}", "slide", f"slides/slide{n}.xml") for n in range(1, count + 1)]
        ),
    }
    for number, shapes in enumerate(slides):
        parts[f"ppt/slides/slide{count - number}.xml"] = sheet("sld", shapes)
    if notes:
        parts[f"ppt/slides/_rels/slide{count}.xml.rels"] = relations(
            [("n", "notesSlide", "/ppt/notesSlides/notesSlide1.xml")]
        )
        parts["ppt/notesSlides/notesSlide1.xml"] = sheet("notes", notes)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, xml in (parts | (extra or {})).items():
            archive.writestr(name, xml)
    return buffer.getvalue()


# --- PPT -----------------------------------------------------------------------------------------


def atom(kind: int, body: bytes = b"", instance: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4, kind, len(body)) + body


def holder(kind: int, *records: bytes, instance: int = 0) -> bytes:
    body = b"".join(records)
    return struct.pack("<HHI", instance << 4 | 15, kind, len(body)) + body


def string(text: str, instance: int) -> bytes:
    return atom(0x0FBA, text.encode("utf-16-le"), instance)


def words(text: str | bytes, kind: int = 4) -> bytes:
    """A text: its header, then its characters (bytes: of one byte each)."""
    body = atom(0x0FA8, text) if isinstance(text, bytes) else atom(0x0FA0, text.encode("utf-16-le"))
    return atom(0x0F9F, struct.pack("<I", kind)) + body


def box(
    *text: bytes,
    at: tuple[int, int, int, int] = (0, 0, 100, 100),
    placeholder: int = 0,
    child: bool = False,
    deleted: bool = False,
    properties: bytes = b"",
    kind: int = 202,
) -> bytes:
    """A shape with the records of its text; `at` is left, top, right, bottom."""
    left, top, right, bottom = at
    anchor = (
        atom(0xF00F, struct.pack("<4i", *at))
        if child
        else atom(0xF010, struct.pack("<4h", top, left, right, bottom))
    )
    data = holder(0xF011, atom(0x0BC3, struct.pack("<iBBH", 0, placeholder, 0, 0))) if placeholder else b""
    said = holder(0xF00D, *text) if text else b""
    return holder(
        0xF004, atom(0xF00A, struct.pack("<II", 1, 8 if deleted else 0), kind), properties, anchor, data, said
    )


def group(
    *shapes: bytes, at: tuple[int, int, int, int], inner: tuple[int, int, int, int], table: bool = False
) -> bytes:
    properties = atom(0xF122, struct.pack("<HI", 0x039F, 1), 1) if table else b""
    own = box(at=at, properties=atom(0xF009, struct.pack("<4i", *inner)) + properties)
    return holder(0xF003, own, *shapes)


def outlined(index: int) -> bytes:
    """A pointer to a text of the outline."""
    return atom(0x0F9E, struct.pack("<I", index))


def footers(flags: int, instance: int = 0, **strings: str) -> bytes:
    places = {"date": 0, "header": 1, "footer": 2}
    return holder(
        0x0FD9,
        atom(0x0FDA, struct.pack("<HH", 0, flags)),
        *(string(text, places[name]) for name, text in strings.items()),
        instance=instance,
    )


@dataclass
class Slide:
    shapes: list[bytes]
    outline: list[bytes] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)
    more: bytes = b""


def drawing(shapes: list[bytes]) -> bytes:
    own = holder(0xF004, atom(0xF009, bytes(16)), atom(0xF00A, struct.pack("<II", 0, 5)))
    return holder(0x040C, holder(0xF002, holder(0xF003, own, *shapes)))


def ppt_streams(slides: list[Slide], *, more: bytes = b"", before: bytes = b"") -> dict[str, bytes]:
    """The streams of a PPT. Object 1 is the document; slides are stored last one first, so that only
    the list has their order."""
    stream = before
    offsets: dict[int, int] = {}

    def put(number: int, record: bytes) -> None:
        nonlocal stream
        offsets[number] = len(stream)
        stream += record

    listed, listed_notes = b"", b""
    for at, slide in enumerate(slides):
        number, ident, notes_ident = 10 + at, 256 + at, 512 + at if slide.notes else 0
        persist = atom(0x03F3, struct.pack("<IIiII", number, 0, len(slide.outline), ident, 0))
        listed += persist + b"".join(slide.outline)
        if slide.notes:
            listed_notes += atom(0x03F3, struct.pack("<IIiII", 500 + at, 0, 0, notes_ident, 0))
            put(500 + at, holder(0x03F0, atom(0x03F1, struct.pack("<II", ident, 0)), drawing(slide.notes)))
    for at, slide in reversed([*enumerate(slides)]):
        about = atom(0x03EF, struct.pack("<I8sIIHH", 0, bytes(8), 0, 512 + at if slide.notes else 0, 0, 0))
        put(10 + at, holder(0x03EE, about, drawing(slide.shapes), slide.more))
    prompts = drawing([box(words("单击此处编辑母版标题样式", 0))])
    put(2, holder(0x03F8, prompts))
    lists = holder(0x0FF0, listed, instance=0) + holder(0x0FF0, listed_notes, instance=2)
    put(1, holder(0x03E8, atom(0x03E9, struct.pack("<4i", 5760, 4320, 4320, 5760) + bytes(24)), lists, more))
    return {"PowerPoint Document": stream, **saved(stream, offsets)}


def saved(
    stream: bytes, offsets: dict[int, int], *, last: int = 0, token: int = 0xE391C05F
) -> dict[str, bytes]:
    """The streams after a save that wrote these objects; `last` is where the save before lies."""
    table = b"".join(struct.pack("<II", 1 << 20 | number, at) for number, at in sorted(offsets.items()))
    edit = struct.pack("<IHBBIIIIHH", 256, 0, 0, 3, last, len(stream), 1, 1000, 1, 0)
    body = stream + atom(0x1772, table)
    user = atom(0x0FF6, struct.pack("<III", 20, token, len(body)) + bytes(8))
    return {"PowerPoint Document": body + atom(0x0FF5, edit), "Current User": user}


def make_ppt(slides: list[Slide], *, more: bytes = b"", before: bytes = b"") -> bytes:
    return make_cfb(ppt_streams(slides, more=more, before=before))
