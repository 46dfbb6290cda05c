"""Text of DrawingML: the paragraphs of shapes, cells, diagrams (SmartArt) and charts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from lxml import etree

from pipeline.extract.ooxml import Package, local, rel_id

CELL = "\t"
MAX_LABELS = 500  # names of series or categories of a chart
_UNSEEN = ("pPr", "rPr", "endParaRPr", "Fallback", "ctrlPr")


def lines_of(shape: etree._Element) -> tuple[str, ...]:
    """Lines of a shape: a paragraph is one, a break inside it starts another; without blank ones."""
    lines = itertools.chain.from_iterable(p.splitlines() for p in paragraphs(shape))
    return tuple(line for line in lines if line.strip())


def paragraphs(shape: etree._Element) -> list[str]:
    """Paragraphs of a shape or cell, with \\v for a break."""
    body = shape.find("{*}txBody")
    return [] if body is None else [paragraph(p) for p in body.iterfind("{*}p")]


def paragraph(node: etree._Element) -> str:
    """Runs, fields and formulas of a paragraph, with \\v for a break."""
    out: list[str] = []
    stack = [*reversed(node)]
    while stack:
        item = stack.pop()
        name = local(item)
        if name == "t":
            out.append(item.text or "")
        elif name == "br":
            out.append("\x0b")
        elif name == "tab":
            out.append("\t")
        elif name and name not in _UNSEEN:
            stack.extend(reversed(item))
    return "".join(out)


def filled_in(shape: etree._Element) -> bool:
    """Whether all a shape says is what the program puts there when it shows the slide: the number
    of the slide or today's date."""
    fields = shape.findall("{*}txBody/{*}p/{*}fld")
    runs = shape.iterfind("{*}txBody/{*}p/{*}r/{*}t")
    return (
        bool(fields)
        and all(f.get("type", "").startswith(("slidenum", "datetime")) for f in fields)
        and not any((run.text or "").strip() for run in runs)
    )


def rows_of(frame: etree._Element) -> tuple[str, ...]:
    """Rows of the tables in a frame, cells joined by a tab; empty rows are left out."""
    rows: list[str] = []
    for row in frame.iterfind(".//{*}tbl/{*}tr"):
        cells = [" ".join(" ".join(paragraphs(cell)).split()) for cell in row.iterfind("{*}tc")]
        if any(cells):
            rows.append(CELL.join(cells))
    return tuple(rows)


# --- diagrams ----------------------------------------------------------------------------------


def diagram(parts: Package, slide: str, frame: etree._Element) -> tuple[str, ...]:
    """Lines of a diagram in the order of its drawing, which a newer PowerPoint stores beside the
    data, else of the data."""
    found: list[str] = []
    for ids in frame.iterfind(".//{*}relIds"):
        model = parts.named(slide, rel_id(ids, "dm"))
        if model is None:
            continue
        extension = next(iter(model.iterfind("{*}extLst/{*}ext/{*}dataModelExt")), None)
        drawing = None if extension is None else parts.named(slide, extension.get("relId", ""))
        drawn = [] if drawing is None else [line for s in drawing.iter("{*}sp") for line in lines_of(s)]
        found += drawn or [line for line in _points(model) if line.strip()]
    return tuple(found)


def _points(model: etree._Element) -> Iterator[str]:
    """Points of a diagram, each before those that hang from it."""
    points = {p.get("modelId", ""): p for p in model.iterfind("{*}ptLst/{*}pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for link in model.iterfind("{*}cxnLst/{*}cxn"):
        if link.get("type", "parOf") == "parOf":
            child = (int(link.get("srcOrd", "0")), link.get("destId", ""))
            below.setdefault(link.get("srcId", ""), []).append(child)
    roots = [ident for ident, point in points.items() if point.get("type") == "doc"]
    seen: set[str] = set()
    stack = [*reversed(points), *roots]  # points that hang from nothing come last
    while stack:
        ident = stack.pop()
        if ident in seen or ident not in points:
            continue
        seen.add(ident)
        # Without a `prSet placeholder`: the prompt “[文本]” of an empty point is not stored as text.
        for node in points[ident].iterfind("{*}t/{*}p"):
            yield from paragraph(node).splitlines()
        stack += [child for _, child in sorted(below.get(ident, []), reverse=True)]


# --- charts ------------------------------------------------------------------------------------


def chart(parts: Package, slide: str, frame: etree._Element) -> tuple[str, ...]:
    """Titles of a chart and its axes, then the names of its series, then those of its categories."""
    lines: list[str] = []
    for reference in frame.iterfind(".//{*}graphicData/{*}chart"):
        part = parts.named(slide, rel_id(reference))
        if part is None:
            continue
        for title in part.iter("{*}title"):
            lines += [paragraph(p).replace("\x0b", " ") for p in title.iterfind(".//{*}rich/{*}p")]
            lines += _cached(title.iterfind("{*}tx/{*}strRef"))
        series = _cached(part.iterfind(".//{*}ser/{*}tx/{*}strRef"))
        lines.append(CELL.join(dict.fromkeys(series)))
        # Numbers and dates on an axis are measures, not words.
        categories = _cached(part.iterfind(".//{*}ser/{*}cat/{*}strRef"))
        lines.append(CELL.join(dict.fromkeys(categories)))
    return tuple(line for line in lines if line.strip())


def _cached(references: Iterator[etree._Element]) -> list[str]:
    """The words a chart keeps of the cells it was made from."""
    words = (value.text or "" for ref in references for value in ref.iterfind("{*}strCache/{*}pt/{*}v"))
    return [" ".join(word.split()) for word in itertools.islice(words, MAX_LABELS)]
