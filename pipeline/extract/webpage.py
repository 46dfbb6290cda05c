"""HTML as it reads on the screen: a block a line, headings and table rows as marks.

Nothing is fetched and nothing run. Depth and attributes are counted before the parser sees the
page: 100,000 of them cost some parsers minutes. libxml2 itself stops at a depth of 256 and keeps
silent about what it leaves out; that is LIMIT_DEPTH as well.
"""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree, html

from pipeline.extract import quality, txt, webpage_main
from pipeline.extract.errors import Unreadable
from pipeline.extract.webpage_lines import unwrapped
from pipeline.records import Extraction, Mark, Page

MAX_DEPTH = 2_000
MAX_ATTRIBUTES = 500
CELL = "\t"
LONG = 20  # as in pptx: from here on a blank line follows, or a list is taken for a wrapped sentence
HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Not the head: where a page opens none, libxml2 puts a leading <nav> or <article> into it.
_DROPPED = {"script", "style", "template", "noscript"}
_BLOCKS = {
    *HEADINGS,
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend"),
    *("li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "section", "select", "summary"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul"),
}  # fmt: skip
# These end by themselves where the next begins, or hold nothing: they make no depth.
_FLAT = {
    *("p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "thead", "tbody", "tfoot", "colgroup"),
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr"),
}  # fmt: skip
_CHARSET = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_WEB_CHARSET = re.compile(
    r"gb18030|big5-?hkscs|shift[_-]jis|sjis|euc-(?:jp|kr)|(?:windows-|cp)\d{3,4}|iso-8859-\d{1,2}|koi8-[ru]"
)
_NAME = re.compile(r"(/?)([A-Za-z][^\s/>]{0,80})")
_ATTRIBUTE = re.compile(r"[\s/]*(?:(?P<end>>)|[^\s/>=][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?|=)")
_WIDE = "\u2e80-\u9fff\uff01-\uff60\u3000-\u303f“”‘’…—"
_BREAK = re.compile(rf"(?<=[{_WIDE}])[ \t\r\f]*\n[ \t\r\f\n]*(?=[{_WIDE}])")
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read(data: bytes, *, charset: str = "") -> Extraction:
    """One page with the text a reader sees. `charset` is what a header outside the page says.

    Raises Unreadable: LIMIT_DEPTH, LIMIT_SIZE, BINARY_DATA, CORRUPT.
    """
    text, damaged = decode(data, charset)
    if len(text) > txt.MAX_CHARS:
        raise Unreadable("LIMIT_SIZE")
    check(text)
    # Back to bytes: lxml refuses a str that declares an encoding.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True)
    try:
        root = html.document_fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except etree.LxmlError as error:
        raise Unreadable("NO_TEXT" if "empty" in str(error) else "CORRUPT") from error
    for entry in parser.error_log:
        if entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:  # it gives what came before, without an error
            raise Unreadable("LIMIT_DEPTH" if "depth" in entry.message else "LIMIT_SIZE")
    outside = webpage_main.around(root)
    writer = _Writer(outside, has_h1=next(root.iter("h1"), None) is not None)
    writer.walk(root)
    page = Page(1, "".join(writer.pieces), tuple(writer.marks), flows=True)
    return Extraction("html", "lxml", (page,), ("ENCODING",) if damaged else ())


def decode(data: bytes, charset: str = "") -> tuple[str, bool]:
    """(text, damaged): a BOM or valid UTF-8 decides; else the declared charset, unless the text it
    gives is made of common characters less than what `txt` chooses, for pages are saved in one
    encoding and declare another.

    Raises Unreadable(BINARY_DATA).
    """
    failure: Unreadable | None = None
    try:
        text, encoding, damaged = txt.decode(data)
    except Unreadable as error:
        text, encoding, damaged, failure = "", "", True, error
    declared = None if encoding.startswith("utf-") else _declared(data, charset)
    if declared and (not text or _plausible(declared) >= _plausible(text)):
        if quality.control_share(declared) > txt.MAX_UNDECODABLE:
            raise Unreadable("BINARY_DATA")
        return declared, "\ufffd" in declared
    if failure:
        raise failure
    return text.removeprefix("\ufeff"), damaged


def _declared(data: bytes, charset: str) -> str | None:
    """The page in the charset it names, if that is one that web pages are written in."""
    named = _CHARSET.search(data[:4096])
    if not named and not charset:
        return None
    name = (charset or named.group(1).decode("ascii") if named else charset).lower()
    name = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}.get(name, name)
    try:
        return data.decode(name, "replace") if _WEB_CHARSET.fullmatch(name) else None
    except LookupError:
        return None


def _plausible(text: str) -> float:
    """Share of common characters among those that are not ASCII; undecodable ones count twice."""
    foreign = re.sub(r"[\x00-\x7f]+", "", text[: txt.SAMPLE])
    return quality.common_share(foreign) - 2 * foreign.count("\ufffd") / max(1, len(foreign))


def check(text: str) -> None:
    """Refuse what makes a parser quadratic, in one pass over the tags.

    Elements are counted as open until a tag closes one of that name, so misnested ones count too
    deep rather than too shallow. Raises Unreadable: LIMIT_DEPTH, LIMIT_SIZE.
    """
    opened: Counter[str] = Counter()
    depth = at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 2)
            if end < 0:
                return
            at = end + 3
            continue
        tag = _NAME.match(text, at + 1)
        if not tag:
            at += 1
            continue
        at = _after_attributes(text, tag.end())
        name = tag.group(2).lower()
        if name in _FLAT:
            continue
        if tag.group(1):
            if opened[name]:
                opened[name] -= 1
                depth -= 1
            continue
        if name in ("script", "style"):
            close = re.compile(f"</{name}", re.IGNORECASE).search(text, at)
            if not close:
                return
            at = close.end()
            continue
        opened[name] += 1
        depth += 1
        if depth > MAX_DEPTH:
            raise Unreadable("LIMIT_DEPTH")


def _after_attributes(text: str, at: int) -> int:
    """Where a tag ends. Raises Unreadable(LIMIT_SIZE) past the attributes allowed."""
    for _ in range(MAX_ATTRIBUTES + 1):
        attribute = _ATTRIBUTE.match(text, at)
        if not attribute:
            return len(text)
        at = attribute.end()
        if attribute.group("end"):
            return at
    raise Unreadable("LIMIT_SIZE")


class _Writer:
    """Collects lines and marks while walking the page."""

    def __init__(self, outside: set[etree._Element], *, has_h1: bool) -> None:
        self.outside = outside
        # The caption of the window is a heading where the page has none of its own.
        self.title_mark = "furniture" if has_h1 else "heading"
        self.pieces: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0
        self.inline: list[str] = []  # text since the last block began
        self.broken: list[str] = []  # lines of the open block that end with <br>
        self.prefix = ""
        self.cells: list[str] = []
        self.outer_cells = 0  # cells of the row that stand around the article
        self.tables: list[bool] = []  # for each open table: is it one of data?
        self.row: etree._Element | None = None  # an open row whose cells are joined
        self.heading: etree._Element | None = None
        self.pre: etree._Element | None = None
        self.furniture: etree._Element | None = None  # the outermost element around the article

    def walk(self, root: etree._Element) -> None:
        """Without recursion: pages nest deeper than the stack of a worker."""
        walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, node in walker:
            if event in ("comment", "pi"):
                self.text(node.tail)
            elif event == "start":
                if node.tag in _DROPPED:
                    walker.skip_subtree()
                else:
                    self.start(node)
                    self.text(node.text)
            else:
                if node.tag not in _DROPPED:
                    self.end(node)
                self.text(node.tail)
        self.flush()

    def text(self, text: str | None) -> None:
        if not text:
            return
        if self.pre is None or self.row is not None:
            self.inline.append(text)
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self.flush()
            self.inline.append(line)

    def start(self, node: etree._Element) -> None:
        tag = node.tag
        if tag == "br" and self.heading is not None:
            self.inline.append("\n")  # one name set in two lines, not two
        elif tag == "br" and self.row is None and self.pre is None:
            self.broken.append(_squeezed(self.inline))
            self.inline = []
        elif tag == "br" or tag in _BLOCKS:
            self.boundary()
        if self.furniture is None and node in self.outside:
            self.boundary()
            self.furniture = node
        if self.row is not None or self.heading is not None:
            return
        if tag in HEADINGS:
            self.heading, self.prefix = node, ""
        elif tag == "li":
            self.prefix = "- "
        elif tag == "pre" and self.pre is None:
            self.pre = node
        elif tag == "table":
            self.tables.append(_is_data(node))
        elif tag == "tr" and self.tables and self.tables[-1]:
            self.row, self.cells, self.outer_cells = node, [], 0

    def end(self, node: etree._Element) -> None:
        tag = node.tag
        if node is self.heading:
            self.heading = None
            self.flush("heading", HEADINGS[tag])
        elif tag == "title" and self.row is None and node.getparent().tag == "head":
            self.flush(self.title_mark, int(self.title_mark == "heading"))
        elif node is self.row:
            self.row, self.inline = None, []
            if self.cells and self.outer_cells == len([cell for cell in self.cells if cell]):
                self.line(CELL.join(cell for cell in self.cells if cell), "furniture")
            elif len([cell for cell in self.cells if cell]) > 1:
                self.line(CELL.join(self.cells), "table")
            else:
                self.line("".join(self.cells))
        elif self.row is not None and tag in ("td", "th"):
            self.cells.append(_squeezed(self.inline))
            self.outer_cells += bool(self.cells[-1] and self.furniture is not None)
            self.inline = []
        elif tag in _BLOCKS:
            self.boundary()
            if tag == "table" and self.tables and self.row is None and self.heading is None:
                self.tables.pop()
            if tag == "li" and self.heading is None:
                self.prefix = ""
        if node is self.pre:
            self.pre = None
        if node is self.furniture:
            self.flush()
            self.furniture = None

    def boundary(self) -> None:
        """The end of a line; inside a cell or heading, a space."""
        if self.row is not None or self.heading is not None:
            self.inline.append(" ")
        else:
            self.flush()

    def flush(self, mark: str = "", level: int = 0) -> None:
        text = "".join(self.inline).rstrip() if self.pre is not None else _squeezed(self.inline)
        self.inline = []
        lines = unwrapped([*self.broken, text]) if self.broken else [text]
        self.broken = []
        for text in lines:
            if text.strip():
                self.line(self.prefix + text, mark, level)
                self.prefix = ""

    def line(self, text: str, mark: str = "", level: int = 0) -> None:
        if not text.strip():
            return
        if self.furniture is not None:
            mark, level = "furniture", 0
        if mark:
            self.marks.append(Mark(self.length, self.length + len(text), mark, level))  # type: ignore[arg-type]
        end = "\n\n" if not mark and len(text) >= LONG else "\n"
        self.pieces.append(text + end)
        self.length += len(text) + len(end)


def _is_data(table: etree._Element) -> bool:
    """Whether a table holds data rather than the layout of a page: no table or heading in it."""
    return next(table.iterdescendants("table", *HEADINGS), None) is None


def _squeezed(parts: list[str]) -> str:
    """White space as a browser shows it; a line break between Han characters shows as nothing."""
    return _SPACES.sub(" ", _BREAK.sub("", "".join(parts))).strip()
