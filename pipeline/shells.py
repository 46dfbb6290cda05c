"""The markup around a passage that is not part of what it says: where a span begins and ends.

`html_shell`      tags and blank entities of a web page saved as text
`markdown_shell`  quote marks before a line
`citation_mark`   citation numbers behind a sentence: `。[6]`

Nothing is dropped from the text: the span of the passage leaves the shell out.
"""

from __future__ import annotations

import re

TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|<!--[^<>]{0,300}-->|<br\s{0,4}/?>")
_BLANK_ENTITY = re.compile(r"&(?:nbsp|emsp|ensp|thinsp|#160|#8195|#12288);")
_QUOTE = re.compile(r">(?=[\s>]|[^\s\d=<]|$)")
_CITATION = re.compile(r"[\[［]\s?(?:注\s?)?\d{1,3}(?:\s?[-–—~,，、]\s?\d{1,3}){0,5}\s?[\]］]")
_HEADING_TAG = re.compile(r"<h([1-6])\b", re.IGNORECASE)
BLOCK_TAG = re.compile(
    r"</?(?:p|div|li|ul|ol|tr|td|th|h[1-6]|br|hr|table|tbody|section|article|blockquote|title|span)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
MAX_TAG, MAX_CITATION = 302, 40


def trim(text: str, start: int, end: int, *, at_line_start: bool = False) -> tuple[int, int, int]:
    """(first, last, heading level by tag or 0) of the span [start, end) without its shell; first
    equals last if nothing else is there.

    >>> "<p>&emsp;门店销售。[6]</p>"[slice(*trim("<p>&emsp;门店销售。[6]</p>", 0, 21)[:2])]
    '门店销售。'
    """
    level = 0
    first, last = start, end
    while first < last:
        char = text[first]
        if char.isspace():
            first += 1
        elif char == "<" and (tag := TAG.match(text, first, last)):
            if heading := _HEADING_TAG.match(tag.group()):
                level = int(heading.group(1))
            first = tag.end()
        elif char == "&" and (entity := _BLANK_ENTITY.match(text, first, last)):
            first = entity.end()
        elif char == ">" and at_line_start and _QUOTE.match(text, first, last):
            first += 1
        else:
            break
    while last > first:
        char = text[last - 1]
        begin = -1
        if char.isspace():
            begin = last - 1
        elif char == ">":
            begin = _begins(TAG, "<", text, max(first, last - MAX_TAG), last)
        elif char == ";":
            begin = _begins(_BLANK_ENTITY, "&", text, max(first, last - 10), last)
        elif char in "]］" and text[max(first, last - MAX_CITATION) : last].strip():
            begin = _begins(_CITATION, "[", text, max(first, last - MAX_CITATION), last)
            if begin < 0:
                begin = _begins(_CITATION, "［", text, max(first, last - MAX_CITATION), last)
        if begin < 0:
            break
        last = begin
    return first, last, level


def _begins(pattern: re.Pattern[str], opening: str, text: str, low: int, last: int) -> int:
    """Where the shell that ends at `last` begins, -1 if there is none."""
    begin = text.rfind(opening, low, last)
    match = pattern.match(text, begin, last) if begin >= 0 else None
    return begin if match and match.end() == last else -1


def rule_of(shell: str) -> str:
    """The name of the rule that a stretch of text between two passages falls under."""
    if re.search("[\u2500-\u257f|+]", shell):
        return "drawn_canvas"
    if _CITATION.search(shell):
        return "citation_mark"
    if re.search(r"[<&]", shell):
        return "html_shell"
    return "markdown_shell"
