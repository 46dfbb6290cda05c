"""Word documents for tests, from strings of XML: the smallest package a reader accepts."""

from __future__ import annotations

import io
import zipfile

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    f'xmlns:r="{OFFICE}" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
CONTENT_TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"


def element(name: str, content: str) -> str:
    """The root of a part: `element("styles", …)`."""
    return f"<w:{name} {SPACES}>{content}</w:{name}>"


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def par(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"


def table(*rows: list[str]) -> str:
    """Rows of cells; a cell is a text, or XML if it begins with `<`."""

    def cell(content: str) -> str:
        return f"<w:tc>{content if content.startswith('<') else par(content)}</w:tc>"

    return f"<w:tbl>{''.join('<w:tr>' + ''.join(map(cell, row)) + '</w:tr>' for row in rows)}</w:tbl>"


def box(content: str) -> str:
    """A text box as Word 2010 writes it: the new form, and the old one beside it."""
    inside = f"<w:txbxContent>{content}</w:txbxContent>"
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{inside}</wps:txbx>'
        f"</wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{inside}</v:textbox>"
        "</v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def relations(*targets: tuple[str, str]) -> str:
    """Relations rId1, rId2 … as (kind, target)."""
    items = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'


def package(parts: dict[str, str | bytes], *, stored: bool = False) -> bytes:
    """A ZIP of parts by name."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def word(body: str, parts: dict[str, str | bytes] | None = None, *, stored: bool = False) -> bytes:
    """A document with this body; `parts` adds others or takes the place of those here."""
    return package(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/document.xml": element("document", f"<w:body>{body}</w:body>"),
            **(parts or {}),
        },
        stored=stored,
    )
