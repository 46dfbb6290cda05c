"""Which encoding the bytes of a rich text are in: its font table, its code page, and what they give.

RTF 1.9.1: `\\'xx` pairs are bytes in the charset of the current font; a font without a charset, or
with charset 1, uses the code page of the document.
"""

from __future__ import annotations

import codecs
import re

from pipeline.extract import quality

# Code pages that Python knows by another name, or by a wider one.
_CODECS = {
    936: "gb18030",
    950: "cp950",
    10000: "mac_roman",
    10001: "cp932",
    10002: "cp950",
    10003: "cp949",
    10007: "mac_cyrillic",
    10008: "gb18030",
    10029: "mac_latin2",
    20866: "koi8-r",
    20936: "gb18030",
    28591: "latin-1",
    54936: "gb18030",
    65001: "utf-8",
}
# Charsets for which the map of striprtf names a codec that Python has not.
_MAC = {78: 932, 79: 950, 80: 949, 84: 10007, 85: 936, 86: 10029, 89: 10029}
_WIDER = {"cp950": "big5hkscs", "cp932": "shift_jis_2004"}
WESTERN = "cp1252"
DOUBLE_BYTE = frozenset({"gb18030", "cp950", "cp932", "cp949", "johab", "utf-8"})
SYMBOL = "symbol"
"""Charset 2: a byte is a glyph of that font. It becomes the private-use character that Word gives
it, which cleaning shows as a bullet; read as letters, bullets are the l and n seen in bad texts."""
_GREEK = str.maketrans("abgdezhqiklmnxoprstufcywDFGLPQSWXY", "αβγδεζηθικλμνξοπρστυφχψωΔΦΓΛΠΘΣΩΞΨ")
_HIGH = re.compile("[\u0080-\U0010ffff]+")
_KANA = re.compile("[\u3040-\u30ff\uff61-\uff9f]")
MIN_USUAL = 0.85


def codec(page: int) -> str:
    """The codec of a code page, "" if there is none."""
    name = _CODECS.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return ""
    return name


def charset_codec(charset: int, names: dict[int, str]) -> str:
    """The codec of a font charset; "" where that of the document counts."""
    if charset == 2:
        return SYMBOL
    if charset in _MAC:
        return codec(_MAC[charset])
    name = names.get(charset, "")
    return codec(int(name[2:])) if name.startswith("cp") else ""


def decode(raw: bytes, name: str, document: str, font: str) -> str:
    """Bytes as text; what cannot be decoded is U+FFFD.

    Chinese programs write GBK under a Western font: where the document's code page has two-byte
    characters and gives usual ones only, that is what was meant (`é` before a letter never is).
    """
    if name == SYMBOL:
        return "".join(_symbol(byte, font) for byte in raw)
    if name == WESTERN and document in DOUBLE_BYTE and max(raw, default=0) > 0x7F:
        try:
            text = raw.decode(document)
        except UnicodeDecodeError:
            text = ""
        if text and usual(text) == 1.0:
            return text
    try:
        return raw.decode(name)
    except UnicodeDecodeError:
        return raw.decode(_WIDER.get(name, name), "replace")


def _symbol(byte: int, font: str) -> str:
    if byte <= 0x20:
        return chr(byte)
    letter = chr(byte)
    if font.lower() == "symbol" and letter.isascii():
        return letter.translate(_GREEK)
    return chr(0xF000 + byte)


def usual(text: str) -> float:
    """Share of usual Chinese or Japanese characters among those that are not ASCII; 0 without any."""
    foreign = "".join(_HIGH.findall(text))
    if not foreign:
        return 0.0
    kana = len(_KANA.findall(foreign))
    return (quality.common_share(foreign) * len(foreign) + kana) / len(foreign)
