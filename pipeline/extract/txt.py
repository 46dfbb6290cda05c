"""Plain text in every Chinese encoding."""

from __future__ import annotations

import codecs
import itertools
import re
from functools import cache

from pipeline.extract import quality
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
CANDIDATES = ("utf-8", "gb18030", "big5hkscs", "big5", "utf-16-le", "utf-16-be", "cp1252")
"""Two of Big5: circled numbers stand where Windows and Hong Kong have them, or where kana does."""
MAX_UNDECODABLE = 0.02
MAX_CONTROLS = 0.25
"""Of a text that is Chinese for the rest: colours of a terminal and stray NULs do not make it binary,
while half of a UTF-16 text read as bytes is NUL."""
MIN_COMMON, MIN_HAN = 0.9, 20
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\))")
"""Sequences that steer a terminal (ECMA-48, 5.4 and 8.3.89): without their ESC they would be letters."""
_HAN = re.compile("[\u4e00-\u9fff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
MAX_CHARS = 20_000_000
SAMPLE = 200_000
"""Bytes that the choice between encodings looks at; the whole file is decoded once."""
CLOSE = 0.15
"""Two shares of usual characters nearer than this say nothing: known pairs of characters decide."""
MIN_SHARE, MIN_FOREIGN = 0.35, 20
"""Below this share no candidate is right (Japanese, Korean, Cyrillic text); Chinese has 0.9."""
MIN_FLUENCY = 0.05
"""Korean bytes read as GB18030 are usual characters, all of them, but no two belong together."""
WESTERN_PENALTY = 0.2
_FOREIGN = re.compile("[^\t\n\r -~]+")
_HIGH = re.compile(rb"[\x80-\xff\0]")
_WESTERN = frozenset("“”‘’–—…•€£©®°«»œŒ·") | {chr(c) for c in range(0xC0, 0x100)} - set("×÷")
_KANA = re.compile("[\u3041-\u30fe]")
_KANA_RUNS = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]+")
_RARE_KANA = re.compile("[ゎゐゑヮヰヱヵヶ]")
KANA = 0.9  # worth of a kana beside a usual character: ① in one table of Big5 is kana in the other
# Letters of no usual alphabet: what two-byte characters become in a title of GBK that is valid UTF-8.
_ODD = re.compile("[\u0180-\u02ff\u0370-\u0390\u03ca-\u040f\u0450-\u052f]")
MAX_TITLE = 64
_REALIGN = 40  # bytes behind a bad one that say where the next character begins


def decode(data: bytes) -> tuple[str, str, bool]:
    """(text, encoding, damaged): BOM, else strict UTF-8, else the candidate whose result is made
    of usual characters most. A decode without error proves nothing: all Big5 text tried decodes
    as GB18030.

    Where lines of UTF-8 stand beside lines of something else, each is read as what it is. Half a
    character at the end (a file cut at a number of bytes) is left out.

    Raises Unreadable: BINARY_DATA if more than 2 % cannot be decoded or is control characters;
    ENCODING if no candidate gives writing; EMPTY_FILE.
    """
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _checked(data[len(bom) :] if encoding == "gb18030" else data, encoding)
    if read := _utf8(data):
        return _finished(read[0], "utf-8", cut=read[1])
    mixed = _by_lines(data)
    if mixed is not None:
        return _finished(mixed, "utf-8", cut=True)
    return _checked(data, _best(data))


def _utf8(data: bytes) -> tuple[str, bool] | None:
    """(text, cut) if the bytes are UTF-8 and nothing in them says that they are something else.
    Pairs of surrogates that were encoded one by one (CESU-8) are put together."""
    cut = False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if data[error.start] == 0xED:
            try:
                text = data.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                return None
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), False
        # A lone pair of bytes at the end of ASCII may be one GBK character as well.
        if error.reason != "unexpected end of data" or not _HIGH.search(data, 0, error.start):
            return None
        text, cut = data[: error.start].decode("utf-8"), True
    if len(data) <= MAX_TITLE and _ODD.search(text) and max(text) < "\u0800":
        return None
    # UTF-16 of Latin text is valid UTF-8 with a NUL in every other place, and `上億` is `N\n…\x04`.
    return None if quality.control_share(text) > MAX_UNDECODABLE else (text, cut)


def _by_lines(data: bytes) -> str | None:
    """Lines of UTF-8 among lines in another encoding; None if fewer than half of the bytes that
    are not ASCII are in such lines, or all the others are UTF-8 with a bad byte."""
    lines = data.split(b"\n")
    texts: list[str | None] = []
    good = bad = 0
    for line in lines:
        try:
            texts.append(line.decode("utf-8"))
            good += 0 if line.isascii() else len(line)
        except UnicodeDecodeError:
            texts.append(None)
            bad += len(line)
    if not bad or good < bad or b"\0" in data[:SAMPLE]:
        return None
    other = [line for line, text in zip(lines, texts, strict=True) if text is None]
    encoding = _best(b"\n".join(other))
    return "\n".join(
        _decoded(line, encoding)[0] if text is None else text for line, text in zip(lines, texts, strict=True)
    )


def _best(data: bytes) -> str:
    """The candidate that gives writing. Raises Unreadable(ENCODING) if none does."""
    first = _HIGH.search(data)
    start = max(0, first.start() - 1000) & ~1 if first else 0  # an even cut keeps two-byte units whole
    sample = data[start : start + SAMPLE]
    scores: list[tuple[float, int, str]] = []
    for order, encoding in enumerate(CANDIDATES):
        text, _ = _decoder(encoding, "replace", sample)
        scores.append((_share(text, western=encoding == "cp1252"), -order, text))
    # The two of Big5 differ in few characters: damage and kana in one decide, never pairs.
    both = [score for score in scores if CANDIDATES[-score[1]].startswith("big5")]
    scores.remove(min(both, key=lambda score: (_traditional(score[2]), score)))
    scores.sort(reverse=True)
    (share, order, text), *others = scores
    close = [other for other in others if share - other[0] < CLOSE]
    if close:
        ranked = [(_pairs(t), s, o, t) for s, o, t in (scores[0], *close)]
        _, share, order, text = max(ranked)
    foreign = sum(map(len, _FOREIGN.findall(text)))
    fluent = quality.fluency(text[:20_000])
    wrong = share < MIN_SHARE or (fluent is not None and fluent < MIN_FLUENCY)
    if wrong and foreign >= MIN_FOREIGN:
        japanese, _ = _decoder("cp932", "replace", sample)
        if len(_KANA.findall(japanese)) - japanese.count("\ufffd") > 0.2 * foreign:
            return "cp932"
        raise Unreadable("BINARY_DATA" if quality.control_share(text) > MAX_UNDECODABLE else "ENCODING")
    return CANDIDATES[-order]


def _share(text: str, *, western: bool) -> float:
    """How far a text is made of usual characters, those of ASCII aside; at most 1. Undecodable
    ones count twice: one bad byte in UTF-8 must not hand the text to an 8-bit code page. In
    Western text a letter that is not ASCII stands alone, in Chinese bytes it never does."""
    runs = _FOREIGN.findall(text)
    foreign = sum(map(len, runs))
    if not foreign:
        return 1.0
    damage = text.count("\ufffd") / foreign
    if western:
        alone = sum(len(run) == 1 and run in _WESTERN for run in runs) / foreign
        return alone - damage - WESTERN_PENALTY
    usual = _usual()
    return sum(char in usual for run in runs for char in run) / foreign - damage


@cache
def _usual() -> frozenset[str]:
    """The common characters, and what tables, lists and figures are drawn with in such files."""
    signs = {chr(c) for c in (*range(0x2460, 0x2474), *range(0x2500, 0x2600), *range(0xFF01, 0xFF5F))}
    return quality.common_characters() | signs | set("〇→←↑↓•·–—―℃‰°±×÷≈≤≥√★☆√×€£￥　※Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ")


def _traditional(text: str) -> float:
    """How far a text is usual characters, or kana as Japanese writes them: a run that changes its script
    once at most and has none of the letters hardly used. Read with the wrong table they are any."""
    runs = _KANA_RUNS.findall(text)
    good = 0
    for run in runs:
        scripts = ["hiragana" if char <= "\u309f" else "katakana" for char in run if char != "ー"]
        changes = sum(a != b for a, b in itertools.pairwise(scripts))
        good += len(run) if changes <= 1 and not _RARE_KANA.search(run) else 0
    foreign = max(1, sum(map(len, _FOREIGN.findall(text))))
    rest = _share(_KANA_RUNS.sub("", text), western=False)
    return rest * (1 - sum(map(len, runs)) / foreign) + KANA * good / foreign


def _pairs(text: str) -> float:
    """Share of known pairs of characters, for short texts too."""
    sample = text[:20_000]
    # Repeated, for the measure answers from 30 pairs on.
    return quality.fluency("\n".join([sample] * (1 if len(sample) > 200 else quality.MIN_PAIRS))) or 0.0


def _decoded(data: bytes, encoding: str) -> tuple[str, bool]:
    """(text, cut), with U+FFFD for what cannot be decoded; behind it, two-byte text goes on where
    its characters begin, not one byte off to the end of the line."""
    if encoding.startswith("utf") or encoding == "cp1252":
        return _decoder(encoding, "replace", data)
    codecs.register_error("huabu-realign", _realign)
    return _decoder(encoding, "huabu-realign", data)


def _decoder(encoding: str, errors: str, data: bytes) -> tuple[str, bool]:
    """(text without what is only the beginning of a character, whether there was such an end)"""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    text = decoder.decode(data)
    try:
        return text, bool(decoder.getstate()[0])
    except (NotImplementedError, UnicodeError):
        return text, False


def _realign(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    at, data = error.start, error.object
    windows = [data[at + skip : at + skip + _REALIGN].decode(error.encoding, "replace") for skip in (1, 2)]
    second = data[at + 1 : at + 2]
    both = second > b"\x7f" and _share(windows[1], western=False) > _share(windows[0], western=False)
    return "\ufffd", min(len(data), at + (2 if both else 1))


def _checked(data: bytes, encoding: str) -> tuple[str, str, bool]:
    text, cut = _decoded(data, encoding)
    return _finished(text, encoding, cut=cut)


def _finished(text: str, encoding: str, *, cut: bool) -> tuple[str, str, bool]:
    if not text:
        raise Unreadable("EMPTY_FILE")
    damaged = text.count("\ufffd")
    # Two bad bytes in a short note are an accident, not binary data.
    suspect = quality.control_share(text) * len(text) - min(2, damaged)
    if suspect > MAX_UNDECODABLE * len(text) and (
        damaged > MAX_UNDECODABLE * len(text) or suspect > MAX_CONTROLS * len(text) or not _is_chinese(text)
    ):
        raise Unreadable("BINARY_DATA")
    return text, encoding, cut or damaged > 0


def _is_chinese(text: str) -> bool:
    """Whether a text is Chinese writing if its controls are left out."""
    rest = _CONTROLS.sub("", text[:SAMPLE])
    return len(_HAN.findall(rest)) >= MIN_HAN and quality.common_share(rest) >= MIN_COMMON


def read(data: bytes) -> Extraction:
    """One page with the text as it stands in the file.

    Raises Unreadable: BINARY_DATA, ENCODING, LIMIT_SIZE.
    """
    text, encoding, damaged = decode(data)
    if len(text) > MAX_CHARS:
        raise Unreadable("LIMIT_SIZE")
    return Extraction(
        type="txt",
        extractor=f"txt/{encoding.removesuffix('-sig')}",
        pages=(Page(1, _TERMINAL.sub("", text.removeprefix("\ufeff"))),),
        warnings=("ENCODING",) if damaged else (),
    )
