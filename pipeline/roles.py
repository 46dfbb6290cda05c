"""Which passages state something about the company, and which are contents, theory or furniture.

Patterns are data (`resources/roles.toml`); what needs the neighbours is decided here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache

from pipeline import store
from pipeline.blocks import name_to_codes, names_in
from pipeline.matching import matching_copy
from pipeline.records import Role

_ORDER: tuple[Role, ...] = ("boilerplate", "reference", "author", "definition")
_CONTENTS_LINE = re.compile(r"\S(?:\.{3,}|…+|·{3,}|-{4,}|_{4,})\s*\d{1,3}\s*$|\S\s?[(（]\d{1,3}[)）]$")
_CONTENTS_LAST = re.compile(r"\S\s?[(（]\d{1,3}[)）]")  # the text's title may follow the last line
_CONTENTS_HEADING = re.compile(
    r"^\W*(?:目\s*录|目\s*次|contents?|table of contents|agenda|catalogue?)\W*$", re.IGNORECASE
)
_TABLE_ROW = re.compile(r"^\|.*\|$|\t| \| ")
_TABLE_RULE = re.compile(r"^[|\s:+\-─│┌┐└┘├┤┬┴┼═]+$")
MIN_CONTENTS_LINES = 3
THEORY_SHARE = 0.2


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
        roles = ["definition" if role in ("body", "table") else role for role in roles]
    return roles


def is_theory(texts: Sequence[str], roles: Sequence[Role]) -> bool:
    """Whether a text explains the canvas rather than a company: it defines blocks again and again.

    Its examples are of other companies each time, so none of its passages counts for a canvas.
    """
    prose = [t for t, r in zip(texts, roles, strict=True) if r in ("body", "definition") and len(t) >= 12]
    defining = [t for t, r in zip(texts, roles, strict=True) if r == "definition" and len(t) >= 12]
    defined = {
        code
        for t in defining
        for name, _ in names_in(matching_copy(t).text)
        for code in name_to_codes()[name]
    }
    return len(prose) >= 5 and len(defining) >= THEORY_SHARE * len(prose) and len(defined) >= 3


def _contents(texts: Sequence[str], levels: Sequence[int]) -> list[bool]:
    """Lines of tables of contents: three or more neighbours with page numbers, or the short lines
    after a line 目录 up to the first sentence."""
    dotted = [bool(_CONTENTS_LINE.search(t)) and len(t) <= 120 for t in texts]
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
            seen: set[str] = set()
            for at in range(index + 1, min(len(texts), index + 40)):
                line = texts[at]
                if len(line) > 40 or line[-1:] in "。；;！!" or (line in seen and not line.strip().isdigit()):
                    break
                seen.add(line)
                if line.strip().isdigit() or levels[at] or dotted[at] or len(line) <= 12:
                    found[at] = True
                else:
                    break
            # The first section's heading stands after its number: the text begins there.
    return found
