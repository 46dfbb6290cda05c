"""Lines of a web page that were wrapped by hand."""

from __future__ import annotations

from itertools import pairwise

FULL = 60  # columns of a wrapped line, two for a Han character; verses and addresses are shorter
SLACK = 6
MIN_ALIKE = 2
_ENDS = "。！？!?；;：:…”’」』）)】》"


def unwrapped(lines: list[str]) -> list[str]:
    """Lines between <br> as paragraphs: text pasted from a document ends each line with one, in the
    middle of a sentence and at the same width; at least two such lines make the pattern.

    >>> unwrapped(["甲" * 40, "乙" * 40, "丙。"]) == ["甲" * 40 + "乙" * 40 + "丙。"]
    True
    >>> unwrapped(["床前明月光", "疑是地上霜"])
    ['床前明月光', '疑是地上霜']
    """
    lines = [line for line in lines if line.strip()]
    widths = [sum(2 if char > "\u1fff" else 1 for char in line) for line in lines]
    full = max(widths, default=0)
    open_ends = [
        width >= max(FULL, full - SLACK) and line[-1] not in _ENDS
        for line, width in zip(lines, widths, strict=True)
    ]
    if sum(open_ends[:-1]) < MIN_ALIKE:
        return lines
    joined = lines[:1]
    for (before, after), is_open in zip(pairwise(lines), open_ends, strict=False):
        if not is_open:
            joined.append(after)
        elif before[-1].isascii() and before[-1].isalnum() and after[0].isascii() and after[0].isalnum():
            joined[-1] += " " + after
        else:
            joined[-1] += after
    return joined
