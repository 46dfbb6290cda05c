"""Document -> passages (sentences, bullets, headings, table rows), each with heading path and role.

Two steps: `sentences.cut` finds the spans of a document; `annotate` gives a sequence of texts their roles
and heading paths, the same for passages we cut and for passages that come ready from a table.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.contents import contents_of
from pipeline.headings import heading_level, is_bare, is_sibling, strip_heading, titles_of
from pipeline.matching import matching_copy
from pipeline.records import Document, FileText, Passage, Role
from pipeline.roles import roles_of
from pipeline.sentences import Piece, cut


@dataclass(frozen=True, slots=True)
class Context:
    """What `annotate` says about one text."""

    role: Role
    heading_path: tuple[str, ...]
    bare: bool
    rule: str = ""  # the cleaning rule that gave a role other than body, table or heading


def segment(document: Document, file: FileText) -> tuple[Passage, ...]:
    """The passages of a document, in order, with the way back to page and raw offset."""
    marks = [
        replace(m, start=m.start - document.start, end=m.end - document.start)
        for m in file.marks
        if document.start <= m.start and m.end <= document.end
    ]
    pieces = cut(document.text, marks, title=document.title)
    texts = [document.text[p.start : p.end] for p in pieces]
    order = _reading_order(pieces)
    read = annotate([texts[i] for i in order], pieces=[pieces[i] for i in order], title=document.title)
    contexts = [context for _, context in sorted(zip(order, read, strict=True), key=lambda pair: pair[0])]
    seen: Counter[str] = Counter()
    passages: list[Passage] = []
    for piece, text, context in zip(pieces, texts, contexts, strict=True):
        normal = "".join(matching_copy(text).text.split())
        page, raw_start, raw_end = file.locate_span(document.start + piece.start, document.start + piece.end)
        passages.append(
            Passage(
                passage_id=passage_id(document.doc_id, normal, seen[normal]),
                doc_id=document.doc_id,
                start=piece.start,
                end=piece.end,
                text=text,
                role=context.role,
                heading_path=context.heading_path,
                page=page,
                raw_page=page,
                raw_start=raw_start,
                raw_end=raw_end,
                bare=context.bare,
                rule=context.rule,
            )
        )
        seen[normal] += 1
    return tuple(passages)


def passage_id(doc_id: str, normal: str, occurrence: int) -> str:
    """doc_id + short hash of (normalised text, occurrence): survives re-segmentation elsewhere."""
    digest = hashlib.sha256(f"{normal}\0{occurrence}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{doc_id}-{digest[:12]}"


def _reading_order(pieces: Sequence[Piece]) -> list[int]:
    """Indices of the pieces as a reader takes them: a drawn canvas box by box."""
    order: list[int] = []
    for drawn, run in itertools.groupby(range(len(pieces)), key=lambda i: pieces[i].box > 0):
        indices = list(run)
        order += sorted(indices, key=lambda i: (pieces[i].box, i)) if drawn else indices
    return order


def annotate(
    texts: Sequence[str], *, pieces: Sequence[Piece] | None = None, title: str = ""
) -> list[Context]:
    """Role, heading path and bareness of each text, from the texts in their order.

    `pieces` adds what the file format knows. The title of the document, repeated at its top, is a
    heading like any other but does not enter the path.
    """
    levels = [_level(texts, pieces, index) for index in range(len(texts))]
    contents = contents_of(texts, levels)
    for index in contents:  # the chapter under the list is not the list's next line
        if index + 1 < len(texts) and index + 1 not in contents:
            levels[index + 1] = _level(texts, pieces, index + 1, first=True)
    tables = [bool(pieces and pieces[i].mark == "table") for i in range(len(texts))]
    lost = ("furniture", "scrambled")
    furniture = [pieces[i].mark if pieces and pieces[i].mark in lost else "" for i in range(len(texts))]
    verdicts = roles_of(
        texts, levels, tables=tables, furniture=furniture, contents=contents, once=pieces is not None
    )
    titles = titles_of(texts, title)
    contexts: list[Context] = []
    stack: list[tuple[int, str]] = []
    box, outer = 0, list[tuple[int, str]]()  # the headings over a drawn canvas
    for index, (text, level, verdict) in enumerate(zip(texts, levels, verdicts, strict=True)):
        if index in titles and verdict.role in ("body", "heading"):
            contexts.append(Context("heading", (), True))
            continue
        if index in titles:
            contexts.append(Context(verdict.role, (), True, verdict.rule))
            continue
        if (here := pieces[index].box if pieces else 0) != box:
            outer = list(stack) if not box else outer
            stack = list(outer)  # a box of a drawn canvas knows nothing of its neighbours
            box = here
        opens = bool(level) and verdict.role in ("heading", "definition")  # a defining heading heads too
        if opens:
            while len(stack) > (len(outer) if box else 0) and stack[-1][0] >= level:
                stack.pop()
        path = tuple(name for _, name in stack)
        contexts.append(Context(verdict.role, path, is_bare(text), verdict.rule))
        if opens and (name := strip_heading(text)):
            stack.append((level, name))
    return contexts


def _level(texts: Sequence[str], pieces: Sequence[Piece] | None, index: int, *, first: bool = False) -> int:
    """How deep a heading a text is, 0 for none; `first` if nothing before it counts."""
    piece, text = pieces[index] if pieces else None, texts[index]
    if piece and piece.mark:
        return piece.level if piece.mark == "heading" else 0
    before, after = _neighbours(texts, pieces, index)
    if is_sibling(text, before) or is_sibling(text, after):
        return 0
    whole = not piece or (piece.first and piece.last)
    return heading_level(text, "" if first else before, after, whole=whole)


def _neighbours(texts: Sequence[str], pieces: Sequence[Piece] | None, index: int) -> tuple[str, str]:
    """The text before, and the line after as far as it is known; page furniture is looked over."""
    if pieces is None:
        return texts[index - 1] if index else "", texts[index + 1] if index + 1 < len(texts) else ""
    low, high = index - 1, index + 1
    while low >= max(0, index - 4) and pieces[low].mark == "furniture":
        low -= 1
    while high < min(len(texts), index + 5) and pieces[high].mark == "furniture":
        high += 1
    box = pieces[index].box
    after = list(texts[high : high + 1]) if high < len(texts) and pieces[high].box == box else []
    while after and not pieces[high].last and high + 1 < len(texts) and len(after) < 4:
        high += 1
        after.append(texts[high])
    before = texts[low] if low >= 0 and pieces[low].box == box else ""
    return before, "".join(after)
