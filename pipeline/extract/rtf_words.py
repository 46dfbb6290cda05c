"""Control words of rich text that say what is text, where it ends and where it stands.

Source: Rich Text Format Specification 1.9.1, destinations and special characters.
"""

from __future__ import annotations

import re

_BRACES = re.compile(r"\\bin(\d{1,10}) ?|\\[\s\S]|[{}]")
CHARS = {
    "bullet": "•",
    "emdash": "—",
    "emspace": "\u2003",
    "endash": "–",
    "enspace": "\u2002",
    "ldblquote": "“",
    "lquote": "‘",
    "qmspace": "\u2005",
    "rdblquote": "”",
    "rquote": "’",
    "tab": "\t",
    "line": "\n",
    "lbr": "\n",
    "softline": "\n",
}
SYMBOLS = {"~": "\xa0", "_": "\u2011", "\t": "\t"}  # \- is a hyphen that shows at a line end only
ENDS = {"par", "sect", "page", "column", "\n", "\r"}
HEADERS = {"header", "headerl", "headerr", "headerf"}
FOOTERS = {"footer", "footerl", "footerr", "footerf"}
BOXES = {"shptxt", "dptxbxtext"}
# Destinations that hold or surround what a reader sees: entered, also where a \* stands before.
ENTERED = {
    *("shp", "shpinst", "shpgrp", "do", "object", "result", "nesttableprops", "ud", "fldrslt"),
    *("mmath", "moMath", "moMathPara", "mr", "md", "me", "mnum", "mden", "mf", "mfunc", "mfName", "mnary"),
    *("msub", "msup", "msSub", "msSubSup", "msSup", "msPre", "mrad", "mdeg", "mm", "mmr", "mlim", "mlimlow"),
    *("mlimupp", "macc", "mbar", "mborderBox", "mbox", "meqArr", "mgroupChr", "mphant"),
}  # fmt: skip


def end_of_group(source: str, at: int) -> int:
    """Where the brace stands that closes the group open at `at`; the end of the text if none does."""
    depth = 0
    while token := _BRACES.search(source, at):
        at = token.end()
        if token[1]:
            at += int(token[1])
        elif token[0] == "{":
            depth += 1
        elif token[0] == "}":
            if not depth:
                return token.start()
            depth -= 1
    return len(source)
