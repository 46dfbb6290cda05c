"""A case: a file that is made by code, and the ends that are allowed for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FIRST = "公司通过线下门店和自营网上商城向年轻消费者销售咖啡。"
SECOND = "原料由三家供应商长期供应，外包给第三方物流配送。"
LATIN = "The company sells coffee in its own stores and on the web."
GOOD = f"某咖啡案例分析\n\n{FIRST}\n{SECOND}\n"
CANARY = "canary-7f3a"
"""Stands where nothing may be read or run: macros, field codes, members that point outside."""
BOTH = (FIRST, SECOND)

OK = frozenset({"ok"})
BROKEN = frozenset({"CORRUPT", "NO_TEXT", "GARBAGE"})
LIMITS = frozenset({"LIMIT_SIZE", "LIMIT_ENTRIES", "LIMIT_DEPTH", "LIMIT_PAGES", "ZIP_BOMB"})
KILLED = frozenset({"TIMEOUT", "OOM"})
BINARY = frozenset({"BINARY_DATA", "UNSUPPORTED_TYPE", "CORRUPT", "ENCODING", "GARBAGE", "NO_TEXT"})
REASONS = BROKEN | LIMITS | KILLED | BINARY | frozenset(
    {"EMPTY_FILE", "EMPTY_ARCHIVE", "ENCRYPTED", "XML_DTD", "PATH_TRAVERSAL", "SYMLINK", "NOT_REGULAR", "IGNORED"}
)  # fmt: skip
"""What a reader may say. CRASH, IO_ERROR and INTERNAL are never an end that an input may have."""


def one_of(*ends: str) -> frozenset[str]:
    return frozenset(ends)


@dataclass(frozen=True, slots=True)
class Member:
    """How a member of an archive must end."""

    ends: frozenset[str]
    has: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """`group`: its number in the list of cases; `ends`: `ok` or reason codes that are allowed; `has`
    and `lacks`: what the text must and must not hold if it is ok; `warns`: warnings it must carry
    then; `members`: the ends of what an archive holds, by path, all of them."""

    group: int
    name: str | bytes
    make: bytes | Callable[[], bytes]
    ends: frozenset[str]
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    warns: frozenset[str] = frozenset()
    members: Mapping[str, Member] = field(default_factory=dict)
    heavy: bool = False  # more than about a second of reading or 2 MB: only in the external tests

    @property
    def data(self) -> bytes:
        return self.make if isinstance(self.make, bytes) else self.make()
