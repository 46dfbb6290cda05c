"""Which years a passage speaks of."""

from __future__ import annotations

import re

_YEAR = re.compile(r"(?<!\d)((?:19[5-9]|20[0-4])\d)(?!\d|[,.]\d|[万亿元台家人款个项名件条万])")
_SHORT = re.compile(r"(?<!\d)(0\d|1\d|2\d)年(?!代?前|来|后|的历史|间|以上)")


def years(text: str) -> tuple[int, ...]:
    """Calendar years named in a text, ascending, without doubles.

    >>> years("2013年第二季度至2014年,售价1999元"), years("从09年至今")
    ((2013, 2014), (2009,))
    """
    found = {int(y) for y in _YEAR.findall(text)}
    if not found:
        found = {2000 + int(y) for y in _SHORT.findall(text)}
    return tuple(sorted(found))
