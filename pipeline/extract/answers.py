"""What a worker answers: bytes on its side of the pipe, checked records on ours.

A worker that an input took over can write anything: what does not have the shape it must have is a
ValueError here, and ends as CRASH of that one file.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from pipeline.extract.archive import Member
from pipeline.records import Box, Extraction, Mark, Page, Picture, Skipped

MAX_ANSWER = 256 << 20
"""Bytes of one answer: what an archive may unpack to, and its list. A longer one is LIMIT_SIZE on both sides."""
_REASON = re.compile(r"[A-Z][A-Z_]{2,30}")
_LONE = re.compile("[\ud800-\udfff]")
_PAGE_FIELDS = frozenset(f.name for f in fields(Page))
_MARK_KINDS = frozenset({"heading", "table", "furniture", "scrambled"})
MAX_PICTURE = 256 << 10  # bytes of one
MAX_SIDE = 2_000  # pixels
MAX_BOXES = 60  # of one quote
_PNG = struct.Struct(">8sI4sII")


class EnvironmentBroken(Exception):
    """The worker lacks a library: the installation is broken, not the input."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive: its members, to be read one by one."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pages of a document as they look."""

    pictures: tuple[Picture, ...]


Answer = Extraction | Skipped | Unpacked | Drawn


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


def pictures_to_json(pictures: Sequence[Picture]) -> bytes:
    """The list of drawn pages; their bytes travel behind it, one after another."""
    return to_json(
        {"pictures": [{"number": p.number, "size": len(p.png), "boxes": p.boxes} for p in pictures]}
    )


def answer_from(head: bytes, body: bytes) -> Answer:
    """The answer a worker gave: `head` is JSON, `body` the bytes of members or pictures.

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
        if "pictures" in value:
            return Drawn(pictures_from(value["pictures"], body))
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


def pictures_from(listed: list[dict[str, Any]], body: bytes) -> tuple[Picture, ...]:
    """Pictures back from their list and bytes (of a worker or of the cache): of a PNG only the head is
    read here. Raises ValueError, TypeError or KeyError for what is none."""
    found: list[Picture] = []
    at = 0
    for item in listed:
        number, size = item["number"], item["size"]
        if type(number) is not int or type(size) is not int or not _PNG.size < size <= MAX_PICTURE:
            raise ValueError("picture")
        png, at = body[at : at + size], at + size
        if at > len(body):
            raise ValueError("picture longer than what came")
        signature, _, head, width, height = _PNG.unpack_from(png)
        if (signature, head) != (b"\x89PNG\r\n\x1a\n", b"IHDR") or not (
            0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE
        ):
            raise ValueError("not a picture")
        boxes = tuple(tuple(map(_box, quote)) for quote in item["boxes"])
        if any(len(quote) > MAX_BOXES for quote in boxes):
            raise ValueError("boxes")
        found.append(Picture(number, png, width, height, boxes))
    return tuple(found)


def _box(value: list[float]) -> Box:
    left, top, width, height = map(float, value)
    if not all(math.isfinite(n) and 0 <= n <= 1 for n in (left, top, width, height)):
        raise ValueError("box outside its page")
    return left, top, width, height


def _text(value: object) -> str:
    if not isinstance(value, str) or _LONE.search(value):
        raise ValueError("text")
    return value


def _reason(value: object) -> str:
    if not isinstance(value, str) or not _REASON.fullmatch(value):
        raise ValueError("code")
    return value
