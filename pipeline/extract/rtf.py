"""Rich text (RTF): paragraphs, table rows and headings, notes, boxes, headers and footers.

The tokens are walked here; striprtf gives its tables of destinations and charsets. Its own
`rtf_to_text` was tried first: it drops headers, notes and text boxes, cells are `|` and rows carry
no mark, `\\bin` outside pictures is read as text, and one of its patterns takes quadratic time.
Source: Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from striprtf.striprtf import charset_map, destinations

from pipeline.extract import rtf_fonts, rtf_words, txt
from pipeline.extract.errors import Unreadable
from pipeline.extract.rtf_story import Story, page_text
from pipeline.records import Extraction, Page

MAX_DEPTH = 2_000
_TOKEN = re.compile(
    r"\\u-?\Z|\\(?P<word>[A-Za-z]{1,32})(?P<value>-?\d{1,10})? ?|(?P<hex>(?:\\'[0-9A-Fa-f]{2}[\r\n]*)+)"
    r"|\\'[0-9A-Fa-f]?|\\(?P<symbol>[^A-Za-z])|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\"
)
_STYLE_NAME = re.compile(r"(?:heading|标题|標題) ?([1-9])", re.IGNORECASE)


def read(data: bytes) -> Extraction:
    """One page with the text as Word shows it; headers before it, notes, footers and comments after.

    Raises Unreadable: LIMIT_DEPTH, LIMIT_SIZE, BINARY_DATA.
    """
    source = (
        data.removeprefix(b"\xef\xbb\xbf").lstrip().decode("latin-1")
    )  # a byte a character: what the bytes mean is known font by font
    walker = _Walker(source, rtf_fonts.WESTERN)
    walker.walk()
    if meant := _meant(bytes(walker.western_bytes), walker.document):
        walker = _Walker(source, meant)
        walker.walk()
    body = walker.body
    body.end()
    text, marks = page_text([*walker.before, body, *walker.notes, *walker.after])
    if len(text) > txt.MAX_CHARS:
        raise Unreadable("LIMIT_SIZE")
    lost = text.count("\ufffd")
    if lost > txt.MAX_UNDECODABLE * len(text):
        raise Unreadable("BINARY_DATA")
    warnings = [*["ENCODING"] * bool(lost), *["REPAIRED"] * walker.unfinished]
    return Extraction("rtf", "rtf", (Page(1, text, marks, flows=True),), tuple(warnings))


def _meant(raw: bytes, document: str) -> str:
    """The encoding of bytes that are said to be Western, where most of them are not: programs that
    know no charsets write GBK or UTF-8 and declare nothing. "" where they are Western."""
    high = sum(byte > 0x7F for byte in raw)
    if document in rtf_fonts.DOUBLE_BYTE or high < 4 or high < 0.3 * len(raw):
        return ""
    try:
        text, encoding, damaged = txt.decode(raw)
    except Unreadable:
        return ""
    sure = not damaged and rtf_fonts.usual(text) >= rtf_fonts.MIN_USUAL
    return encoding if sure and encoding in ("utf-8", "gb18030", "big5hkscs") else ""


@dataclass(slots=True)
class _State:
    """What a closing brace restores."""

    kind: str  # text, label (number or bullet of a list item), fonts, styles, upr (the plain twin of a Unicode group)
    story: Story
    font: int
    fallback: int  # characters behind a \u that stand for it in old readers
    hidden: bool
    in_table: bool
    level: int

    def copy(self) -> _State:
        return _State(self.kind, self.story, self.font, self.fallback, self.hidden, self.in_table, self.level)


class _Walker:
    """One pass over the tokens."""

    def __init__(self, source: str, western: str) -> None:
        self.source = source
        self.western = western  # how bytes under a Western charset are read
        self.document = ""  # codec of \ansicpg
        self.body = Story()
        self.before: list[Story] = []
        self.notes: list[Story] = []
        self.after: list[Story] = []
        self.state = _State("text", self.body, 0, 1, False, False, 0)
        self.stack: list[_State] = []
        self.fonts: dict[int, str] = {}  # number -> codec, "" for that of the document
        self.font_names: dict[int, str] = {}
        self.default_font = 0
        self.styles: dict[int, int] = {}  # number -> heading level
        self.style = 0
        self.raw = bytearray()  # bytes whose meaning waits for the next of them
        self.raw_font = 0
        self.western_bytes = bytearray()
        self.skip = 0
        self.starred = False
        self.unfinished = False

    def walk(self) -> None:
        source, at, size = self.source, 0, len(self.source)
        framed = re.match(r"\{\s*\\rtf", source) is not None  # else groups in a row
        while at < size and (token := _TOKEN.match(source, at)):
            at = token.end()
            kind = token.lastgroup
            if at == size and kind in ("word", "value") and self.stack:
                break  # cut in a number: \u2001 of \u20013 is another character
            if kind == "text":
                self.characters(token["text"].encode("latin-1"))
            elif kind == "hex":
                self.characters(bytes.fromhex(token["hex"].replace("\\'", "")))
            elif kind == "brace":
                self.skip, self.starred = 0, False
                if token["brace"] == "{":
                    if len(self.stack) >= MAX_DEPTH:
                        raise Unreadable("LIMIT_DEPTH")
                    self.stack.append(self.state)
                    self.state = self.state.copy()
                else:
                    self.close()
                    if framed and not self.stack:
                        break  # Word shows nothing of what stands behind the document
            elif kind == "symbol":
                self.symbol(token["symbol"])
            elif kind in ("word", "value"):
                at = self.word(token["word"], int(token["value"] or 1), bool(token["value"]), at)
        self.unfinished = bool(self.stack)
        self.flush(cut=self.unfinished)
        while self.stack:
            self.close()

    def close(self) -> None:
        if not self.stack:
            return
        self.flush()
        inner, self.state = self.state, self.stack.pop()
        if inner.story is not self.state.story:
            inner.story.end()

    def characters(self, raw: bytes) -> None:
        """Bytes of text in the charset of the current font."""
        if self.skip:
            dropped = min(self.skip, len(raw))
            self.skip -= dropped
            raw = raw[dropped:]
        if not raw or self.state.hidden or self.state.kind == "upr":
            return
        if self.raw and self.raw_font != self.state.font:
            self.flush()
        self.raw_font = self.state.font
        self.raw += raw

    def flush(self, *, cut: bool = False) -> None:
        """Decode the bytes that wait; where the file is cut, half a character is none."""
        if not self.raw:
            return
        raw, self.raw = bytes(self.raw), bytearray()
        name = self.fonts.get(self.raw_font, "") or self.document or rtf_fonts.WESTERN
        if self.state.kind == "fonts" and name == rtf_fonts.SYMBOL:
            name = self.western  # the font's own name
        elif name == rtf_fonts.WESTERN:
            self.western_bytes += raw
            name = self.western
        text = rtf_fonts.decode(raw, name, self.document, self.font_names.get(self.raw_font, ""))
        self.put(text.rstrip("\ufffd") if cut else text)

    def put(self, text: str) -> None:
        state = self.state
        if state.kind == "fonts":
            self.font_names[state.font] = text.strip().rstrip(";").strip()
        elif state.kind == "styles":
            if match := _STYLE_NAME.match(text.strip()):
                self.styles[self.style] = int(match[1])
        elif state.kind == "label":
            state.story.inline.append(text.replace("\t", " "))
        elif state.kind == "text":
            state.story.inline.append(text)

    def symbol(self, symbol: str) -> None:
        if symbol == "*":
            self.starred = True
        elif symbol in "{}\\":
            self.characters(symbol.encode())  # also the second byte of a character: \'83\\ is ソ
        elif symbol in rtf_words.SYMBOLS:
            self.character(rtf_words.SYMBOLS[symbol])
        elif symbol in rtf_words.ENDS:
            self.end_paragraph()

    def character(self, char: str) -> None:
        if self.skip:
            self.skip -= 1
        elif not self.state.hidden:
            self.flush()
            self.put(char)

    def end_paragraph(self) -> None:
        self.skip = 0
        self.flush()
        if self.state.kind == "text":
            self.state.story.end_paragraph(self.state.level, in_table=self.state.in_table)

    def word(self, word: str, value: int, given: bool, at: int) -> int:
        """Obey a control word; where to go on reading."""
        starred, self.starred = self.starred, False
        if word == "bin":
            return at + max(0, value) if given else at
        if word in rtf_words.CHARS:
            self.character(rtf_words.CHARS[word])
            return at
        if word == "u":
            if given:  # else cut, or damaged
                self.unicode(value)
            return at
        self.skip = 0
        if word in rtf_words.ENDS:
            self.end_paragraph()
        elif word in ("cell", "nestcell", "row", "nestrow"):
            self.end_of_table_part(word)
        elif word in rtf_words.HEADERS | rtf_words.FOOTERS | rtf_words.BOXES or word in (
            "footnote",
            "annotation",
        ):
            self.open_story(word)
        elif word in ("fonttbl", "stylesheet", "upr"):
            self.flush()
            self.state.kind = {"fonttbl": "fonts", "stylesheet": "styles", "upr": "upr"}[word]
        elif word == "ud" and self.state.kind == "upr":
            self.state.kind = "text"
        elif word in ("listtext", "pntext"):
            self.state.kind = "label" if self.state.kind == "text" else self.state.kind
        elif word in rtf_words.ENTERED:
            pass
        elif starred or word in destinations:
            self.flush()
            if not self.stack:
                return at
            return rtf_words.end_of_group(self.source, at)
        else:
            self.property(word, value, given)
        return at

    def unicode(self, value: int) -> None:
        state = self.state
        self.skip = 0
        if not state.hidden and state.kind != "upr":
            self.flush()
            code = value + 0x10000 if value < 0 else value
            if 0 < code <= 0x10FFFF:
                self.put(chr(code))
        self.skip = state.fallback

    def end_of_table_part(self, word: str) -> None:
        self.flush()
        story = self.state.story
        if word == "cell":
            story.end_cell()
        elif word == "row":
            if "".join(story.inline).strip():
                story.end_cell()
            story.end_row()
        else:  # a table inside a cell reads on in that cell
            story.inline.append(" ")

    def open_story(self, word: str) -> None:
        self.flush()
        state = self.state
        furniture = word in rtf_words.HEADERS or word in rtf_words.FOOTERS or word == "annotation"
        story = Story(furniture=furniture or state.story.furniture)
        if word in rtf_words.BOXES:
            state.story.boxes.append(story)
        else:
            places = {"footnote": self.notes, "annotation": self.after}
            places.get(word, self.before if word in rtf_words.HEADERS else self.after).append(story)
        state.story, state.in_table, state.level = story, False, 0

    def property(self, word: str, value: int, given: bool) -> None:
        """Properties of characters, paragraphs, fonts and styles that decide what the text is."""
        state = self.state
        if word in ("f", "deff"):
            self.flush()
            state.font = value if given else 0
            if word == "deff":
                self.default_font = state.font
        elif word == "fcharset":
            self.fonts[state.font] = rtf_fonts.charset_codec(value, charset_map) if given else ""
        elif word == "cpg":
            self.fonts[state.font] = rtf_fonts.codec(value) or self.fonts.get(state.font, "")
        elif word in ("ansicpg", "mac", "pc", "pca"):
            page = {"mac": 10000, "pc": 437, "pca": 850}.get(word, value)
            self.document = rtf_fonts.codec(page) or self.document
        elif word == "uc":
            state.fallback = max(0, value) if given else 1
        elif word in ("v", "deleted"):
            self.flush()
            state.hidden = value != 0
        elif word == "plain":
            self.flush()
            state.hidden, state.font = False, self.default_font
        elif word == "pard":
            state.in_table, state.level = False, 0
        elif word == "intbl":
            state.in_table = value != 0
        elif word == "s":
            self.style = value
            state.level = self.styles.get(value, 0)
        elif word == "outlinelevel":
            state.level = value + 1 if 0 <= value < 9 else 0
            if state.kind == "styles" and state.level:
                self.styles[self.style] = state.level
