"""The fine-tuned encoder as one more rater: its log-odds are one row of a passage's sum.

A small BERT (12 layers of 384, multilingual-e5-small, MIT) read the labelled corpus in
`encoder_training`; onnxruntime runs it here. It sees headings, the passages around, and the passage.
Its files are below `resources/encoder`; the extra `huabu[deep]` brings onnxruntime.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline import store
from pipeline.blocks import CODES
from pipeline.pieces import BEGIN, END, Pieces, parse_pieces

FORMAT = 2
FILES = ("encoder.onnx", "embeddings.npz", "pieces.txt")
HEADING_PIECES, PREVIOUS_PIECES, FOLLOWING_PIECES, TEXT_PIECES = 24, 32, 24, 106
"""Pieces the encoder sees of each: of the previous passage the last, of all others the first."""
BLOCK, PACKED = 32, 18  # weights to a block of 4-bit numbers, and its bytes: a half-float scale first
DECIMALS = 2  # processors differ from the fourth on; what is published must not
MAX_KNOWN = 20_000
FloatArray = npt.NDArray[np.float64]


class EncoderError(Exception):
    """The encoder's files are damaged or of another version; `huabu train --encoder` makes them anew."""


class Reading(Protocol):
    """What the encoder looks at: a passage with its headings and the passages before and after it."""

    @property
    def text(self) -> str: ...
    @property
    def heading_path(self) -> tuple[str, ...]: ...
    @property
    def previous(self) -> str: ...
    @property
    def following(self) -> str: ...


def input_pieces(pieces: Pieces, reading: Reading) -> tuple[list[int], list[float]]:
    """(ids, mask): headings, the passages before and after, and the passage, each closed; the mask is
    1 where the passage itself stands, over which the encoder takes its mean."""
    heading = "query: " + " > ".join(reading.heading_path[-2:])
    context = [
        BEGIN,
        *pieces.encode(heading.strip(), HEADING_PIECES),
        END,
        *pieces.encode(reading.previous, 6 * PREVIOUS_PIECES)[-PREVIOUS_PIECES:],
        END,
        *pieces.encode(reading.following, FOLLOWING_PIECES),
        END,
    ]
    own = [*pieces.encode(reading.text, TEXT_PIECES), END]
    return context + own, [0.0] * len(context) + [1.0] * len(own)


def unpack(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Weights of shape (..., 384) from 4-bit rows of shape (..., 12, 18): a half-float scale, then
    sixteen bytes whose low nibbles are the first sixteen numbers, both less 8."""
    scales = rows[..., :2].copy().view("<f2").astype(np.float32)
    packed = rows[..., 2:]
    numbers = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - 8.0
    return (numbers * scales).reshape(*rows.shape[:-2], -1)


@dataclass(frozen=True, slots=True)
class Encoder:
    """The encoder with what makes it a rater: a weight for each block, links, thresholds."""

    pieces: Pieces
    embeddings: npt.NDArray[np.uint8]  # (pieces, 12, 18), see `unpack`
    session: Any  # onnxruntime.InferenceSession
    weights: FloatArray  # (9,) what a unit of log-odds adds to the sum
    links: FloatArray  # (9, 2) of the sum of both raters
    thresholds: FloatArray  # (9,)
    checksum: str
    known: dict[tuple[tuple[str, ...], str, str, str], FloatArray] = field(default_factory=dict)

    def log_odds(self, reading: Reading) -> FloatArray:
        """Shape (9,): log-odds of each block, rounded. One passage at a time: what stands beside it
        in a batch must not move its last digits."""
        key = (tuple(reading.heading_path[-2:]), reading.previous, reading.following, reading.text)
        found = self.known.get(key)
        if found is None:
            ids, mask = input_pieces(self.pieces, reading)
            inputs = {
                "embedded": unpack(self.embeddings[ids])[None],
                "own": np.array([mask], dtype=np.float32),
            }
            (logits,) = self.session.run(None, inputs)
            found = np.asarray(np.round(np.asarray(logits[0], dtype=np.float64), DECIMALS) + 0.0)
            if len(self.known) < MAX_KNOWN:
                self.known[key] = found
        return found


def available() -> bool:
    """Whether the extra `huabu[deep]` is installed and the encoder has been trained."""
    return find_spec("onnxruntime") is not None and read_card() is not None


def read_card() -> dict[str, Any] | None:
    """What `encoder.json` says, None if no encoder has been trained. Raises EncoderError."""
    try:
        card: dict[str, Any] = json.loads(store.resource_bytes("encoder/encoder.json"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EncoderError(f"encoder.json 无法读取 cannot be read: {type(error).__name__}") from error
    return card


@cache
def load() -> Encoder:
    """The shipped encoder. Raises EncoderError if anything about it is not as it was trained."""
    import onnxruntime

    card = read_card()
    if not isinstance(card, dict) or card.get("format") != FORMAT or card.get("blocks") != list(CODES):
        raise EncoderError(
            "编码器缺失或版本不符, 请运行 huabu train --encoder / encoder missing or of another version"
        )
    try:
        contents = {name: store.resource_bytes(f"encoder/{name}") for name in FILES}
    except OSError as error:
        raise EncoderError(f"编码器文件缺失 encoder file missing: {type(error).__name__}") from error
    if card.get("sha256") != {name: store.sha256(data) for name, data in contents.items()}:
        raise EncoderError("编码器校验和不符 encoder checksum does not match")
    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # sums in one order
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            contents["encoder.onnx"],
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["ConstantFolding"],  # it unpacks the weights: 250 MB for a fifth of the time
        )
        with np.load(io.BytesIO(contents["embeddings.npz"]), allow_pickle=False) as arrays:
            embeddings = np.asarray(arrays["rows"], dtype=np.uint8)
        pieces = parse_pieces(contents["pieces.txt"].decode("utf-8"))
        numbers = [np.array(card[name], dtype=np.float64) for name in ("weights", "links", "thresholds")]
    except Exception as error:
        raise EncoderError(f"编码器无法读取 encoder cannot be read: {type(error).__name__}") from error
    shapes = [n.shape if np.isfinite(n).all() else () for n in numbers]
    if shapes != [(9,), (9, 2), (9,)] or embeddings.shape[0] != len(pieces.texts):
        raise EncoderError("编码器数组不对 encoder arrays are wrong")
    weights, links, thresholds = numbers
    checksum = store.sha256(json.dumps(card, sort_keys=True).encode())
    return Encoder(pieces, embeddings, session, weights, links, thresholds, checksum)
