"""Stories of a binary Word file in the order a reader meets them: headers, body, notes, footers, comments."""

from __future__ import annotations

import re

from pipeline.extract.doc_boxes import Span, boxes_by_anchor
from pipeline.extract.doc_fib import HEADERS, Fib
from pipeline.extract.doc_lines import Line, Lines, Table
from pipeline.extract.doc_lists import Lists
from pipeline.extract.doc_text import DocText

_PARAGRAPH = re.compile("[^\r\x07\x0c]*(?:[\r\x07\x0c]|$)")
_SEPARATORS = 6  # stories of headers before those of the first section: lines above notes
_IN_SECTION = 6  # of even, odd and first pages, headers before footers: 0, 1, 4 and 2, 3, 5
_HEADS = {0, 1, 4}


class Stories:
    """Writes the stories of one document; text boxes stand after the paragraph that they hang on."""

    def __init__(self, fib: Fib, tables: bytes, text: DocText, lists: Lists) -> None:
        self.fib, self.tables, self.text, self.lists = fib, tables, text, lists
        self.lines = Lines()
        self.spans: list[Span] = []
        at = 0
        for length in fib.stories.in_order():
            self.spans.append(Span(min(at, len(text.chars)), min(at + length, len(text.chars))))
            at += length
        for span in self.spans:
            text.drop_codes(span.start, span.end)

    def write(self) -> Lines:
        body, footnotes, _, _, comments, endnotes, boxes, header_boxes = self.spans
        heads, feet = self._headers()
        for line in heads:
            self.lines.add(line)
        placed = boxes_by_anchor(self.fib, self.tables, body, boxes)
        self._body(body, placed)
        for span in (*placed.values(), footnotes, endnotes):
            for line in _without_end(self._lines(span)):
                self.lines.add(line)
        for line in (*feet, *self._furniture(header_boxes), *self._furniture(comments)):
            self.lines.add(line)
        return self.lines

    def _lines(self, span: Span) -> list[Line]:
        table = Table()
        done: list[Line] = []
        for match in _PARAGRAPH.finditer(self.text.chars, span.start, span.end):
            if match.start() < match.end():
                done += self._paragraph(match, table)
        return done + table.end()

    def _body(self, span: Span, placed: dict[int, Span]) -> None:
        """The body, with text boxes (by the position of their anchor) where it has them."""
        table = Table()
        anchors = sorted(placed, reverse=True)
        for match in _PARAGRAPH.finditer(self.text.chars, span.start, span.end):
            if match.start() == match.end():
                continue
            for line in self._paragraph(match, table):
                self.lines.add(line)
            while anchors and anchors[-1] < match.end() and not table.rows:
                for line in _without_end(self._lines(placed.pop(anchors.pop()))):
                    self.lines.add(line)
        for line in table.end():
            self.lines.add(line)

    def _paragraph(self, match: re.Match[str], table: Table) -> list[Line]:
        start, end = match.span()
        sign = self.text.chars[end - 1] if self.text.chars[end - 1] in "\r\x07\x0c" else ""
        look = self.text.paragraph(end - 1)
        style = self.text.style(look)
        written = self.text.shown(start, end - len(sign), style)
        if not written.strip() and not look.tables and sign != "\x07" and end - start > len(sign):
            return table.end()  # only codes, pictures or hidden text: not even a blank line
        label = self.lists.label(look, style) if written.strip() else ""
        level = style.level if look.outline is None else look.outline + 1 if look.outline < 9 else 0
        line = Line(label + written, "heading" if level else "", level)
        return table.add(line, sign, look)

    # --- beside the body -------------------------------------------------------------------------

    def _furniture(self, span: Span) -> list[Line]:
        return [Line(line.text, "furniture") for line in self._lines(span) if line.text.strip()]

    def _headers(self) -> tuple[list[Line], list[Line]]:
        """Headers and footers, those that sections repeat once. Where their table is not that of Word
        97 all count as headers."""
        span = self.spans[2]
        plc = self.fib.part(HEADERS, self.tables)
        edges = [int.from_bytes(plc[n : n + 4], "little") for n in range(0, len(plc) - 3, 4)]
        length = span.end - span.start
        if self.fib.era != "97" or edges != sorted(edges) or len(edges) < _SEPARATORS + 2:
            return list(dict.fromkeys(self._furniture(span))), []
        found: tuple[list[Line], list[Line]] = ([], [])
        seen: set[tuple[str, ...]] = set()
        for n in range(_SEPARATORS, len(edges) - 1):
            if edges[n] >= edges[n + 1] or edges[n] >= length:
                continue
            part = Span(span.start + edges[n], span.start + min(edges[n + 1], length))
            lines = self._furniture(part)
            texts = tuple(line.text for line in lines)
            if texts not in seen:
                seen.add(texts)
                found[(n - _SEPARATORS) % _IN_SECTION not in _HEADS].extend(lines)
        return found


def _without_end(lines: list[Line]) -> list[Line]:
    """Without the blank lines that end a story."""
    while lines and not lines[-1].text.strip():
        lines.pop()
    return lines
