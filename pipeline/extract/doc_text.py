"""The characters of a binary Word file, and which of them show: no field codes, nothing hidden or deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.extract.doc_decode import word_6, word_97
from pipeline.extract.doc_fib import Era, Fib
from pipeline.extract.doc_pieces import PieceTable
from pipeline.extract.doc_properties import (
    CharLook,
    ParaLook,
    Runs,
    char_look,
    char_runs,
    para_look,
    para_runs,
)
from pipeline.extract.doc_styles import Style, read_fonts, read_styles
from pipeline.extract.docx_symbols import in_font, symbol

# What is known of a character: nothing, hidden, shown whatever its style says, the opposite of its
# style, never shown (deleted, code of a field).
PLAIN, HIDDEN, SHOWN, OPPOSITE, GONE = range(5)
_STATES = {0: SHOWN, 1: HIDDEN, 0x80: PLAIN, 0x81: OPPOSITE}
_IF_STYLE_SHOWS = bytes([0, 1, 0, 1, 1])
_IF_STYLE_HIDES = bytes([1, 1, 0, 0, 1])
_FIELD = re.compile("[\x13\x14\x15]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CIRCLED = re.compile(
    r"\s*eq\s*\\o\s*(?:\\a[clr]\s*)?\(\s*[○◯Ο□△◇]\s*[,;，；]\s*([^\s,()]{1,3})\s*\)\s*", re.IGNORECASE
)
_SHOWN_WITHOUT_RESULT = 60  # characters of a field code that are looked at
# Pictures, anchors, note marks and the like leave nothing; a soft hyphen shows only at a line's end.
_SPECIAL: dict[int, str | None] = {
    **dict.fromkeys((*range(0x09), *range(0x0F, 0x1E), 0x1F, 0x7F)),
    0x0B: "\n",
    0x0E: "\n",
    0x1E: "-",
}


@dataclass(slots=True)
class DocText:
    """All stories one after the other, a character to each position, with what is known of them."""

    chars: str
    states: bytearray
    pieces: PieceTable
    paragraphs: Runs[bytes]
    styles: list[Style]
    era: Era
    starts: list[int] = field(default_factory=list)

    def paragraph(self, position: int) -> ParaLook:
        """The properties of the paragraph that ends at a position."""
        piece = self.pieces.find(position, self.starts)
        if piece is None:
            return ParaLook()
        changes = self.paragraphs.at(piece.at + piece.width * (position - piece.start)) or b""
        style = int.from_bytes(changes[:2], "little")
        return para_look(style, changes[2:] + piece.changes, self.era)

    def style(self, look: ParaLook) -> Style:
        return self.styles[look.style] if look.style < len(self.styles) else Style()

    def shown(self, start: int, end: int, style: Style) -> str:
        """The text between two positions as it shows."""
        chars, states = self.chars[start:end], self.states[start:end]
        if any(states) or style.hidden:
            gone = states.translate((_IF_STYLE_HIDES if style.hidden else _IF_STYLE_SHOWS).ljust(256, b"\0"))
            chars = "".join(char for char, out in zip(chars, gone, strict=True) if not out)
        chars = chars.translate(_SPECIAL)
        if _SURROGATE.search(chars):
            chars = chars.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return chars

    def drop_codes(self, start: int, end: int) -> None:
        """Field codes of a story are never shown, their results are. A field without its end is none."""
        open_fields: list[list[int]] = []  # where it begins, where its result begins (-1: not yet)
        codes: list[tuple[int, int]] = []
        for match in _FIELD.finditer(self.chars, start, end):
            at, sign = match.start(), match.group()
            if sign == "\x13":
                open_fields.append([at, -1])
            elif open_fields and sign == "\x14" and open_fields[-1][1] < 0:
                open_fields[-1][1] = at
            elif open_fields and sign == "\x15":
                begin, result = open_fields.pop()
                codes.append((begin, at if result < 0 else result))
        done = start
        for begin, stop in sorted(codes):
            if stop >= done:  # else inside a code that is gone already
                first = max(begin, done)
                self.states[first : stop + 1] = bytes((GONE,)) * (stop + 1 - first)
                if self.chars[stop] == "\x15":
                    self._show_sign(begin, stop)
                done = stop + 1

    def _show_sign(self, begin: int, stop: int) -> None:
        """A sign in a circle, which Word draws by a formula: `EQ \\o\\ac(○,3)` shows 3."""
        match = _CIRCLED.fullmatch(self.chars[begin + 1 : stop][:_SHOWN_WITHOUT_RESULT])
        if match:
            first = begin + 1 + match.start(1)
            self.states[first : first + len(match[1])] = bytes((SHOWN,)) * len(match[1])


def decode_stories(fib: Fib, main: bytes, tables: bytes, pieces: PieceTable) -> DocText:
    """The text of all stories. Raises Unreadable(GARBAGE) where 8-bit text would be read as 16-bit."""
    fonts, styles = read_fonts(fib, tables), read_styles(fib, tables)
    runs = char_runs(fib, main, tables)
    looks = _looks(fib, pieces, runs)
    if fib.era == "97":
        chars = word_97(fib, main, pieces, fonts)
    else:
        chars = word_6(fib, main, pieces, fonts, looks, styles[0].font if styles else 0)
    states = bytearray(len(chars))
    signs: list[tuple[int, int, str]] = []
    for start, end, look in looks:
        state = _state(look, styles)
        if state:
            states[start:end] = bytes((state,)) * (min(end, len(states)) - start)
        font = fonts[look.font].name if look.font is not None and look.font < len(fonts) else ""
        if look.symbol is not None and end - start <= 8:
            name = fonts[look.symbol[0]].name if look.symbol[0] < len(fonts) else ""
            signs.append((start, end, symbol(f"{look.symbol[1]:04X}", name)[:1] * (end - start)))
        elif font and (shown := in_font(chars[start:end], font)) != chars[start:end]:
            signs.append((start, end, shown))
    return DocText(
        _replaced(chars, signs),
        states,
        pieces,
        para_runs(fib, main, tables),
        styles,
        fib.era,
        [piece.start for piece in pieces.pieces],
    )


def _looks(fib: Fib, pieces: PieceTable, runs: Runs[bytes]) -> list[tuple[int, int, CharLook]]:
    """Stretches of the text with properties of their own, in its order."""
    found: list[tuple[int, int, CharLook]] = []
    for piece in pieces.pieces:
        if piece.changes:
            look = char_look(piece.changes, fib.era)
            if look != CharLook():
                found.append((piece.start, piece.end, look))
        stop = piece.at + piece.width * (piece.end - piece.start)
        for start, end, changes in runs.within(piece.at, stop):
            look = char_look(changes + piece.changes, fib.era)
            if look != CharLook():
                first = piece.start + (start - piece.at) // piece.width
                found.append((first, piece.start + -(-(end - piece.at) // piece.width), look))
    return found


def _state(look: CharLook, styles: list[Style]) -> int:
    if look.deleted:
        return GONE
    if look.hidden is None:
        styled = look.style is not None and look.style < len(styles) and styles[look.style].hidden
        return HIDDEN if styled else PLAIN
    return _STATES.get(look.hidden, HIDDEN)


def _replaced(chars: str, signs: list[tuple[int, int, str]]) -> str:
    out: list[str] = []
    last = 0
    for start, end, text in sorted(signs):
        if start >= last and len(text) == end - start and end <= len(chars):
            out += (chars[last:start], text)
            last = end
    return "".join((*out, chars[last:]))
