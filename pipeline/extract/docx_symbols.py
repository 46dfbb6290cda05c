"""Characters of symbol fonts, which Word stores by their place in the font (U+F020 to U+F0FF)."""

from __future__ import annotations

import re

UNKNOWN = "□"
PRIVATE = re.compile("[\uf020-\uf0ff]")
# The Symbol font from 0x20 and from 0xA0 (Adobe Symbol encoding; pieces of tall brackets left out).
_SYMBOL = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
_SYMBOL_HIGH = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|—↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
_WINGDINGS = {
    0x28: "☎", 0x2A: "✉", 0x45: "☜", 0x46: "☞", 0x47: "☝", 0x48: "☟", 0x4A: "☺", 0x4C: "☹",
    0x6C: "●", 0x6D: "○", 0x6E: "■", 0x6F: "□", 0x70: "□", 0x71: "❑", 0x72: "❒", 0x73: "◆", 0x74: "◆",
    0x75: "◆", 0x76: "❖", 0x77: "◆", 0x78: "☒", 0x9E: "·", 0x9F: "•", 0xA1: "○", 0xA4: "◉", 0xA7: "▪",
    0xA8: "□", 0xAA: "✦", 0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔",
    0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xF3: "⬄", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    **{0x81 + n: "①②③④⑤⑥⑦⑧⑨⑩"[n] for n in range(10)},
    **{0x8C + n: "❶❷❸❹❺❻❼❽❾❿"[n] for n in range(10)},
}  # fmt: skip
_FONTS: dict[str, dict[int, str]] = {
    "symbol": {
        **{0x20 + n: char for n, char in enumerate(_SYMBOL)},
        **{0xA0 + n: char for n, char in enumerate(_SYMBOL_HIGH)},
        0xF1: "〉",
        0xF2: "∫",
    },
    "wingdings": _WINGDINGS,
    "wingdings 2": {
        0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x98: "●", 0xA3: "□",
        **{0x6A + n: "①②③④⑤⑥⑦⑧⑨⑩"[n] for n in range(10)},
    },
    "wingdings 3": {0x70: "▲", 0x71: "▼", 0x74: "◀", 0x75: "▶", 0x7D: "▶"},
}  # fmt: skip


def symbol(code: str, font: str) -> str:
    """The character of a `w:sym` (four hexadecimal digits, a font); □ where it is not known.

    >>> symbol("F0FC", "Wingdings") + symbol("00B1", "宋体")
    '✓±'
    """
    try:
        place = int(code[:6], 16)
    except ValueError:
        return UNKNOWN
    table = _FONTS.get(font.strip().lower())
    if table is not None:
        return table.get(place & 0xFF, UNKNOWN) if place < 0x100 or place >> 8 == 0xF0 else chr_or_box(place)
    return chr_or_box(place)


def chr_or_box(place: int) -> str:
    """A character by its number, □ where it is none that shows."""
    shown = 0x20 <= place < 0xD800 or 0xF900 <= place < 0xFFFE or 0x10000 <= place < 0x30000
    return chr(place) if shown and not 0x7F <= place < 0xA0 else UNKNOWN


def in_font(text: str, font: str) -> str:
    """Text of a run in a symbol font with its private-use characters as real ones; as it is in
    other fonts."""
    table = _FONTS.get(font.strip().lower())
    if table is None:
        return text
    return PRIVATE.sub(lambda match: table.get(ord(match.group()) & 0xFF, UNKNOWN), text)
