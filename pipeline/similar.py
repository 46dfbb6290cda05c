"""Pairs of texts that say nearly the same: an index proposes, exact Jaccard decides.

Texts are gone through once and kept as a few numbers each; one that is proposed is asked for again.
Short texts are indexed by their rarest shingles: those that differ in a name or a number share most of
the others, and comparing every such pair would take for ever. Long ones are indexed by MinHash.
"""

from __future__ import annotations

import itertools
import math
import re
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from pipeline.matching import matching_copy

SHINGLE = 5  # characters, letters and digits only: layout and punctuation differ between copies
NUM_PERM = 128
BANDS = 32
SURE = 0.2
"""Below the wanted Jaccard, share of the 128 minima from which a long text is worth comparing: five
standard deviations, so that one text in three million is missed."""
SAME = 0.7
"""Exact Jaccard of shingle sets from which two texts count as one: copies that differ in title,
boilerplate or a cut-off end stay above, two essays about one company below 0.2."""
SHORT = 400  # shingles: what is said in half a page; longer templates differ in most of their text
CELLS = 1 << 24  # of the table that counts shingles
MARKS = 1 << 20
HELD = 500_000  # shingles of texts held for comparison
_LETTERS = re.compile(r"[^\w]+|_")

Keys = npt.NDArray[np.generic]


def shingles(text: str) -> frozenset[str]:
    """Character 5-grams of the letters and digits of the matching copy."""
    letters = _LETTERS.sub("", matching_copy(text).text)
    return frozenset(letters[i : i + SHINGLE] for i in range(max(1, len(letters) - SHINGLE + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    union = len(left | right)
    return len(left & right) / union if union else 1.0


class _Chains:
    """Numbers of texts under keys, as linked entries: a few bytes each where lists take a hundred."""

    def __init__(self, keys: int, entries: int) -> None:
        self.last = array("i", [-1]) * keys
        self.before = array("i", [-1]) * entries  # the entry put in before it under the same key

    def put(self, key: int, entry: int) -> None:
        self.before[entry], self.last[key] = self.last[key], entry

    def under(self, key: int) -> Iterator[int]:
        entry = self.last[key]
        while entry >= 0:
            yield entry
            entry = self.before[entry]


class _Keys:
    """The keys of each text, those that it shares with others numbered through; an entry is the place
    of one key of one text."""

    def __init__(self, numbers: Iterable[int], keys: Sequence[Keys]) -> None:
        flat = np.concatenate(keys) if keys else np.empty(0, dtype=np.uint64)
        _, group = np.unique(flat, return_inverse=True)
        self.key = array("i", group.astype(np.int32).tobytes())
        self.count = int(group.max()) + 1 if len(group) else 0
        ends = list(itertools.accumulate(map(len, keys), initial=0))
        self.spans = dict(zip(numbers, itertools.pairwise(ends), strict=True))
        lengths = [end - start for start, end in itertools.pairwise(ends)]
        self.owner = array("I", np.repeat(np.asarray(list(self.spans), dtype=np.uint32), lengths).tobytes())

    def entries(self, number: int) -> range:
        return range(*self.spans.get(number, (0, 0)))


class _Rare:
    """Short texts by their rarest shingles. Of two texts that are the same to the part `same`, the one
    with fewer shingles has one among its rarest that the other has among its own; how many of them
    have to be looked at, and how many can be shared from a place on, is from Xiao and others, Efficient
    Similarity Joins for Near Duplicate Detection (2008). Finds every such pair."""

    def __init__(self, same: float) -> None:
        self.same = same
        self.sizes: dict[int, int] = {}
        self.hashes = array("I")
        self.seen = np.zeros(CELLS, dtype=np.uint16)
        self.marks = np.zeros(MARKS, dtype=bool)

    def add(self, number: int, own: frozenset[str]) -> None:
        # Whatever order `hash` gives, the pairs found are the same.
        found = np.fromiter((hash(s) & 0xFFFFFFFF for s in own), dtype=np.uint32, count=len(own))
        cells = np.unique(found % CELLS)
        self.seen[cells] += self.seen[cells] < 0xFFFF
        self.sizes[number] = len(own)
        self.hashes.frombytes(found.tobytes())

    def index(self) -> None:
        """Take the rarest shingles that another text has too, rarest first, each with its place."""
        keys: list[Keys] = []
        self.places = array("H")
        self.starts = dict(
            zip(self.sizes, itertools.accumulate(self.sizes.values(), initial=0), strict=False)
        )
        for number, size in self.sizes.items():
            own = self._own(number)
            often = self.seen[own % CELLS]
            rarest = np.lexsort((own, often))[: self._looked_at(size, self.same)]
            shared = np.flatnonzero(often[rarest] > 1)
            keys.append(own[rarest[shared]].astype(np.uint64))
            self.places.extend(shared.tolist())
        self.keys = _Keys(self.sizes, keys)
        self.few, self.many = (_Chains(self.keys.count, len(self.keys.key)) for _ in range(2))

    def _own(self, number: int) -> npt.NDArray[np.uint32]:
        start = self.starts[number]
        return np.asarray(self.hashes, dtype=np.uint32)[start : start + self.sizes[number]]

    def _looked_at(self, size: int, least: float) -> int:
        return size - math.ceil(least * size - 1e-9) + 1

    def _few(self, size: int) -> int:
        """Shingles to look at of a text that has no more of them than the other."""
        return self._looked_at(size, 2 * self.same / (1 + self.same))

    def put(self, number: int) -> None:
        for entry in self.keys.entries(number):
            self.many.put(self.keys.key[entry], entry)
            if self.places[entry] < self._few(self.sizes[number]):
                self.few.put(self.keys.key[entry], entry)

    def find(self, number: int) -> list[int]:
        """The texts put in that may be the same as this one, in order."""
        size, owner = self.sizes[number], self.keys.owner
        met: set[int] = set()
        found: list[int] = []
        for entry in self.keys.entries(number):
            key, place = self.keys.key[entry], self.places[entry]
            smaller = (e for e in self.few.under(key) if self.sizes[owner[e]] <= size)
            larger = (e for e in self.many.under(key) if self.sizes[owner[e]] > size)
            for other in itertools.chain(smaller, larger if place < self._few(size) else ()):
                text = owner[other]
                if text not in met:  # else they share a rarer one
                    met.add(text)
                    if min(size - place, self.sizes[text] - self.places[other]) >= self._least(number, text):
                        found.append(text)
        return self._sharing(number, sorted(found))

    def _least(self, number: int, other: int) -> float:
        """Shingles that two texts must share."""
        return self.same / (1 + self.same) * (self.sizes[number] + self.sizes[other]) - 1e-9

    def _sharing(self, number: int, others: Sequence[int]) -> list[int]:
        """Those that share enough, going by hashes: what is left is worth asking for its text."""
        own = self._own(number) % len(self.marks)
        self.marks[own] = True
        found = [
            other
            for other in others
            if self.marks[self._own(other) % len(self.marks)].sum() >= self._least(number, other)
        ]
        self.marks[own] = False
        return found


class _Bands:
    """Long texts by MinHash: those with the same minima in a band of four are proposed."""

    def __init__(self, same: float) -> None:
        self.sure = (same - SURE) * NUM_PERM
        self.rows: dict[int, int] = {}
        self.minima = array("I")

    def add(self, number: int, own: frozenset[str]) -> None:
        digest = RMinHash(num_perm=NUM_PERM, seed=42)
        digest.update(sorted(own))
        self.rows[number] = len(self.rows)
        self.minima.extend(digest.digest())

    def table(self) -> Keys:
        return np.asarray(self.minima, dtype=np.uint32).reshape(-1, NUM_PERM)

    def index(self) -> None:
        """Make keys of the bands, numbers of 64 bits."""
        keys = np.zeros((len(self.rows), BANDS), dtype=np.uint64)
        table = self._table().reshape(len(self.rows), BANDS, NUM_PERM // BANDS).astype(np.uint64)
        for place in range(NUM_PERM // BANDS):
            keys = (keys ^ table[:, :, place]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(29)
        self.keys = _Keys(self.rows, list(keys + np.arange(BANDS, dtype=np.uint64)))
        self.chains = _Chains(self.keys.count, len(self.keys.key))

    def put(self, number: int) -> None:
        for entry in self.keys.entries(number):
            self.chains.put(self.keys.key[entry], entry)

    def find(self, number: int) -> list[int]:
        """The texts put in that have a band and about as many minima in common as they should, in
        order."""
        keys, owner = self.keys, self.keys.owner
        met = {owner[e] for entry in keys.entries(number) for e in self.chains.under(keys.key[entry])}
        others = sorted(met)
        table = self._table()
        rows = table[[self.rows[other] for other in others]]
        common = (rows == table[self.rows[number]]).sum(axis=1)
        return [other for other, count in zip(others, common, strict=True) if count >= self.sure]

    def _table(self) -> Keys:
        return np.asarray(self.minima, dtype=np.uint32).reshape(-1, NUM_PERM)


class Texts(Protocol):
    """Texts by number, such as a list of them."""

    def __iter__(self) -> Iterator[str]: ...

    def __getitem__(self, number: int, /) -> str: ...


class _Held:
    """Shingles of the texts compared last, no more than HELD in all."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.held: OrderedDict[int, frozenset[str]] = OrderedDict()
        self.size = 0

    def __getitem__(self, number: int) -> frozenset[str]:
        if number in self.held:
            self.held.move_to_end(number)
            return self.held[number]
        own = self.held[number] = shingles(self.texts[number])
        self.size += len(own)
        while self.size > HELD and len(self.held) > 1:
            self.size -= len(self.held.popitem(last=False)[1])
        return own


def near_duplicates(texts: Texts, *, at_least: int = 0, same: float = SAME) -> Iterator[tuple[int, int]]:
    """(earlier, later) numbers of texts that say the same, a later one with its first original only;
    texts of fewer than `at_least` shingles are not compared. Depends on the order of `texts` only.

    `texts` is gone through once and then asked for single ones: it may read them from disk.
    """
    rare, bands = _Rare(same), _Bands(same)
    short: set[int] = set()
    for number, text in enumerate(texts):
        own = shingles(text)
        if len(own) < at_least:
            continue
        # Partners of a text have from `same` to 1 / `same` times its shingles: each index holds them.
        if len(own) * same <= SHORT:
            rare.add(number, own)
        if len(own) >= SHORT * same:
            bands.add(number, own)
        if len(own) <= SHORT:
            short.add(number)
    rare.index()
    bands.index()
    held = _Held(texts)
    for number in sorted(rare.sizes.keys() | bands.rows.keys()):
        for other in rare.find(number) if number in short else bands.find(number):
            if jaccard(held[number], held[other]) >= same:
                yield other, number
                break
        else:
            rare.put(number)
            bands.put(number)
