"""Shapes of a slide -> its page: title, text as it is read, notes, footers, comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.blocks import name_to_codes
from pipeline.extract import slide_order
from pipeline.extract.errors import Unreadable
from pipeline.extract.slide_shapes import Shape
from pipeline.records import Mark, Page

MAX_CHARS = 20_000_000
MAX_PARAGRAPHS = 200_000
CELL = "\t"
LONG = 20
"""Characters from which a blank line follows a paragraph: four bullets of 22 characters without a
full stop were taken for one wrapped sentence."""
CANVAS = 3
"""Blocks named by labels of one slide from which it is a canvas: each label heads what follows."""
_BREAK = re.compile(r"(?<=[\u2e80-\u9fff])[ \t]*\x0b\s*(?=[\u2e80-\u9fff])")
"""A break inside a Chinese title: one name set in two lines, not two."""
_LABEL = re.compile(r"[^\u3400-\u9fff]*([\u3400-\u9fff]+)[^\u3400-\u9fff\d%]*")


@dataclass(slots=True)
class Deck:
    """The pages of a presentation as they are written, with what holds for all of them."""

    height: float
    width: float
    chars: int = 0
    paragraphs: int = 0
    said: set[str] = field(default_factory=set)  # lines of footers

    def page(
        self,
        number: int,
        shapes: Sequence[Shape],
        *,
        notes: Sequence[Shape] = (),
        comments: Iterable[str] = (),
    ) -> Page:
        """A slide: the title, its shapes as they are read, its notes, then what is furniture."""
        writer = _Writer(self)
        writer.shapes(shapes)
        writer.shapes(notes)
        for shape in (*shapes, *notes):
            for line in shape.lines:
                if shape.kind == "footer" or (shape.kind == "running" and line not in self.said):
                    writer.line(line, "furniture")
                if shape.kind in ("footer", "running"):
                    self.said.add(line)
        for comment in comments:
            writer.line(" ".join(comment.split()), "furniture")
        return Page(number, "".join(writer.pieces), tuple(writer.marks), flows=True)

    def count(self, chars: int) -> None:
        self.chars += chars
        self.paragraphs += 1
        if self.chars > MAX_CHARS or self.paragraphs > MAX_PARAGRAPHS:
            raise Unreadable("LIMIT_SIZE")


def title_line(text: str) -> str:
    """A title on one line."""
    return " ".join(_BREAK.sub("", text.replace("\n", "\x0b")).split())


def block_codes(text: str) -> tuple[str, ...]:
    """The blocks that a label names, English and punctuation around the name and a number before it
    aside. What has a number behind it is a fact, not a label.

    >>> block_codes("① 客户 细分（CS）"), block_codes("Key Partners"), block_codes("成本 30%")
    (('CS',), ('KP',), ())
    """
    if len(text) > 60:
        return ()
    label = _LABEL.fullmatch("".join(text.split()))
    name = label.group(1) if label else " ".join(text.lower().split()).strip(":： ")
    return name_to_codes().get(name, ())


class _Writer:
    """Collects the text and marks of one slide."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self.pieces: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0

    def line(self, text: str, mark: str = "", level: int = 0) -> None:
        if not text.strip():
            return
        if mark:
            self.marks.append(Mark(self.length, self.length + len(text), mark, level))  # type: ignore[arg-type]
        end = "\n\n" if not mark and len(text) >= LONG else "\n"
        self.pieces.append(text + end)
        self.length += len(text) + len(end)
        self.deck.count(len(text) + len(end))

    def shapes(self, shapes: Sequence[Shape]) -> None:
        """Writes the titles, then the other shapes as they are read, without the footers."""
        for shape in shapes:
            if shape.kind == "title":
                self.line(title_line("\n".join(shape.lines)), "heading", 1)
        others = [s for s in shapes if s.kind not in ("title", "footer", "running")]
        leaves = slide_order.read_order(others, height=self.deck.height, width=self.deck.width)
        named = {code for leaf in leaves if len(leaf.lines) == 1 for code in block_codes(leaf.lines[0])}
        canvas = len(named) >= CANVAS
        for index, leaf in enumerate(leaves):
            following = leaves[index + 1] if index + 1 < len(leaves) else None
            self.leaf(leaf, heads=canvas or (following is not None and _heads(leaf, following)))

    def leaf(self, shape: Shape, *, heads: bool) -> None:
        """A shape without parts. A label that `heads` what follows, or the first of its own lines,
        is a heading where it names a block."""
        mark = {"table": "table", "title": "heading"}.get(shape.kind, "")
        for number, line in enumerate(shape.lines):
            label = not mark and number == 0 and bool(block_codes(line))
            alone = len(shape.lines) == 1
            if label and (heads if alone else not block_codes(shape.lines[1])):
                self.line(title_line(line), "heading", 2)
            else:
                self.line(line, mark, int(mark == "heading"))


def _heads(label: Shape, content: Shape) -> bool:
    """Whether a label stands on, above or at the left of the next shape, close to it."""
    if (
        label.box is None
        or content.box is None
        or (len(content.lines) == 1 and block_codes(content.lines[0]))
    ):
        return False
    return slide_order.touches(label.box, content.box)
