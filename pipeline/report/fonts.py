"""Which installed font can write Chinese; matplotlib finds and measures it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from pipeline.blocks import blocks

FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "SimHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Heiti SC", "STHeiti", "Songti SC",
    "Arial Unicode MS", "Droid Sans Fallback", "Noto Serif CJK SC", "SimSun",
    # matplotlib before 3.11 sees only the first face of a .ttc; it has all Chinese characters too
    "Noto Sans CJK JP", "Noto Serif CJK JP", "Source Han Sans", "PingFang HK", "Heiti TC",
)  # fmt: skip
"""Chinese fonts of Linux, Windows and macOS, the most readable first."""
LATIN = "DejaVu Sans"
"""Comes with matplotlib."""


class FontMissing(RuntimeError):
    """No installed font can write the names of the nine blocks; the text says the remedy."""

    def __init__(self) -> None:
        super().__init__(
            "没有找到中文字体，画不出 PNG、SVG、PDF；请安装 Noto Sans CJK SC（如 apt install fonts-noto-cjk），"
            "或改用 --to 画布.pptx、画布.docx（不需要字体） / no Chinese font found for PNG, SVG or PDF; install "
            "Noto Sans CJK SC (apt install fonts-noto-cjk), or use --to canvas.pptx or canvas.docx, which need none"
        )


def installed() -> str | None:
    """The best installed font that has the names of the nine blocks; None if there is none."""
    files = font_files()
    needed = {ord(char) for block in blocks().values() for char in block.zh}
    return next((name for name in FONTS if name in files and needed <= characters(files[name])), None)


def font_files() -> dict[str, str]:
    """Font name -> file. Fonts that were installed after matplotlib made its list are found as well."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    if not {f.name for f in manager.ttflist} & set(FONTS):
        listed = {f.fname for f in manager.ttflist}
        for file in sorted(set(font_manager.findSystemFonts()) - listed):
            try:
                manager.addfont(file)
            except (OSError, RuntimeError):
                continue  # a font that matplotlib cannot read is a font we do not have
    return {f.name: f.fname for f in reversed(manager.ttflist)}


@functools.cache
def characters(file: str) -> frozenset[int]:
    """Code points that a font file has glyphs for; none if it cannot be read."""
    from matplotlib.font_manager import get_font

    try:
        return frozenset(get_font(file).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@dataclass(frozen=True, slots=True)
class Letters:
    """What a figure can write: font families in their order and the characters they have."""

    families: tuple[str, ...]
    known: frozenset[int]

    def __call__(self, chinese: str, latin: str) -> str:
        """The Chinese text where it can be written, else the Latin one, for a text that may hold
        formulas; a glyph no font has is `·`."""
        return self.plain(chinese if len(self.families) > 1 else latin).replace("$", r"\$")

    def plain(self, text: str) -> str:
        """The text on one line, a glyph no font has as `·`."""
        return "".join(c if ord(c) in self.known else "·" for c in " ".join(text.split()))


def letters(chosen: str | None) -> Letters:
    """The letters of this font, and of the Latin one that is always there."""
    files = font_files()
    families = (chosen, LATIN) if chosen else (LATIN,)
    return Letters(families, frozenset().union(*(characters(files[f]) for f in families if f in files)))
