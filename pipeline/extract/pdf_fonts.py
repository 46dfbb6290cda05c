"""Fonts that a PDF names and does not carry.

PDFium asks the system for them and measures characters by what it gets: where no Chinese font is
installed it drops what is drawn a character at a time. Reading therefore never sees the fonts of the
system but a square for every character, alike on every machine; only drawing does.
"""

from __future__ import annotations

import ctypes
import struct
from functools import cache
from typing import Any

from pypdfium2 import raw as pdfium

SQUARE_CHARSETS = frozenset({128, 129, 134, 136})  # FXFONT_*: Japanese, Korean, simplified, traditional
_EM, _TOP, _BOTTOM = 1000, 880, -120  # units, as Song type stands on its line
_HANDLE = 1


class _Fonts:
    """What PDFium asks for fonts: the squares, or the system where pages are drawn."""

    def __init__(self) -> None:
        self.drawing = False
        self.missing = False
        self.system = pdfium.FPDF_GetDefaultSystemFontInfo()
        self.square = square_font()
        kinds = dict(pdfium.FPDF_SYSFONTINFO._fields_)
        asked = {
            "Release": lambda _: None,
            "EnumFonts": lambda _, mapper: self.system.contents.EnumFonts(self.system, mapper),
            "MapFont": self._map,
            "GetFont": lambda _, face: self.system.contents.GetFont(self.system, face) or 0,
            "GetFontData": self._data,
            "GetFaceName": self._name,
            "GetFontCharset": self._charset,
            "DeleteFont": self._delete,
        }
        self.info = pdfium.FPDF_SYSFONTINFO(1, *(kinds[name](answer) for name, answer in asked.items()))
        pdfium.FPDF_SetSystemFontInfo(ctypes.byref(self.info))

    def _map(self, _: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> int:
        square = charset in SQUARE_CHARSETS
        if not self.drawing:
            return _HANDLE if square else 0
        system = self.system.contents
        handle = system.MapFont(self.system, weight, italic, charset, pitch, face, exact) or 0
        self.missing |= square and not handle
        return int(handle)

    def _data(self, _: Any, handle: int, table: int, buffer: Any, size: int) -> int:
        if handle != _HANDLE:
            return int(self.system.contents.GetFontData(self.system, handle, table, buffer, size))
        if table:  # of a font collection, which it is not
            return 0
        if buffer and size >= len(self.square):
            ctypes.memmove(buffer, self.square, len(self.square))
        return len(self.square)

    def _name(self, _: Any, handle: int, buffer: Any, size: int) -> int:
        if handle == _HANDLE:
            return 0
        return int(self.system.contents.GetFaceName(self.system, handle, buffer, size))

    def _charset(self, _: Any, handle: int) -> int:
        if handle == _HANDLE:
            return min(SQUARE_CHARSETS)
        return int(self.system.contents.GetFontCharset(self.system, handle))

    def _delete(self, _: Any, handle: int) -> None:
        if handle != _HANDLE:
            self.system.contents.DeleteFont(self.system, handle)


@cache
def _fonts() -> _Fonts:
    return _Fonts()


def measure() -> None:
    """Documents opened from now on are read: the same on every machine."""
    _fonts().drawing = False


def draw() -> None:
    """Documents opened from now on are drawn, in fonts of the system."""
    _fonts().drawing, _fonts().missing = True, False


def missing() -> bool:
    """Whether a page drawn since `draw` needs a Chinese, Japanese or Korean font the system lacks."""
    return _fonts().missing


def square_font() -> bytes:
    """A TrueType font of one glyph, a full square, for every character (a `cmap` of format 13)."""
    outline = struct.pack(">5h", 1, 0, _BOTTOM, _EM, _TOP) + struct.pack(">2H4B", 3, 0, 1, 1, 1, 1)
    outline += struct.pack(">8h", 0, 0, _EM, 0, _BOTTOM, _TOP - _BOTTOM, 0, _BOTTOM - _TOP)
    outline += bytes(-len(outline) % 4)
    ones = struct.pack(">IIIIHHQQ", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _EM, 0, 0)
    tables = {
        b"cmap": struct.pack(">4HI", 0, 1, 0, 6, 12) + struct.pack(">2H6I", 13, 0, 28, 0, 1, 0, 0x10FFFF, 1),
        b"glyf": outline,
        b"head": ones + struct.pack(">4h2H3h", 0, _BOTTOM, _EM, _TOP, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(">I3hH11hH", 0x10000, _TOP, _BOTTOM, 0, _EM, 0, 0, _EM, 1, *[0] * 7, 1),
        b"hmtx": struct.pack(">H2h", _EM, 0, 0),
        b"loca": struct.pack(">3H", 0, 0, len(outline) // 2),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 4, 1, 0, 0, 1, *[0] * 8),
    }
    head = struct.pack(">I4H", 0x10000, len(tables), 64, 2, len(tables) * 16 - 64)
    body = b""
    for tag, table in tables.items():
        head += struct.pack(">4s3I", tag, 0, 12 + 16 * len(tables) + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + body
