"""Which terms set blocks and companies apart, from counts that wait on disk: one company in memory at
a time."""

from __future__ import annotations

import json
import re
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from pipeline import company, compare, store
from pipeline.analyse import Analysed
from pipeline.blocks import CODES, blocks
from pipeline.matching import matching_copy
from pipeline.tokens import function_words, tokenize

MAX_VOCABULARY = 400_000
"""Terms counted over all texts at once, about 60 MB; beyond, those seen once are forgotten."""
_TERM = re.compile(r"[\u3400-\u9fff]{2,}|[a-z][a-z0-9]+")


class TermRows:
    """How many tagged passages use a term, by block and by company. `folder` takes a scratch file that
    the system removes."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by `close`
        self._places: dict[str, array[int]] = {}  # company -> offsets of its documents' counts
        self._blocks = {code: Counter[str]() for code in CODES}
        self._whole: Counter[str] = Counter()  # over all companies
        self._total = 0
        self._end = 0

    def add(self, a: Analysed, name: str, known: company.Names) -> None:
        """Count a document; names of companies are no terms."""
        counts: Counter[str] = Counter()
        for passage, tags in zip(a.passages, a.tags, strict=True):
            if tags:
                terms = terms_of(passage.text) - known.canonical.keys()
                for tag in tags:
                    self._blocks[tag.block].update(terms)
                counts.update(terms)
        for code in CODES:
            self._blocks[code] = _bounded(self._blocks[code])
        if not name or not counts:
            return
        self._whole.update(counts)
        self._whole = _bounded(self._whole)
        self._total += counts.total()
        self._places.setdefault(name, array("Q")).append(self._end)
        self._end += self._file.write(json.dumps(counts, ensure_ascii=False).encode() + b"\n")

    def rows(self) -> Iterator[dict[str, object]]:
        """The rows of `terms`: blocks in canvas order, then companies where there are two or more."""
        for row in compare.distinctive_rows(self._blocks):
            code = str(row.pop("owner"))
            yield {"company": "", "block": code, "block_zh": blocks()[code].zh, **row}
        for name in self._places if len(self._places) > 1 else ():
            own = self._counts(name)
            for row in compare.apart(name, own, self._whole, self._total):
                yield {**row, "company": name, "block": "", "block_zh": ""}

    def _counts(self, name: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        for offset in self._places[name]:
            self._file.seek(offset)
            counts.update(json.loads(self._file.readline()))
        return counts

    def close(self) -> None:
        with suppress(OSError):  # no room for what was still to be written: it is not needed any more
            self._file.close()


def terms_of(text: str) -> set[str]:
    """The words of a passage that can be terms, each once: `words_of` without those that every case
    study uses.

    >>> sorted(terms_of("公司提供配送,門店很多"))
    ['配送', '门店']
    """
    return words_of(text) - common_words()


def words_of(text: str) -> set[str]:
    """The words of a passage: no figures, no single characters, each once, in simplified script."""
    return {token for token, _, _ in tokenize(matching_copy(text)) if _TERM.fullmatch(token)}


@cache
def common_words() -> frozenset[str]:
    """Words that set nothing apart: function words, and what stands in case studies of every kind
    (`data/make_common_words.py`)."""
    return function_words() | frozenset(store.resource_text("common_words.txt").split())


def _bounded(counter: Counter[str]) -> Counter[str]:
    if len(counter) <= MAX_VOCABULARY:
        return counter
    return Counter({term: count for term, count in counter.items() if count > 1})
