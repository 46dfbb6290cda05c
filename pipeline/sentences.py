"""A document's text -> its pieces: sentences, bullets, headings, table rows, boxes of a drawn canvas.

Pieces are spans in the order of the text and leave out the markup around them (`shells`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.blocks import name_to_codes
from pipeline.drawn_canvas import find_cells
from pipeline.matching import matching_copy
from pipeline.records import Mark
from pipeline.shells import BLOCK_TAG, TAG, trim

_CITED = r"(?:\s?[\[［]\d{1,3}(?:[-–,，、]\d{1,3}){0,5}[\]］]){0,9}"
_SENTENCE = re.compile(
    r"(?:&\w{2,8};|https?://[!-~]+|!(?=\[)|[^。！？!?；;])+"
    rf"(?:[。！？!?；;]+[”’」』）)】》\"]*{_CITED})?|[。！？!?；;]+[”’」』）)】》\"]*{_CITED}"
)
_PICTURE = re.compile(r"<\|[\w.]{1,60}\|>|!\[[^\[\]\n]{0,200}\]\([^()\s]{0,600}\)")
_SITE_TAIL = re.compile(
    r"(?:节日|行业|优秀)?(?:PPT|Word|Excel)(?:模板|素材|背景图片|图表|教程|课件|论坛)?(?:下载)?[:：]\s?(?:www|/|http)"
    r"|(?:资料|课件|范文|试卷|教案|字体)下载[:：]\s?(?:www|/|http)|(?<=not for commercial use)[.。]?(?=[\u3400-\u9fff])"
)
_NAMES_AFTER = re.compile(r"\s*(?:【作者】|作者[:：])[^。]{0,200}$")
_MARKER = re.compile(
    r"(?P<dot>[·•●■□◆]\s*)"
    r"|(?P<zh>[一二三四五六七八九十]{1,3})、(?![一二三四五六七八九十]{1,2}[、线级])"
    r"|[（(](?P<pzh>[一二三四五六七八九十]{1,3})[)）]"
    r"|[（(](?P<pnum>\d{1,2})[)）]"
    r"|(?P<num>\d{1,2})\s?(?:[、)）](?!\d)|[.．](?=[^\d\s.a-zA-Z]|\s[^\d]))"
    r"|(?P<circle>[①-⑳])"
)
_NAME_CELL = re.compile("[#*\\s]{0,8}([\u3400-\u9fff]{4,8}) {1,4}(?=[\u3400-\u9fff]{2}.{2,80}$)")
MAX_PASSAGE = 2_000  # characters; what is longer is damage, and every later stage stays fast
_CHINESE = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Piece:
    """A span of a document before it has a role."""

    start: int
    end: int
    mark: str = ""  # heading, table, furniture or scrambled where the file format says so
    level: int = 0
    box: int = 0  # of a canvas drawn with characters; 0 outside
    first: bool = True  # begins its line
    last: bool = True  # ends its line


def cut(text: str, marks: Sequence[Mark] = (), *, title: str = "") -> list[Piece]:
    """Spans of `text`: lines, cut at sentence ends and before enumerators inside a line; the boxes
    of a drawn canvas; a title written into the first sentence apart. Spans leave out the markup
    around them.

    >>> [ t[p.start:p.end] for t in ["两点:1、便宜;2、耐用。一、二线城市"] for p in cut(t) ]
    ['两点:', '1、便宜;', '2、耐用。', '一、二线城市']
    """
    marked = {m.start: m for m in marks if m.kind != "scrambled"}
    scrambled = _Spans([(m.start, m.end) for m in marks if m.kind == "scrambled"])
    drawn, cells = find_cells(text)
    drawing, boxed = _Spans(drawn), iter([*cells, None])
    cell = next(boxed)
    ordinals = _Ordinals(text)
    pieces: list[Piece] = []
    offset = lines = 0
    for line in text.split("\n"):
        end = offset + len(line)
        mark = marked.get(offset) or marked.get(offset + len(line) - len(line.lstrip()))
        lines += bool(line.strip())
        if not line.strip():
            pass
        elif scrambled.touch(offset, end):
            pieces += _stripped(text, offset, end, "scrambled")
        elif mark and mark.kind in ("heading", "table", "furniture"):
            pieces += _stripped(text, offset, end, mark.kind, mark.level)
        elif drawing.touch(offset, end):
            while cell and cell.start < end:
                pieces.append(Piece(cell.start, cell.end, box=cell.box))
                cell = next(boxed)
        else:
            ends = _title_ends(line, title) if lines <= MAX_TITLE_LINES else []
            title = "" if ends else title  # later it may be the subject of a sentence
            edges = _sentences(line, ordinals, ends)
            for start, stop in edges:
                pieces += _stripped(
                    text, offset + start, offset + stop, whole=(start == 0, stop == len(line))
                )
        offset = end + 1
    return pieces


class _Spans:
    """Sorted spans, asked for in the order of the text."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self.spans = sorted(spans)
        self.at = 0

    def touch(self, start: int, end: int) -> bool:
        """Whether one of them overlaps [start, end)."""
        while self.at < len(self.spans) and self.spans[self.at][1] <= start:
            self.at += 1
        return self.at < len(self.spans) and self.spans[self.at][0] < end


def _stripped(
    text: str, start: int, end: int, mark: str = "", level: int = 0, whole: tuple[bool, bool] = (True, True)
) -> list[Piece]:
    """The piece [start, end) without its shell, in parts no longer than MAX_PASSAGE."""
    found: list[Piece] = []
    first, last, tagged = trim(text, start, end, at_line_start=whole[0] and not mark)
    if tagged and not mark:
        mark, level = "heading", tagged
    start, end = first, last
    while start < end:
        stop = min(end, start + MAX_PASSAGE)
        if stop < end:  # no sentence is that long: cut where it pauses, else anywhere
            pause = max(text.rfind(mark_, start + MAX_PASSAGE // 2, stop) for mark_ in "，,、 \t")
            stop = pause + 1 if pause > 0 else stop
        body = text[start:stop]
        first = start + len(body) - len(body.lstrip())
        last = first + len(body.strip())
        if last > first:
            found.append(Piece(first, last, mark, level, 0, *whole))
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


def _sentences(line: str, ordinals: _Ordinals, also: Sequence[int]) -> list[tuple[int, int]]:
    """Where a line is cut: (start, end) of its sentences, items, pictures and blocks of markup, and
    what is to be cut `also`."""
    if line.lstrip().startswith(("|", "<|")) or (len(line) <= 240 and _NAMES_AFTER.match(line)):
        return [(0, len(line))]  # table rows, placeholders and lists of names are not prose
    cuts = {0, len(line)}
    for match in _SENTENCE.finditer(line):
        cuts.add(match.start())
    for match in _MARKER.finditer(line):
        if _starts_item(line, match, ordinals):
            cuts.add(match.start())
    if tail := _SITE_TAIL.search(line):
        cuts.add(tail.start())
    cuts.update(also)
    if (cell := _NAME_CELL.match(line)) and matching_copy(cell.group(1)).text in name_to_codes():
        cuts.add(cell.end())  # 收入来源 饮品销售: the cell that heads a line of a slide
    if "](" in line or "<|" in line:
        pictures = [m.span() for m in _PICTURE.finditer(line)]
        cuts = _outside(cuts, pictures) | {at for span in pictures for at in span}
    if "<" in line:
        cuts = _outside(cuts, [m.span() for m in TAG.finditer(line)])
        cuts.update(m.start() for m in BLOCK_TAG.finditer(line))
    return list(itertools.pairwise(sorted(cuts)))


def _outside(cuts: Iterable[int], spans: Sequence[tuple[int, int]]) -> set[int]:
    """The cuts that fall inside none of the spans, which are in the order of the line."""
    kept: set[int] = set()
    at = 0
    for cut_ in sorted(cuts):
        while at < len(spans) and spans[at][1] <= cut_:
            at += 1
        if at == len(spans) or cut_ <= spans[at][0]:
            kept.add(cut_)
    return kept


MAX_TITLE_LINES = 8
_AFTER_TITLE = re.compile(r"[（(][一二三四五\d]|[^：:，,。、；;—\-–_（(的是和与及在·\s\d《“\"]")
_SUBJECT = re.compile("(?:公司|集团|银行|股份|企业|品牌|平台)$")


def _title_ends(line: str, title: str) -> list[int]:
    """Where the title, written once or more without a break before the first sentence, ends. A title
    that could be the sentence's subject stays in it."""
    if len(title) < MIN_TITLE or _SUBJECT.search(title) or not line.lstrip().startswith(title):
        return []
    start = len(line) - len(line.lstrip())
    found: list[int] = []
    while line.startswith(title, start) and len(found) < 4:
        start += len(title)
        if _AFTER_TITLE.match(line, start) and len(line) - start >= 8:
            found.append(start)
    return found


MIN_TITLE = 8


def _starts_item(line: str, match: re.Match[str], ordinals: _Ordinals) -> bool:
    """Whether an enumerator inside a line begins an item: it continues the count of its style, or
    begins a new one after a stop. Keeps `一、二线城市`, `第二、` and `2.5` in one piece."""
    style = str(match.lastgroup)
    before = line[: match.start()].rstrip()
    last = before[-1:]
    after_stop = not before or last in "。！？!?；;:：)）”"
    if style == "dot":
        if match.group().startswith("·"):  # also the dot inside a name: 美特斯·邦威
            return after_stop or line.lstrip().startswith("·") or before != line[: match.start()]
        return after_stop or (len(line) > 24 and re.search(r"[•●■□◆]", before) is not None)
    value = match.group(style)
    number = int(value) if value.isdecimal() else ord(value) - 9311 if style == "circle" else _count(value)
    if last in ":：" and before[-2:-1].isdigit() and style == "num":
        return False  # a ratio: 3:1）
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
