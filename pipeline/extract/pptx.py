"""PPTX in presentation order: a page per slide, its title as a heading, then shapes as they are read,
its notes and its comments."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from pipeline.extract import package
from pipeline.extract.errors import Unreadable
from pipeline.extract.ooxml import Package, local, rel_id
from pipeline.extract.pptx_shapes import Layouts, shapes_of
from pipeline.extract.pptx_text import paragraph
from pipeline.extract.slide_page import MAX_PARAGRAPHS, Deck
from pipeline.records import Extraction, Page

_MAIN = "ppt/presentation.xml"


def read(data: bytes) -> Extraction:
    """One page per slide, hidden ones too; titles and table rows as marks, notes at the end.

    Raises Unreadable: CORRUPT, LIMIT_SIZE, LIMIT_DEPTH and the reasons of `package.check`.
    """
    package.check(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            pages, missing = _pages(Package(archive))
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # KeyError, XMLSyntaxError … for broken packages
        raise Unreadable("CORRUPT") from error
    return Extraction("pptx", "lxml", pages, ("REPAIRED",) if missing else ())


def _pages(parts: Package) -> tuple[tuple[Page, ...], bool]:
    """The pages, and whether slides are listed that are not there."""
    main = parts.xml(_MAIN)
    size = main.find("{*}sldSz")
    width, height = (float(size.get(k, "0")) for k in ("cx", "cy")) if size is not None else (0.0, 0.0)
    deck = Deck(height or 6_858_000, width or 9_144_000)
    targets = parts.relations(_MAIN)
    # A slide listed twice is read once, like a page of a PDF.
    listed = [targets.get(rel_id(item)) for item in main.iterfind("{*}sldIdLst/{*}sldId")]
    order = dict.fromkeys(r.target for r in listed if r and r.target.lower() in parts.names)
    if listed and not order:
        raise Unreadable("CORRUPT")
    layouts, authors = Layouts(parts), _authors(parts)
    pages: list[Page] = []
    paragraphs = 0
    for number, name in enumerate(order, start=1):
        slide = parts.xml(name)
        paragraphs += sum(1 for _ in slide.iter("{*}p"))  # empty ones, which are no lines, count too
        if paragraphs > MAX_PARAGRAPHS:
            raise Unreadable("LIMIT_SIZE")
        notes = [s for n in parts.related(name, "notesSlide") for s in shapes_of(parts, n, parts.xml(n), {})]
        shapes = shapes_of(parts, name, slide, layouts.of(name))
        pages.append(deck.page(number, shapes, notes=notes, comments=_comments(parts, name, authors)))
    return tuple(pages), len(order) < len(dict.fromkeys(listed))


def _authors(parts: Package) -> dict[str, str]:
    """Id -> name of those who comment; the newer comments list them in a part of their own."""
    return {
        author.get("id", ""): author.get("name", "")
        for kind in ("commentAuthors", "authors")
        for name in parts.related(_MAIN, kind)
        for author in parts.xml(name)
    }


def _comments(parts: Package, slide: str, authors: dict[str, str]) -> Iterator[str]:
    """Author, time and text of the comments on a slide, each before its replies."""
    for name in parts.related(slide, "comments"):
        for node in parts.xml(name).iter("{*}cm", "{*}reply"):
            time = node.get("dt") or node.get("created", "")
            if local(node) == "cm" and (plain := node.find("{*}text")) is not None:
                text = plain.text or ""
            else:
                text = " ".join(paragraph(p) for p in node.iterfind("{*}txBody/{*}p"))
            if text.strip():
                yield f"{authors.get(node.get('authorId', ''), '')} {time} {text}"
