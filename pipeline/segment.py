"""Document -> passages (sentences, bullets, headings, table rows), each with heading path and role.

Two steps: `cut` finds the spans of a document; `annotate` gives a sequence of texts their roles
and heading paths, the same for passages we cut and for passages that come ready from a table.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.headings import heading_level, is_bare, is_sibling, strip_heading, titles_of
from pipeline.matching import matching_copy
from pipeline.records import Document, FileText, Mark, Passage, Role
from pipeline.roles import roles_of

_SENTENCE = re.compile(
    r"(?:&\w{2,8};|[^。！？!?；;])+(?:[。！？!?；;]+[”’」』）)】》\"]*)?|[。！？!?；;]+[”’」』）)】》\"]*"
)
_MARKER = re.compile(
    r"(?P<dot>[·•●■□◆]\s*)"
    r"|(?P<zh>[一二三四五六七八九十]{1,3})、(?![一二三四五六七八九十]{1,2}[、线级])"
    r"|[（(](?P<pzh>[一二三四五六七八九十]{1,3})[)）]"
    r"|[（(](?P<pnum>\d{1,2})[)）]"
    r"|(?P<num>\d{1,2})\s?(?:[、)）](?!\d)|[.．](?=[^\d\s.a-zA-Z]|\s[^\d]))"
    r"|(?P<circle>[①-⑳])"
)
MAX_PASSAGE = 2_000  # characters; what is longer is damage, and every later stage stays fast
_CHINESE = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Piece:
    """A span of a document before it has a role."""

    start: int
    end: int
    mark: str = ""  # heading, table or furniture where the file format says so
    level: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What `annotate` says about one text."""

    role: Role
    heading_path: tuple[str, ...]
    bare: bool


def segment(document: Document, file: FileText) -> tuple[Passage, ...]:
    """The passages of a document, in order, with the way back to page and raw offset."""
    marks = [
        replace(m, start=m.start - document.start, end=m.end - document.start)
        for m in file.marks
        if document.start <= m.start and m.end <= document.end
    ]
    pieces = cut(document.text, marks)
    texts = [document.text[p.start : p.end] for p in pieces]
    contexts = annotate(texts, pieces=pieces, title=document.title)
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
            )
        )
        seen[normal] += 1
    return tuple(passages)


def passage_id(doc_id: str, normal: str, occurrence: int) -> str:
    """doc_id + short hash of (normalised text, occurrence): survives re-segmentation elsewhere."""
    digest = hashlib.sha256(f"{normal}\0{occurrence}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{doc_id}-{digest[:12]}"


def cut(text: str, marks: Sequence[Mark] = ()) -> list[Piece]:
    """Spans of `text`: lines, cut at sentence ends and before enumerators inside a line.

    >>> [ t[p.start:p.end] for t in ["两点:1、便宜;2、耐用。一、二线城市"] for p in cut(t) ]
    ['两点:', '1、便宜;', '2、耐用。', '一、二线城市']
    """
    marked = {m.start: m for m in marks}
    ordinals = _Ordinals(text)
    pieces: list[Piece] = []
    offset = 0
    for line in text.split("\n"):
        mark = marked.get(offset) or marked.get(offset + len(line) - len(line.lstrip()))
        if line.strip():
            if mark and mark.kind in ("heading", "table", "furniture"):
                pieces += _stripped(text, offset, offset + len(line), mark.kind, mark.level)
            else:
                for start, end in _sentences(line, ordinals):
                    pieces += _stripped(text, offset + start, offset + end)
        offset += len(line) + 1
    return pieces


def _stripped(text: str, start: int, end: int, mark: str = "", level: int = 0) -> list[Piece]:
    found: list[Piece] = []
    while start < end:
        stop = min(end, start + MAX_PASSAGE)
        if stop < end:  # no sentence is that long: cut where it pauses, else anywhere
            pause = max(text.rfind(mark_, start + MAX_PASSAGE // 2, stop) for mark_ in "，,、 \t")
            stop = pause + 1 if pause > 0 else stop
        body = text[start:stop]
        first = start + len(body) - len(body.lstrip())
        last = first + len(body.strip())
        if last > first:
            found.append(Piece(first, last, mark, level))
        start = stop
    return found


class _Ordinals:
    """Counts of the enumerators seen so far in a document, by style."""

    def __init__(self, text: str) -> None:
        self.seen: dict[str, int] = {}
        # Only a list has a second item: 一、 in the middle of a line needs a 二、 somewhere.
        self.lists = {style for style, second in _SECONDS.items() if second.search(text)}

    def follows(self, style: str, number: int) -> bool:
        return number == self.seen.get(style, 0) + 1

    def accept(self, style: str, number: int) -> None:
        self.seen[style] = number
        inner = {"zh": ("pzh", "num", "pnum", "circle"), "pzh": ("num", "pnum", "circle")}
        for name in inner.get(style, ()):  # a new section counts its items from one
            self.seen.pop(name, None)


_SECONDS = {"zh": re.compile("二、(?![三四五])"), "pzh": re.compile("[（(]二[)）]")}
_NOT_BEFORE_ONE = "第其之统唯单同万逐专划"


def _sentences(line: str, ordinals: _Ordinals) -> list[tuple[int, int]]:
    if line.lstrip().startswith(("|", "<", "![", "http")):  # table rows and markup are not prose
        return [(0, len(line))]
    cuts = {0, len(line)}
    for match in _SENTENCE.finditer(line):
        cuts.add(match.start())
    for match in _MARKER.finditer(line):
        if _starts_item(line, match, ordinals):
            cuts.add(match.start())
    edges = sorted(cuts)
    return list(itertools.pairwise(edges))


def _starts_item(line: str, match: re.Match[str], ordinals: _Ordinals) -> bool:
    """Whether an enumerator inside a line begins an item: it continues the count of its style, or
    begins a new one after a stop. Keeps `一、二线城市`, `第二、` and `2.5` in one piece."""
    style = str(match.lastgroup)
    before = line[: match.start()].rstrip()
    last = before[-1:]
    after_stop = not before or last in "。！？!?；;:：)）”"
    if style == "dot":
        return after_stop or (len(line) > 24 and re.search(r"[·•●■□◆]", before) is not None)
    value = match.group(style)
    number = int(value) if value.isdecimal() else ord(value) - 9311 if style == "circle" else _count(value)
    if (last in _NOT_BEFORE_ONE + _CHINESE and last) or (last.isdigit() and style in ("zh", "num")):
        return False
    begins = number == 1 and (after_stop or style in ordinals.lists)
    continues = number > 1 and ordinals.follows(style, number)
    if style == "num" and before and not after_stop and not "\u3400" <= last <= "\u9fff":
        continues = False
    if not before or begins or continues:
        ordinals.accept(style, number)
        return True
    return False


def _count(value: str) -> int:
    if len(value) == 1:
        return _CHINESE.index(value) + 1
    tens, _, ones = value.partition("十")
    return (_CHINESE.index(tens[0]) + 1 if tens else 1) * 10 + (_CHINESE.index(ones[0]) + 1 if ones else 0)


def annotate(
    texts: Sequence[str], *, pieces: Sequence[Piece] | None = None, title: str = ""
) -> list[Context]:
    """Role, heading path and bareness of each text, from the texts in their order.

    `pieces` adds what the file format knows. The title of the document, repeated at its top, is a
    heading like any other but does not enter the path.
    """
    levels: list[int] = []
    for index, text in enumerate(texts):
        piece = pieces[index] if pieces else None
        if piece and piece.mark == "heading":
            levels.append(piece.level)
        elif piece and piece.mark in ("table", "furniture"):
            levels.append(0)
        else:
            before, after = _neighbours(texts, index)
            listed = is_sibling(text, before) or is_sibling(text, after)
            levels.append(0 if listed else heading_level(text, before, after))
    tables = [bool(pieces and pieces[i].mark == "table") for i in range(len(texts))]
    furniture = [bool(pieces and pieces[i].mark == "furniture") for i in range(len(texts))]
    roles = roles_of(texts, levels, tables=tables, furniture=furniture)
    titles = titles_of(texts, title)
    for index in titles:
        if roles[index] in ("body", "heading"):
            roles[index], levels[index] = "heading", 0
    contexts: list[Context] = []
    stack: list[tuple[int, str]] = []
    for index, (text, level, role) in enumerate(zip(texts, levels, roles, strict=True)):
        if index in titles:
            contexts.append(Context(role, (), True))
            continue
        opens = bool(level) and role in ("heading", "definition")  # a defining heading heads too
        if opens:
            while stack and stack[-1][0] >= level:
                stack.pop()
        path = tuple(name for _, name in stack)
        contexts.append(Context(role, path, is_bare(text)))
        if opens and (name := strip_heading(text)):
            stack.append((level, name))
    return contexts


def _neighbours(texts: Sequence[str], index: int) -> tuple[str, str]:
    return texts[index - 1] if index else "", texts[index + 1] if index + 1 < len(texts) else ""
