"""Text -> pieces of a unigram vocabulary (Kudo 2018), as the encoder was trained on them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

SPACE = "\u2581"  # the sign the vocabulary writes a space with
UNKNOWN_COST = 10.0  # below the rarest piece, as in SentencePiece
BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
SPECIAL = 4  # pieces of a vocabulary before its first real one


@dataclass(frozen=True, slots=True)
class Pieces:
    """A vocabulary: piece -> (id, log probability), and the character map of its normaliser."""

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    normal: dict[int, str]
    index: dict[str, int] = field(default_factory=dict)
    longest: int = 1
    unknown_score: float = 0.0

    @staticmethod
    def of(texts: Iterable[str], scores: Iterable[float], normal: dict[int, str]) -> Pieces:
        """A vocabulary ready for look-up; ids are the order of `texts`."""
        kept, values = tuple(texts), tuple(scores)
        index = {text: i for i, text in enumerate(kept) if i >= SPECIAL and text}
        return Pieces(
            kept,
            values,
            normal,
            index,
            max(map(len, index), default=1),
            min(values[SPECIAL:], default=0.0) - UNKNOWN_COST,
        )

    def normalise(self, text: str) -> str:
        """Text with the normaliser's character map applied, spaces collapsed and written as pieces do.

        >>> Pieces.of([], [], {0xFF21: "A"}).normalise(" Ａ  b ")
        '▁A▁b'
        """
        mapped = "".join(self.normal.get(ord(char), char) for char in text)
        return SPACE + SPACE.join(mapped.split())

    def encode(self, text: str, limit: int) -> list[int]:
        """Ids of the most probable segmentation, at most `limit` of them; unknown runs are one id."""
        ids = self._best(self.normalise(text)[: 4 * limit])
        merged = [i for at, i in enumerate(ids) if i != UNKNOWN or at == 0 or ids[at - 1] != UNKNOWN]
        return merged[:limit]

    def _best(self, text: str) -> list[int]:
        size = len(text)
        best = [0.0] + [-1e30] * size
        came: list[tuple[int, int]] = [(0, UNKNOWN)] * (size + 1)
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(size, start + self.longest) + 1):
                found = self.index.get(text[start:end])
                if found is not None:
                    score = here + self.scores[found]
                elif end == start + 1:
                    found, score = UNKNOWN, here + self.unknown_score
                else:
                    continue
                if score > best[end]:
                    best[end], came[end] = score, (start, found)
        ids: list[int] = []
        at = size
        while at:
            at, found = came[at]
            ids.append(found)
        return ids[::-1]


def keep(pieces: Pieces, wanted: Iterable[int]) -> tuple[Pieces, list[int]]:
    """The vocabulary cut to the special and the `wanted` ids, and the old id of each new one."""
    old = [*range(SPECIAL), *sorted(i for i in set(wanted) if i >= SPECIAL)]
    return Pieces.of((pieces.texts[i] for i in old), (pieces.scores[i] for i in old), pieces.normal), old


def write_pieces(pieces: Pieces) -> str:
    """The vocabulary as text: the normaliser's map on the first line, then a piece and its score a line."""
    lines = [json.dumps({chr(code): text for code, text in sorted(pieces.normal.items())}, ensure_ascii=True)]
    lines += [
        f"{json.dumps(text, ensure_ascii=False)}\t{score:.6g}"
        for text, score in zip(pieces.texts, pieces.scores, strict=True)
    ]
    return "\n".join(lines) + "\n"


def parse_pieces(text: str) -> Pieces:
    """A vocabulary back from what `write_pieces` wrote. Raises ValueError if it is something else."""
    first, *rows = text.rstrip("\n").split("\n")
    split = [row.rsplit("\t", 1) for row in rows]
    normal = {ord(char): str(to) for char, to in json.loads(first).items()}
    return Pieces.of((json.loads(a) for a, _ in split), (float(b) for _, b in split), normal)
