"""The parts of a Word package: in a ZIP, or in one XML file (flat OPC), found by their relations.

Names, content types and relations that are wrong hide no text: what can be found is read.
"""

from __future__ import annotations

import posixpath
import re
import zipfile

from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree

from pipeline.extract import package
from pipeline.extract.errors import Unreadable
from pipeline.extract.ooxml import Package, Relation

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAX_PARAGRAPHS = 200_000
_PARAGRAPH = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,20}:)?p[\s/>]")
_OFFICE_DOCUMENT = RELATIONSHIP_TYPE.OFFICE_DOCUMENT.rpartition("/")[2]
_USUAL_MAIN = re.compile(r"(?:word/)?document\d?\.xml")


def count_paragraphs(data: bytes) -> int:
    """Paragraphs of a part, before there is a tree of them. Raises Unreadable(LIMIT_SIZE)."""
    count = sum(1 for _ in _PARAGRAPH.finditer(data))
    if count > MAX_PARAGRAPHS:
        raise Unreadable("LIMIT_SIZE")
    return count


class Parts(Package):
    """Parts of a ZIP by name; how much all of them inflate to is limited."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__(archive)
        # Some programs write names with backslashes, or with a slash before them.
        self.names = {n.replace("\\", "/").lstrip("/").lower(): n for n in archive.namelist()}
        self.known: dict[str, dict[str, Relation]] = {}
        self.left = package.MAX_INFLATED
        self.paragraphs = 0
        self.repaired = False

    def blob(self, name: str) -> bytes:
        """Bytes of a part; KeyError if there is none. Raises Unreadable(ZIP_BOMB)."""
        part = package.inflate(self.archive, self.archive.getinfo(self.names[name.lower()]), self.left)
        self.left -= len(part)
        return part

    def xml(self, name: str) -> etree._Element:
        """Root of a part. Raises Unreadable: CORRUPT, XML_DTD, LIMIT_DEPTH, LIMIT_SIZE (200,000
        paragraphs of all parts, counted before a tree of them takes the memory)."""
        data = self.blob(name)
        self.paragraphs += count_paragraphs(data)
        if self.paragraphs > MAX_PARAGRAPHS:
            raise Unreadable("LIMIT_SIZE")
        root, repaired = package.parse(data)
        self.repaired |= repaired
        return root

    def relations(self, name: str) -> dict[str, Relation]:
        """Relation id -> part of the package, for a part or ("") for the package; none where they
        are broken: the text of the part is not."""
        if name not in self.known:
            self.known[name] = {}
            folder, base = posixpath.split(name)
            root = self.optional(posixpath.join(folder, "_rels", f"{base}.rels"))
            for item in () if root is None else root.iterchildren("{*}Relationship"):
                if item.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join("/" + folder, item.get("Target", "")))
                    kind = item.get("Type", "").rpartition("/")[2]
                    self.known[name][item.get("Id", "")] = Relation(kind, target.lstrip("/"))
        return self.known[name]

    def main(self) -> str:
        """Name of the main part: what the package calls its office document, else one of the usual
        name. Raises Unreadable(CORRUPT)."""
        usual = sorted(name for name in self.names if _USUAL_MAIN.fullmatch(name))
        for name in (*self.related("", _OFFICE_DOCUMENT), *usual):
            return name
        raise Unreadable("CORRUPT")

    def optional(self, name: str) -> etree._Element | None:
        """A part, None where it is missing or no XML: the text of the others does not hang on it."""
        try:
            return self.xml(name) if name.lower() in self.names else None
        except Unreadable as error:
            if error.reason != "CORRUPT":
                raise
        except zipfile.BadZipFile:
            pass
        return None

    def one(self, name: str, kind: str) -> etree._Element | None:
        """The part of a kind (styles, numbering …) that a part refers to, else that of the usual name."""
        found = [*self.related(name, kind), posixpath.join(posixpath.dirname(name), f"{kind}.xml")]
        return self.optional(found[0])


class FlatParts(Parts):
    """Parts of one XML file (`pkg:package`): name -> root of the part, already parsed."""

    def __init__(self, roots: dict[str, etree._Element], *, repaired: bool = False) -> None:
        self.roots = {name.lower(): root for name, root in roots.items()}
        self.names = {name: name for name in self.roots}
        self.known = {}
        self.left = package.MAX_INFLATED
        self.paragraphs = 0
        self.repaired = repaired

    def blob(self, name: str) -> bytes:
        return bytes(etree.tostring(self.roots[name.lower()]))

    def xml(self, name: str) -> etree._Element:
        return self.roots[name.lower()]
