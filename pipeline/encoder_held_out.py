"""What the encoder said of the labelled cases it was not trained on, kept so that it can be measured
without training it again (`encoder-held-out.npz` beside the labelled corpus)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import store
from pipeline.blocks import CODES
from pipeline.labelled import Case
from pipeline.model import FloatArray

FILE = "encoder-held-out.npz"


def _keys(cases: Sequence[Case]) -> npt.NDArray[np.uint64]:
    """One number a passage: of its case and its words, so that new and rewritten ones are not found."""
    return np.array(
        [int(store.key_of(case.name, text)[:16], 16) for case in cases for text in case.texts],
        dtype=np.uint64,
    )


def to_bytes(cases: Sequence[Case], odds: FloatArray) -> bytes:
    """The file for log-odds of shape (passages, 9); rows of NaN were not rated and are left out."""
    rated = ~np.isnan(odds).any(axis=1)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, keys=_keys(cases)[rated], odds=odds[rated].astype(np.float16))
    return buffer.getvalue()


def read(folder: Path, cases: Sequence[Case]) -> FloatArray:
    """Shape (passages, 9): log-odds for the cases held out, NaN for all others."""
    keys = _keys(cases)
    odds = np.full((len(keys), len(CODES)), np.nan)
    file = folder / FILE
    if file.exists():
        with np.load(io.BytesIO(store.read_arrays(file)), allow_pickle=False) as arrays:
            known = dict(zip(arrays["keys"].tolist(), arrays["odds"].astype(np.float64), strict=True))
        for row, key in enumerate(keys.tolist()):
            if key in known:
                odds[row] = known[key]
    return odds
