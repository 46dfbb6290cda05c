"""What the encoder learns from: labelled passages, made messy, as pieces. No torch here."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.blocks import CODES
from pipeline.encoder import Reading, input_pieces
from pipeline.pieces import Pieces

SEED = 20261122
_HALF_WIDTH = str.maketrans("，：；（）", ",:;()")


@dataclass(frozen=True, slots=True)
class Passage:
    """One labelled passage with what stands around it. `case` numbers its document; `wanted` is how
    surely each block is in it: 1 where both readers gave it, 0.5 where one did, 0 where neither."""

    case: int
    text: str
    heading_path: tuple[str, ...]
    previous: str
    following: str
    wanted: tuple[float, ...]

    @classmethod
    def of(cls, case: int, reading: Reading, gold: frozenset[str], second: frozenset[str]) -> Passage:
        """A passage that two readers gave these blocks."""
        around = reading.heading_path, reading.previous, reading.following
        return cls(case, reading.text, *around, tuple(((c in gold) + (c in second)) / 2 for c in CODES))


@dataclass(frozen=True, slots=True)
class Sample:
    """One passage as the encoder sees it."""

    ids: tuple[int, ...]
    mask: tuple[float, ...]
    wanted: tuple[float, ...]  # of the nine blocks, 0 to 1


def sample(pieces: Pieces, passage: Passage) -> Sample:
    """A labelled passage as pieces."""
    ids, mask = input_pieces(pieces, passage)
    return Sample(tuple(ids), tuple(mask), passage.wanted)


def varied(data: Sequence[Passage], chance: random.Random, merged: float) -> Iterator[Passage]:
    """The passages as messier files would have them: two run into one, no heading, nothing around,
    half-width punctuation, a space in a word. Drawn anew for each epoch; ours are tidier and shorter
    than what the rater has to read."""
    for number, passage in enumerate(data):
        then = data[number + 1] if number + 1 < len(data) else passage
        text, wanted, following = passage.text, passage.wanted, passage.following
        if (
            chance.random() < merged
            and then is not passage
            and then.case == passage.case
            and min(len(text), len(then.text)) >= 10
            and len(text) + len(then.text) < 200
        ):
            text = text.rstrip("。；") + chance.choice("，，；。") + then.text
            wanted, following = tuple(map(max, wanted, then.wanted)), then.following
        if chance.random() < 0.15:
            text = text.translate(_HALF_WIDTH)
        if chance.random() < 0.10:
            cut = chance.randrange(len(text))
            text = f"{text[:cut]} {text[cut:]}"
        yield Passage(
            passage.case,
            text,
            () if chance.random() < 0.25 else passage.heading_path,
            "" if chance.random() < 0.25 else passage.previous,
            "" if chance.random() < 0.25 else following,
            wanted,
        )
