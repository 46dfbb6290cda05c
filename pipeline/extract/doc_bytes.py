"""Text of a binary Word file from its bytes: which code page 8-bit text is in, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from pipeline.extract import quality

WESTERN = "cp1252"
SYMBOL = "symbol"
PAD = "\0"
"""Stands at the place of the second byte of a double-byte character."""
SAMPLE = 200_000
CHARSETS = {
    2: SYMBOL, 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip
DOUBLE_BYTE = frozenset({"cp932", "cp949", "gb18030", "big5hkscs"})
_TRADITIONAL = {0x0404, 0x0C04, 0x1404}
_PRIMARY = {
    0x01: "cp1256", 0x02: "cp1251", 0x04: "gb18030", 0x05: "cp1250", 0x08: "cp1253", 0x0D: "cp1255", 0x0E: "cp1250",
    0x11: "cp932", 0x12: "cp949", 0x15: "cp1250", 0x18: "cp1250", 0x19: "cp1251", 0x1B: "cp1250", 0x1E: "cp874",
    0x1F: "cp1254", 0x22: "cp1251", 0x23: "cp1251", 0x24: "cp1250", 0x25: "cp1257", 0x26: "cp1257", 0x27: "cp1257",
    0x29: "cp1256", 0x2A: "cp1258", 0x2F: "cp1251",
}  # fmt: skip
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_PAIR_JAPANESE = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]")
_HIGH = re.compile(rb"[\x80-\xff]")
_MEANINGLESS = re.compile(rb"[\x00\x10-\x12\x16-\x1d]")
_NO_SIGN = re.compile("[\x00\x10-\x12\x16-\x1d\x7f-\x9f\ufff0-\ufff8\ufffe\uffff]")
MAX_MEANINGLESS = 0.02
_HAN = re.compile("[\u3400-\u9fff]")
MIN_USUAL, MIN_USUAL_EXPECTED = 0.92, 0.8
MIN_FLUENT = 0.45
"""Share of usual characters, and of known pairs of them, that a double-byte reading must have: accented
letters read in pairs give rare characters."""


def language_page(language: int) -> str:
    """The code page of a LANGID, Western where it is not one with a page of its own."""
    if language in _TRADITIONAL:
        return "big5hkscs"
    return _PRIMARY.get(language & 0x3FF, WESTERN)


def double_byte(sample: bytes, expected: Iterable[str], least: int) -> str:
    """The double-byte code page that 8-bit text is in, "" if it is not.

    `expected`: what languages and fonts of the document point to; without such a hint only long
    and fluent Chinese counts. `least`: characters that must be there.
    """
    high = len(_HIGH.findall(sample))
    if not high:
        return ""
    hinted = [page for page in dict.fromkeys(expected) if page in DOUBLE_BYTE]
    found: list[tuple[float, int, str]] = []
    for order, page in enumerate(hinted or ["gb18030"]):
        pairs = _pairs(page).findall(sample)
        text = "".join(_char(pair, page) for pair in pairs)
        covered = sum((pair[0] > 0x7F) + (pair[1] > 0x7F) for pair in pairs) / high
        usual = quality.common_share("".join(_HAN.findall(text)))
        fluent = quality.fluency(text)
        if "\ufffd" in text and text.count("\ufffd") > len(text) / 50:
            continue
        if len(text) < (least if hinted else 20) or covered < 0.9:
            continue
        if usual < (MIN_USUAL_EXPECTED if hinted else MIN_USUAL):
            continue
        if fluent is None and not hinted:
            continue
        if fluent is not None and fluent < MIN_FLUENT and page in ("gb18030", "big5hkscs"):
            continue
        found.append((usual + (fluent or 0.0), -order, page))
    return max(found)[2] if found else ""


def decode(data: bytes, page: str) -> str:
    """8-bit text, one character to a byte."""
    if page not in DOUBLE_BYTE:
        return data.decode("latin-1").translate(_single(page))
    out: list[str] = []
    last = 0
    for match in _pairs(page).finditer(data):
        char = _char(match.group(), page)
        if char == "\ufffd":
            char = data[match.start() : match.end()].decode("latin-1").translate(_single(WESTERN))
        out += (_one(data[last : match.start()], page), char.ljust(2, PAD))
        last = match.end()
    out.append(_one(data[last:], page))
    return "".join(out)


def decode_wide(data: bytes) -> str:
    """16-bit text, one character to a unit: surrogates stay apart until lines are written."""
    units = memoryview(data[: len(data) // 2 * 2])
    text = bytes(units).decode("utf-16-le", "surrogatepass")
    if len(text) == len(units) // 2:
        return text
    return "".join(
        char if char < "\U00010000" else chr(0xD7C0 + (ord(char) >> 10)) + chr(0xDC00 + (ord(char) & 0x3FF))
        for char in text
    )


def decode_wide_pages(data: bytes, page: str) -> str:
    """16-bit text of Word 95 for East Asia: the two bytes of a character of the code page, or one."""
    swapped = bytearray(len(data) // 2 * 2)
    swapped[0::2], swapped[1::2] = data[1 : len(swapped) : 2], data[0 : len(swapped) : 2]
    out = []
    for at in range(0, len(swapped), 2):
        pair = bytes(swapped[at : at + 2])
        out.append(_char(pair, page)[:1] if pair[0] else _one(pair[1:], WESTERN))
    return "".join(out)


def is_misread(text: str) -> bool:
    """Whether 16-bit text is something else: bytes of a table, or 8-bit text, which gives Chinese
    characters nobody uses (30 % of such pairs are usual ones, in Chinese and Japanese above 90 %)."""
    if len(text) >= 30 and len(_NO_SIGN.findall(text)) > MAX_MEANINGLESS * len(text):
        return True
    han = "".join(_HAN.findall(text[:SAMPLE]))
    return len(han) >= 30 and quality.common_share(han) < 0.5


def plausibility(text: str) -> float:
    """How much of a reading is usual characters: to choose between readings of the same bytes."""
    return quality.common_share(text[:SAMPLE].replace(PAD, ""))


def _one(data: bytes, page: str) -> str:
    text = data.decode("latin-1")
    if text.isascii():
        return text
    return text.translate(_single(page if page == "cp932" else WESTERN))


def _pairs(page: str) -> re.Pattern[bytes]:
    return _PAIR_JAPANESE if page == "cp932" else _PAIR


@cache
def _char(pair: bytes, page: str) -> str:
    """A double-byte character; one beyond the basic plane takes both places as surrogates."""
    text = pair.decode(page, "replace")
    if len(text) == 1 and text < "\U00010000":
        return text
    if len(text) == 1:
        return chr(0xD7C0 + (ord(text) >> 10)) + chr(0xDC00 + (ord(text) & 0x3FF))
    return "\ufffd"


@cache
def _single(page: str) -> dict[int, str]:
    """Byte -> character of a single-byte page, where it is not that of Latin-1. A place without a
    character takes that of Windows, as the controls 0x80 to 0x9F are no text."""
    if page == SYMBOL:
        return {byte: chr(0xF000 + byte) for byte in range(0x21, 0x100)}
    table: dict[int, str] = {}
    for byte in range(0x80, 0x100):
        for name in (page, WESTERN):
            char = bytes((byte,)).decode(name, "ignore")
            if char:
                table[byte] = char
                break
        else:
            table[byte] = PAD
    return table


def is_binary(sample: bytes) -> bool:
    """Whether 8-bit text has signs that Word gives no meaning: 16-bit text or a table in its place."""
    return len(_MEANINGLESS.findall(sample)) > MAX_MEANINGLESS * len(sample)


def sample_of(parts: Sequence[bytes]) -> bytes:
    """The beginning of 8-bit text, for `double_byte`."""
    out = b""
    for part in parts:
        if len(out) >= SAMPLE:
            break
        out += part[: SAMPLE - len(out)] + b" "
    return out
