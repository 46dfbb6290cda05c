"""Character repair: what one character of extracted text becomes. Every rule is named.

The rules map one character to one character or to nothing, so the way back is simple.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# The Radicals Supplement, which NFKC leaves alone (except two); the Kangxi radicals come from NFKC.
_SUPPLEMENT = {
    ord(pair[0]): pair[1]
    for pair in [
        "⺁厂",
        "⺂乛",
        "⺃乚",
        "⺄乙",
        "⺅亻",
        "⺆冂",
        "⺈刀",
        "⺉刂",
        "⺊卜",
        "⺋㔾",
        "⺌小",
        "⺍小",
        "⺎兀",
        "⺏尣",
        "⺐尢",
        "⺒巳",
        "⺓幺",
        "⺔彑",
        "⺕彐",
        "⺖忄",
        "⺗心",
        "⺘扌",
        "⺙攵",
        "⺛旡",
        "⺜日",
        "⺝月",
        "⺞歹",
        "⺠民",
        "⺡氵",
        "⺢水",
        "⺣灬",
        "⺤爪",
        "⺥爪",
        "⺦丬",
        "⺧牛",
        "⺨犭",
        "⺩王",
        "⺫目",
        "⺬示",
        "⺭礻",
        "⺮竹",
        "⺯糹",
        "⺰纟",
        "⺱网",
        "⺲罒",
        "⺳网",
        "⺵网",
        "⺶羊",
        "⺷羊",
        "⺸羊",
        "⺹耂",
        "⺺聿",
        "⺻聿",
        "⺼肉",
        "⺽臼",
        "⺾艹",
        "⺿艹",
        "⻀艹",
        "⻁虎",
        "⻂衤",
        "⻃西",
        "⻄西",
        "⻅见",
        "⻆角",
        "⻇角",
        "⻈讠",
        "⻉贝",
        "⻊足",
        "⻋车",
        "⻌辶",
        "⻍辶",
        "⻎辶",
        "⻏阝",
        "⻐钅",
        "⻑长",
        "⻒镸",
        "⻓长",
        "⻔门",
        "⻕阜",
        "⻖阝",
        "⻗雨",
        "⻘青",
        "⻙韦",
        "⻚页",
        "⻛风",
        "⻜飞",
        "⻝食",
        "⻞食",
        "⻟飠",
        "⻠饣",
        "⻡首",
        "⻢马",
        "⻣骨",
        "⻤鬼",
        "⻥鱼",
        "⻦鸟",
        "⻧卤",
        "⻨麦",
        "⻩黄",
        "⻪黾",
        "⻫齐",
        "⻬齐",
        "⻭齿",
        "⻮齿",
        "⻯龙",
        "⻰龙",
        "⻱龟",
        "⻲龟",
    ]
}


# Symbol fonts put their own characters at U+F000 plus a byte. Where Symbol (mathematics) and
# Wingdings (bullets) differ, what documents have more of is taken: l n q u v are bullets, and
# arrowheads become the bullet that the rules of later stages know.
_SYMBOLS = dict(
    zip(
        " ()+,-./0123456789:;<=>[]{|}" + "abdefghkmprstwxyzDFGLPQSWY",
        " ()+,−./0123456789:;<=>[]{|}" + "αβδεφγηκμπρστωξψζΔΦΓΛΠΘΣΩΨ",
        strict=True,
    )
) | {
    "l": "●", "n": "■", "o": "□", "q": "□", "u": "◆", "v": "◆", "\xd8": "►", "\xa7": "▪", "\xb7": "•",
    "\xfc": "✓", "\xe0": "→", "\xe8": "→", "\xa8": "□", "\x9f": "•", "\xa3": "≤", "\xb3": "≥", "\xa5": "∞",
    "\xae": "→", "\xb1": "±", "\xb4": "×", "\xb9": "≠", "\xbb": "≈", "\xd7": "·", "\xe5": "∑", "\xf2": "∫",
    "\xb6": "∂", "\xce": "∈", "\xc7": "∩", "\xc8": "∪", "\xd6": "√", "\xde": "⇒", "\xdb": "⇔", "\xa2": "′",
}  # fmt: skip


def _table() -> dict[int, str]:
    table = dict(_SUPPLEMENT)
    for code in range(0x2F00, 0x2FD6):  # kangxi: radicals some PDF fonts map ideographs to
        table[code] = unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)):  # compatibility ideographs
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1:
            table[code] = plain
    for code in (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0)):  # control
        table[code] = ""
    for code in (0xFFFE, 0xFFFF, 0xFEFF, 0x00AD, 0x200B, 0x200C, 0x200D, 0x2060):  # invisible
        table[code] = ""
    for code in (*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)):  # bidi
        table[code] = ""
    for code in range(0xD800, 0xE000):  # lone surrogates
        table[code] = ""
    # Private use: what symbol fonts leave behind; as bullets they matter, elsewhere they are noise.
    table |= dict.fromkeys(range(0xE000, 0xF900), "□")
    table |= {0xF000 + ord(code): char for code, char in _SYMBOLS.items()}
    table |= {0xA0: " ", 0x2003: " ", 0x2002: " ", 0x3000: " ", 0x2028: "\n", 0x2029: "\n"}
    return table


TABLE = _table()
MAX_CLUSTER = 32  # a base and its marks; composing takes time quadratic in them
_REPLACED = frozenset(map(chr, TABLE))


def replaced_in(text: str) -> frozenset[str]:
    """The characters of the text that a rule of this module replaces or drops."""
    return _REPLACED.intersection(text)


def rule_of(char: str) -> str:
    """The name of the rule that a replaced character falls under.

    >>> rule_of("⼩"), rule_of("\u200b"), rule_of("\ue004")
    ('radicals', 'invisible', 'private_use')
    """
    code = ord(char)
    if 0x2E80 <= code < 0x2FE0:
        return "radicals"
    if code >= 0x2F800 or 0xF900 <= code < 0xFB00:
        return "compatibility"
    if 0xD800 <= code < 0xE000:
        return "surrogates"
    if 0xE000 <= code < 0xF900:
        return "private_use"
    if code in (0x200E, 0x200F) or 0x202A <= code < 0x202F or 0x2066 <= code < 0x206A:
        return "direction"
    if TABLE[code] in (" ", "\n"):
        return "wide_spaces"
    return "controls" if code < 0xA0 else "invisible"


def repair(text: str) -> tuple[str, Sequence[int]]:
    """The repaired text and, for each of its characters, the offset it comes from.

    >>> repair("⼩⽶\\x02手机")
    ('小米手机', [0, 1, 3, 4])
    """
    if unicodedata.is_normalized("NFC", text) and not replaced_in(text):
        return text, range(len(text))
    kept: list[str] = []
    offsets: list[int] = []
    index = 0
    while index < len(text):
        end = index + 1
        while end < len(text) and end - index < MAX_CLUSTER and unicodedata.combining(text[end]):
            end += 1  # a base and its marks compose as one
        for char in unicodedata.normalize("NFC", text[index:end].translate(TABLE)):
            kept.append(char)
            offsets.append(index)
        index = end
    return "".join(kept), offsets
