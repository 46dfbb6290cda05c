"""Which passages state something about the company, and which are contents, theory or furniture.

Patterns are data (`resources/roles.toml`); what needs the neighbours is decided here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache

from pipeline import store
from pipeline.blocks import lead_name, name_to_codes, names_in
from pipeline.company import mentions_known
from pipeline.matching import matching_copy
from pipeline.records import TAGGABLE, Role

_ORDER: tuple[Role, ...] = ("boilerplate", "reference", "author", "definition")
_CONTENTS_LINE = re.compile(r"\S(?:\.{3,}|…+|·{3,}|-{4,}|_{4,})\s*\d{1,3}\s*$|\S\s?[(（]\d{1,3}[)）]$")
_CONTENTS_LAST = re.compile(r"\S\s?[(（]\d{1,3}[)）]")  # the text's title may follow the last line
_CONTENTS_HEADING = re.compile(
    r"^\W*(?:目\s*录|目\s*次|contents?|table of contents|agenda|catalogue?)\W*$", re.IGNORECASE
)
_TABLE_ROW = re.compile(r"^\|.*\|$|\t| \| ")
_TABLE_RULE = re.compile(r"^[|\s:+\-─│┌┐└┘├┤┬┴┼═]+$")
_ENTRY_END = re.compile(r"[.…·\-_\s]{1,100}\d{0,3}$|\s?[(（]\d{1,3}[)）]$")
MIN_CONTENTS_LINES = 3


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(store.resource_text("roles.toml"))
    return {role: re.compile("|".join(f"(?:{p})" for p in table[role]["patterns"])) for role in _ORDER}


def pattern_role(text: str) -> Role | None:
    """The role that a pattern of `roles.toml` gives a passage on its own, if any."""
    copy = matching_copy(text).text.strip()
    for role in _ORDER:
        if _patterns()[role].search(copy):
            return role
    return None


def roles_of(
    texts: Sequence[str],
    levels: Sequence[int],
    *,
    tables: Sequence[bool],
    furniture: Sequence[bool],
) -> list[Role]:
    """The role of each passage of a document, in order."""
    roles: list[Role] = []
    contents = _contents(texts, levels)
    in_references = False
    for index, text in enumerate(texts):
        role: Role | None = None
        if furniture[index] or _TABLE_RULE.match(text):
            role = "boilerplate"
        elif contents[index]:
            role = "contents"
        else:
            role = pattern_role(text)
        if levels[index] and role not in ("boilerplate", "contents", "author", "definition"):
            in_references = role == "reference"
            role = role if role == "reference" else "heading"
        elif in_references and role is None:
            role = "reference"
        if role is None:
            role = "table" if tables[index] or _TABLE_ROW.search(text) else "body"
        roles.append(role)
    if is_theory(texts, roles):
        roles = ["definition" if role in TAGGABLE else role for role in roles]
    return roles


def is_theory(texts: Sequence[str], roles: Sequence[Role]) -> bool:
    """Whether a text explains the canvas rather than a company: it names block after block in its
    sentences, speaks of modules and models, and has no company as its subject.

    Its examples are of other companies each time, so none of its passages counts for a canvas.
    Shares measured on 105 labelled cases: theory 0.15–0.30 named and at most 0.12 specific, texts
    about a company below 0.14 named or above 0.4 specific.
    """
    prose = [
        matching_copy(t).text
        for t, r in zip(texts, roles, strict=True)
        if r in ("body", "table", "heading", "definition") and len(t) >= 12
    ]
    named: list[str] = []
    codes: set[str] = set()
    for text in prose:
        names = [name for name, _ in names_in(text) if len(name) > 2]
        if names and not lead_name(text):  # `- 渠道通路：门店` fills a block, it does not explain it
            named.append(text)
            codes.update(code for name in names for code in name_to_codes()[name])
    if len(prose) < 5 or len(codes) < 3 or len(named) < THEORY_NAMED * len(prose):
        return False
    abstract = sum(_ABSTRACT.search(t) is not None for t in prose)
    specific = sum(_SPECIFIC.search(t) is not None or mentions_known(t) for t in prose)
    return abstract >= THEORY_ABSTRACT * len(prose) and specific <= THEORY_SPECIFIC * len(prose)


THEORY_NAMED, THEORY_ABSTRACT, THEORY_SPECIFIC = 0.14, 0.10, 0.20
_ABSTRACT = re.compile("画布|商业模式|模块|构造块|构建块|板块|要素")
_SPECIFIC = re.compile("本公司|本行|发行人|报告期|集团|旗下|(?<!一家)(?<!一个)公司")


def _contents(texts: Sequence[str], levels: Sequence[int]) -> list[bool]:
    """Lines of tables of contents: three or more neighbours with page numbers, or the short lines
    after a line 目录 up to the first sentence."""
    dotted = [len(t) <= 120 and bool(_CONTENTS_LINE.search(t)) for t in texts]
    found = [False] * len(texts)
    run: list[int] = []
    for index, is_line in enumerate([*dotted, False]):
        if is_line:
            run.append(index)
        else:
            if len(run) >= MIN_CONTENTS_LINES:
                if index < len(texts) and len(texts[index]) <= 80 and _CONTENTS_LAST.search(texts[index]):
                    run.append(index)
                for i in run:
                    found[i] = True
            run = []
    for index, text in enumerate(texts):
        if _CONTENTS_HEADING.match(text):
            found[index] = True
            seen: set[str] = set()  # entries without their dots and page numbers
            for at in range(index + 1, min(len(texts), index + 40)):
                line = _ENTRY_END.sub("", texts[at])
                if len(line) > 40 or line[-1:] in "。；;！!" or (line in seen and not line.strip().isdigit()):
                    break
                seen.add(line)
                if line.strip().isdigit() or levels[at] or dotted[at] or len(line) <= 12:
                    found[at] = True
                else:
                    break
            # The first section's heading stands after its number: the text begins there.
    return found
