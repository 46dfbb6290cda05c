"""A compilation -> its documents. One file often glues many texts together; what shows the seams:

`title_doubled`    a line, a blank line, the same line again (how document sites render a title)
`title_file_name`  a line that is a file name: `(方案)某公司商业模式分析.doc`
`ordinal_case`     案例一 …, 案例二 … in sequence

Site footers before a seam belong to the text they follow and become boilerplate later.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.blocks import name_to_codes, names_in
from pipeline.matching import matching_copy
from pipeline.records import Document, FileText, SourceFile
from pipeline.repairs import Repair

_FILE_NAME = re.compile(r"\S.{2,80}\.(?:docx?|pptx?|pdf|txt|xlsx?|wps)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[。！？；;，,]$")
_ORDINAL = re.compile(
    r"\s*(?:【|\[)?案例\s*([一二三四五六七八九十]{1,3}|\d{1,2})\s*(?:】|\]|[:：、.．\s])\s*\S"
)
_NUMBER_LINE = re.compile(r"[\W\d_]*")
_FRONT_TITLE = re.compile(r"""title\s*[:=]\s*["'“]?(.{1,80}?)["'”]?\s*$""", re.IGNORECASE)
MAX_TITLE = 60
MAX_FRONT = 40
MIN_TITLE = 4


@dataclass(frozen=True, slots=True)
class Seam:
    """Where a document of a compilation begins: the offset of its title, the title, the rule."""

    start: int
    title: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    gap: bool  # a blank line stands before it


def split(file: FileText, source: SourceFile) -> tuple[Document, ...]:
    """The documents of a file: spans of its text, in order, covering all of it that is not blank."""
    lines = _lines(file.text)
    seams = _seams(lines)
    starts = sorted(seams)
    if not starts or (starts[0] and not _is_preamble(lines, starts[0])):
        starts.insert(0, 0)
    documents: list[Document] = []
    for ordinal, first in enumerate(starts):
        start = 0 if ordinal == 0 else lines[first].start if lines else 0
        following = starts[ordinal + 1] if ordinal + 1 < len(starts) else None
        end = lines[following].start if following is not None else len(file.text)
        end = start + len(file.text[start:end].rstrip())
        text = file.text[start:end]
        if not text.strip():
            continue
        title = seams[first].title if first in seams else _own_title(file, lines, first, source)
        documents.append(
            Document(
                doc_id=document_id(source, ordinal),
                path=source.path,
                path_hex=source.path_hex,
                member=source.member,
                title=title,
                start=start,
                end=end,
                text=text,
            )
        )
    return tuple(documents)


def seams(file: FileText) -> tuple[Seam, ...]:
    """Where the documents of a compilation begin, in order; empty for a file that is one text."""
    found = _seams(_lines(file.text))
    return tuple(found[index] for index in sorted(found))


def seam_repairs(file: FileText) -> tuple[Repair, ...]:
    """The seams of a compilation, as `huabu explain-cleaning` lists them."""
    found = seams(file)
    return tuple(
        Repair(seam.rule, file.locate(seam.start)[0], seam.title, f"[document {number}]")
        for number, seam in enumerate(found, start=1)
    )


def document_id(source: SourceFile, ordinal: int) -> str:
    """Short hash of (path bytes, member, ordinal in the file)."""
    key = f"{source.path_hex}\0{source.member}\0{ordinal}".encode("utf-8", "surrogatepass")
    return "d" + hashlib.sha256(key).hexdigest()[:10]


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    offset, gap = 0, True
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            start = offset + len(raw) - len(raw.lstrip())
            found.append(_Line(start, start + len(stripped), stripped, gap))
            gap = False
        else:
            gap = True
        offset += len(raw) + 1
    return found


def _seams(lines: Sequence[_Line]) -> dict[int, Seam]:
    """Index of the first line of each document -> its seam."""
    seams: dict[int, Seam] = {}
    for index, line in enumerate(lines[:-1]):
        following = lines[index + 1]
        doubled = following.text == line.text and following.gap and line.gap
        if (
            doubled
            and index - 1 not in seams
            and _is_title(line.text, lines[max(0, index - 1)].text if index else "")
        ) or (_FILE_NAME.fullmatch(line.text) and line.gap and index - 1 not in seams):
            rule = "title_file_name" if _FILE_NAME.fullmatch(line.text) else "title_doubled"
            seams[index] = Seam(line.start, line.text, rule)
    if len(seams) == 1 and min(seams) > 3:  # one repeated line in the middle is an accident
        seams = {}
    ordinals = [
        (i, m.group(1))
        for i, x in enumerate(lines)
        if len(x.text) <= MAX_TITLE and (m := _ORDINAL.match(x.text))
    ]
    numbers = [_number(ordinal) for _, ordinal in ordinals]
    if not seams and len(numbers) >= 2 and numbers == list(range(1, len(numbers) + 1)):
        # Contents lists hold the same lines close together; a case has text of its own.
        starts = [lines[i].start for i, _ in ordinals]
        if all(later - earlier > 200 for earlier, later in itertools.pairwise(starts)):
            seams = {i: Seam(lines[i].start, lines[i].text, "ordinal_case") for i, _ in ordinals}
    return seams


def _number(ordinal: str) -> int:
    if ordinal.isdigit():
        return int(ordinal)
    digits = {c: i for i, c in enumerate("一二三四五六七八九", start=1)}
    tens, ten, ones = ordinal.partition("十")
    if not ten:
        return digits.get(ordinal, 0)
    return digits.get(tens, 1 if not tens else 0) * 10 + digits.get(ones, 0)


def _is_title(text: str, before: str) -> bool:
    """Whether a doubled line can be the title of a document: slides double theirs as well, so
    names of blocks, lines after a bare page number and continuations of one are not titles."""
    if not MIN_TITLE <= len(text) <= MAX_TITLE or _SENTENCE_END.search(text):
        return False
    if _NUMBER_LINE.fullmatch(text) or (before and _NUMBER_LINE.fullmatch(before)):
        return False
    copy = matching_copy(text).text
    headed = any(offset == 0 and len(copy) - len(name) < 8 for name, offset in names_in(copy))
    return not headed and not (before and text.startswith(before))


def _is_preamble(lines: Sequence[_Line], seam: int) -> bool:
    """Whether what stands before the first seam is only the site's heading, not a text."""
    return sum(len(line.text) for line in lines[:seam]) < 200 and not any(
        line.text[-1] in "。！？" for line in lines[:seam]
    )


def _own_title(file: FileText, lines: Sequence[_Line], first: int, source: SourceFile) -> str:
    """A title for a text without a seam: its first heading by format, else its first line if that
    is short and no sentence, else the file name."""
    name = (source.member or source.path).rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    for mark in file.marks:
        heading = " ".join(file.text[mark.start : mark.end].split())
        fits = mark.start < 2_000 and MIN_TITLE <= len(heading) <= MAX_TITLE
        if mark.kind == "heading" and fits and matching_copy(heading).text not in name_to_codes():
            return heading
    if lines[first : first + 1] and lines[first].text in ("---", "+++"):
        for line in lines[first + 1 : first + 1 + MAX_FRONT]:
            if line.text == lines[first].text:
                break
            named = _FRONT_TITLE.match(line.text)
            if named and MIN_TITLE <= len(named.group(1)) <= MAX_TITLE:
                return named.group(1)
    furniture = {m.start for m in file.marks if m.kind in ("furniture", "scrambled")}
    for line in [x for x in lines[first : first + 6] if x.start not in furniture][:3]:
        text = re.sub(r"<[^<>]{1,40}>", "", line.text).strip("#*【】 \t")
        if (
            MIN_TITLE <= len(text) <= 40
            and not re.search(
                r"[。！？；;，,]|[:：]$|^[（(]?[一二三四五六七八九十\d]+[)）、.．]|^---|^-", text
            )
            and len(re.findall(r"[\u3400-\u9fff]", text)) >= 3
            and not _NUMBER_LINE.fullmatch(text)
            and matching_copy(text).text not in name_to_codes()
        ):
            return text
    return stem
