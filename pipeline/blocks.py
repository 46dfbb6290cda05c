"""The nine blocks: codes, names, older names, and which names point to more than one block."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from pipeline import store

CODES: tuple[str, ...] = ("KP", "KA", "KR", "VP", "CR", "CH", "CS", "CO", "RS")
"""Canvas order."""


@dataclass(frozen=True, slots=True)
class Block:
    code: str
    zh: str
    en: str
    names: tuple[str, ...]
    hints: tuple[str, ...]
    sections: tuple[str, ...]


@cache
def blocks() -> dict[str, Block]:
    """Code -> block, in canvas order."""
    table = tomllib.loads(store.resource_text("blocks.toml"))
    return {
        code: Block(code, t["zh"], t["en"], tuple(t["names"]), tuple(t["hints"]), tuple(t["sections"]))
        for code in CODES
        for t in [table[code]]
    }


@cache
def name_to_codes() -> dict[str, tuple[str, ...]]:
    """Every name and hint -> the codes it may stand for."""
    found: dict[str, list[str]] = {}
    for block in blocks().values():
        for name in block.names + block.hints:
            found.setdefault(name, []).append(block.code)
    return {name: tuple(codes) for name, codes in found.items()}


class BlockCodeError(ValueError):
    """A cell names a block that does not exist; the text says where."""


def join(codes: object) -> str:
    """Codes in canvas order, joined by `;`.

    >>> join({"RS", "KP"})
    'KP;RS'
    """
    wanted = set(codes)  # type: ignore[call-overload]
    return ";".join(code for code in CODES if code in wanted)


def parse(cell: str, where: str) -> frozenset[str]:
    """The codes in a cell such as `KA;CH`; `none` and the empty cell mean no block.

    Raises BlockCodeError naming `where` if a code is unknown.
    """
    codes = {part.strip() for part in cell.split(";")} - {"", "none"}
    if unknown := codes - set(CODES):
        raise BlockCodeError(
            f"{where}: 未知的模块代码 unknown block code {sorted(unknown)}; "
            f"可用 use one of {';'.join(CODES)} or none"
        )
    return frozenset(codes)


@cache
def _name_pattern() -> re.Pattern[str]:
    names = sorted(name_to_codes(), key=lambda n: (-len(n), n))
    return re.compile("|".join(map(re.escape, names)))


def names_in(text: str) -> list[tuple[str, int]]:
    """Block names in a matching copy, longest first, as (name, offset)."""
    return [(m.group(), m.start()) for m in _name_pattern().finditer(text)]


@cache
def section_to_codes() -> dict[str, tuple[str, ...]]:
    """Every usual section title -> the codes its section speaks of."""
    found: dict[str, list[str]] = {}
    for block in blocks().values():
        for section in block.sections:
            found.setdefault(section, []).append(block.code)
    return {section: tuple(codes) for section, codes in found.items()}


def sections_in(heading: str) -> tuple[str, ...]:
    """Codes of the section title that a heading (matching copy, without number) ends or begins
    with; the longest title decides.

    >>> sections_in("公司的销售模式"), sections_in("行业概况")
    (('CH',), ())
    """
    table = section_to_codes()
    for size in range(min(8, len(heading)), 1, -1):
        for part in (heading[-size:], heading[:size]):
            if part in table:
                return table[part]
    return ()


_LEAD = re.compile(r"^[\s\-*•·●■□>|（(\d)）.、]*([^：:|\n\t*]{2,14}?)\**\s*[：:|\t]")


def lead_name(copy: str) -> str:
    """The block name, if any, that a bullet or a table row (matching copy) begins with: its own
    little heading.

    >>> lead_name("- **客户关系**:专人服务"), lead_name("| 渠道通路 | 门店 |"), lead_name("公司说:好")
    ('客户关系', '渠道通路', '')
    """
    match = _LEAD.match(copy[:60])
    name = match.group(1).strip() if match else ""
    return name if name in name_to_codes() else ""
