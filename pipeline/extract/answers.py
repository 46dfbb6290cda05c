"""What a worker answers: bytes on its side of the pipe, checked records on ours.

A worker that an input took over can write anything: what does not have the shape it must have is a
ValueError here, and ends as CRASH of that one file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from pipeline.extract.archive import Member
from pipeline.records import Extraction, Mark, Page, Skipped

MAX_ANSWER = 256 << 20
"""Bytes of one answer: what an archive may unpack to, and its list. A longer one is LIMIT_SIZE on both sides."""
_REASON = re.compile(r"[A-Z][A-Z_]{2,30}")
_LONE = re.compile("[\ud800-\udfff]")
_PAGE_FIELDS = frozenset(f.name for f in fields(Page))
_MARK_KINDS = frozenset({"heading", "table", "furniture", "scrambled"})


class EnvironmentBroken(Exception):
    """The worker lacks a library: the installation is broken, not the input."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive: its members, to be read one by one."""

    members: tuple[Member, ...]


Answer = Extraction | Skipped | Unpacked


def to_json(answer: dict[str, object]) -> bytes:
    return _LONE.sub("\ufffd", json.dumps(answer, ensure_ascii=False)).encode()


def extraction_to_json(extraction: Extraction) -> bytes:
    return to_json({"extraction": asdict(extraction)})


def members_to_json(members: Sequence[Member]) -> bytes:
    """The list of an archive; the bytes of its members travel behind it, one after another."""
    return to_json(
        {
            "members": [
                {
                    "path": m.path,
                    "reason": m.reason,
                    "size": -1 if m.data is None else len(m.data),
                    "archive": m.archive,
                }
                for m in members
            ]
        }
    )


def answer_from(head: bytes, body: bytes) -> Answer:
    """The answer a worker gave: `head` is JSON, `body` the bytes of members, empty for all else.

    Raises ValueError for what has not the shape of an answer, EnvironmentBroken.
    """
    try:
        value = json.loads(head)
        if "broken" in value:
            raise EnvironmentBroken
        if "reason" in value:
            return Skipped("quarantined", _reason(value["reason"]))
        if "members" in value:
            return Unpacked(_members(value["members"], body))
        return extraction_from(value["extraction"])
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("not an answer") from error


def extraction_from(value: dict[str, Any]) -> Extraction:
    """An Extraction back from its JSON form (of a worker or of the cache).

    Raises ValueError, TypeError or KeyError for what is none.
    """
    return Extraction(
        type=_text(value["type"]),
        extractor=_text(value["extractor"]),
        warnings=tuple(_reason(w) for w in value["warnings"]),
        pages=tuple(_page(p) for p in value["pages"]),
    )


def _page(value: dict[str, Any]) -> Page:
    if not value.keys() <= _PAGE_FIELDS:
        raise ValueError("unknown field of a page")
    text = _text(value["text"])
    confidence = value.get("confidence", 1.0)
    if (
        type(value["number"]) is not int
        or not isinstance(confidence, int | float)
        or not 0 <= confidence <= 1
    ):
        raise ValueError("page")
    if any(type(n) is not int or n < 0 for n in value.get("order", ())):
        raise ValueError("order of a page")
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    if any(type(at) is not int for at in value.get("order", ())) or len(value.get("order", ())) % 2:
        raise ValueError("order of a page")
    plain["marks"] = tuple(_mark(m, len(text)) for m in value["marks"])
    return Page(**plain)


def _mark(value: dict[str, Any], length: int) -> Mark:
    mark = Mark(**value)
    if {type(mark.start), type(mark.end), type(mark.level)} != {int} or mark.kind not in _MARK_KINDS:
        raise ValueError("mark")
    if not 0 <= mark.start <= mark.end <= length:
        raise ValueError("mark outside its page")
    return mark


def _members(listed: list[dict[str, Any]], body: bytes) -> tuple[Member, ...]:
    found: list[Member] = []
    at = 0
    for item in listed:
        size = item["size"]
        if type(size) is not int or type(item["archive"]) is not bool:
            raise ValueError("member")
        data = None
        if size >= 0:
            data, at = body[at : at + size], at + size
            if at > len(body):
                raise ValueError("member longer than what came")
        reason = _reason(item["reason"]) if item["reason"] else ""
        found.append(Member(_text(item["path"]), data, reason, item["archive"]))
    if len({m.path for m in found}) < len(found) or any((m.data is None) != bool(m.reason) for m in found):
        raise ValueError("members")
    return tuple(found)


def _text(value: object) -> str:
    if not isinstance(value, str) or _LONE.search(value):
        raise ValueError("text")
    return value


def _reason(value: object) -> str:
    if not isinstance(value, str) or not _REASON.fullmatch(value):
        raise ValueError("code")
    return value
