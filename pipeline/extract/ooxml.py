"""The parts of an Office package (DOCX, PPTX) and how they refer to each other.

Names are matched without their namespace, so that packages of the strict variant read alike.
"""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass

from lxml import etree

from pipeline.extract import package


@dataclass(frozen=True, slots=True)
class Relation:
    kind: str  # the last word of its type: slide, notesSlide, slideLayout, diagramData …
    target: str  # a part of the package


class Package:
    """Parts by name, in the letter case the package writes them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {name.lower(): name for name in archive.namelist()}

    def xml(self, name: str) -> etree._Element:
        info = self.archive.getinfo(self.names[name.lower()])
        return package.parse(package.inflate(self.archive, info))[0]

    def relations(self, name: str) -> dict[str, Relation]:
        """Relation id -> part, of those inside the package."""
        folder, base = posixpath.split(name)
        rels = f"{folder}/_rels/{base}.rels"
        if rels.lower() not in self.names:
            return {}
        found: dict[str, Relation] = {}
        for item in self.xml(rels):
            if item.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, item.get("Target", "")))
                kind = item.get("Type", "").rpartition("/")[2]
                found[item.get("Id", "")] = Relation(kind, target.lstrip("/"))
        return found

    def related(self, name: str, kind: str) -> list[str]:
        """Parts of one kind that a part refers to and that exist."""
        relations = self.relations(name).values()
        return [r.target for r in relations if r.kind == kind and r.target.lower() in self.names]

    def named(self, name: str, ident: str) -> etree._Element | None:
        """The part that a part refers to by a relation id, if it is there."""
        relation = self.relations(name).get(ident)
        if relation is None or relation.target.lower() not in self.names:
            return None
        return self.xml(relation.target)


def rel_id(node: etree._Element, name: str = "id") -> str:
    """The relation that an `r:…` attribute names (`id` without a namespace is something else)."""
    return next((str(v) for k, v in node.attrib.items() if k.endswith(f"}}{name}")), "")


def local(node: etree._Element) -> str:
    """Name of an element without its namespace; empty for what is no element."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
