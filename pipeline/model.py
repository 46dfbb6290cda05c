"""The linear model: one weight per feature and block, an intercept, a calibrated link.

Saved as arrays (`model.npz`, no pickle), two vocabularies and a JSON with the checksums of all.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline import store
from pipeline.blocks import CODES
from pipeline.encoder import Encoder, EncoderError
from pipeline.encoder import available as encoder_available
from pipeline.encoder import load as load_encoder
from pipeline.features import Features, Subject, dense_names, tfidf
from pipeline.records import Evidence

FORMAT = 1
HEADING_KINDS = ("heading:", "outer:", "lead:", "section:", "cell:")
FILES = ("model.npz", "words.txt", "chars.txt")
FloatArray = npt.NDArray[np.float64]


class ModelError(Exception):
    """The model file is missing, damaged or of another format; `huabu train` makes a new one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One feature of one passage: its column and value, and what an explanation shows for it."""

    kind: str
    name: str
    start: int
    end: int
    column: int
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of shape (9, columns): nine lexicon sums, dense features, words, characters."""

    weights: FloatArray
    intercepts: FloatArray
    words: dict[str, int]
    chars: dict[str, int]
    word_idf: FloatArray
    char_idf: FloatArray
    links: FloatArray  # (9, 2): probability = 1 / (1 + exp(-(a * score + b)))
    thresholds: FloatArray  # (9,) probabilities from which a tag is given
    checksum: str
    encoder: Encoder | None = None  # a second rater, one more row of the sum

    @property
    def tagger(self) -> str:
        return "linear" if self.encoder is None else "ensemble"

    def entries(self, features: Features) -> list[Entry]:
        """The features of a passage that the model knows, one entry a row of the sum."""
        found = [
            Entry("lexicon", m.term, m.start, m.end, CODES.index(m.block), m.weight, f"lexicon/{m.source}")
            for m in features.lexicon
        ]
        column = len(CODES)
        for name in dense_names():
            if value := features.dense.get(name, 0.0):
                kind = "heading" if name.startswith(HEADING_KINDS) else "context"
                found.append(Entry(kind, name, -1, -1, column, value, "features.py"))
            column += 1
        for kind, terms, vocabulary, idf in (
            ("word", features.words, self.words, self.word_idf),
            ("char", features.chars, self.chars, self.char_idf),
        ):
            names = {vocabulary[gram]: gram for gram in terms if gram in vocabulary}
            for index, value in tfidf(terms, vocabulary, idf).items():
                term = terms[names[index]]
                source = f"model/{kind}s.txt:{index + 1}"
                found.append(
                    Entry("tfidf", names[index], term.start, term.end, column + index, value, source)
                )
            column += len(vocabulary)
        return found

    def rate(self, subject: Subject) -> FloatArray | None:
        """Shape (9,): what the encoder adds to each block's sum; None without an encoder."""
        if self.encoder is None:
            return None
        return np.asarray(np.round(self.encoder.weights * self.encoder.log_odds(subject), 6))

    def contributions(self, entries: Sequence[Entry]) -> FloatArray:
        """Shape (9, entries): weight × value, rounded so that rows add up to scores exactly."""
        columns = np.fromiter((e.column for e in entries), dtype=np.int64, count=len(entries))
        values = np.fromiter((e.value for e in entries), dtype=np.float64, count=len(entries))
        return np.asarray(np.round(self.weights[:, columns] * values, 6))

    def scores(self, contributions: FloatArray) -> FloatArray:
        """Shape (9,): the sum of a passage's rows and the intercept, for each block."""
        return np.asarray(np.round(contributions.sum(axis=1) + self.intercepts, 6))

    def probability(self, block: str, score: float) -> float:
        """The calibrated link of a block (Platt 1999)."""
        a, b = self.links[CODES.index(block)]
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, a * score + b))))

    def evidence(
        self, block: str, entries: Sequence[Entry], contributions: FloatArray
    ) -> tuple[Evidence, ...]:
        """The rows of one block's score, largest effect first; rows of no effect are left out."""
        index = CODES.index(block)
        rows = [
            Evidence(block, e.kind, e.name, e.start, e.end, float(c), e.source)  # type: ignore[arg-type]
            for e, c in zip(entries, contributions[index], strict=True)
            if c
        ]
        rows.append(
            Evidence(block, "intercept", "", -1, -1, float(self.intercepts[index]), "model/model.npz")
        )
        return tuple(sorted(rows, key=lambda r: (-abs(r.weight), r.kind, r.term, r.start)))


TAGGERS = ("linear", "ensemble")


def load_tagger(name: str | None = None) -> Model:
    """The shipped tagger of that name; None means the ensemble where the extra `huabu[deep]` is
    installed, else the linear model. Raises ModelError."""
    if name == "linear" or (name is None and not encoder_available()):
        return load()
    try:
        return with_encoder(load(), load_encoder())
    except ModuleNotFoundError as error:
        raise ModelError(
            "没有 onnxruntime: 用 --tagger linear, 或 make setup / no onnxruntime: use --tagger linear, or make setup"
        ) from error
    except EncoderError as error:
        raise ModelError(str(error)) from error


def forget() -> None:
    """Let go of the encoder, the larger part of the tagger; it loads again when it is wanted."""
    load_encoder.cache_clear()


def with_encoder(model: Model, encoder: Encoder) -> Model:
    """Both raters as one model; links and thresholds are those of their sum."""
    return replace(
        model,
        encoder=encoder,
        links=encoder.links,
        thresholds=encoder.thresholds,
        checksum=store.sha256(f"{model.checksum}{encoder.checksum}".encode()),
    )


def columns_of(words: int, chars: int) -> int:
    return len(CODES) + len(dense_names()) + words + chars


def save(model: Model, facts: dict[str, object], write: Callable[[str, bytes], None]) -> None:
    """Write the model with `write(name, bytes)`: arrays, vocabularies, then the JSON of checksums."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        weights=model.weights.astype(np.float32),
        intercepts=model.intercepts,
        word_idf=model.word_idf.astype(np.float32),
        char_idf=model.char_idf.astype(np.float32),
        links=model.links,
        thresholds=model.thresholds,
    )
    contents = {
        "model.npz": buffer.getvalue(),
        "words.txt": "".join(w + "\n" for w in model.words).encode(),
        "chars.txt": "".join(c + "\n" for c in model.chars).encode(),
    }
    for name, data in contents.items():
        write(name, data)
    card = {
        "format": FORMAT,
        "blocks": list(CODES),
        "dense": list(dense_names()),
        **facts,
        "sha256": {name: store.sha256(data) for name, data in contents.items()},
    }
    write("model.json", json.dumps(card, ensure_ascii=False, indent=1).encode() + b"\n")


@cache
def load() -> Model:
    """The shipped model. Raises ModelError if anything about it is not as it was trained."""
    try:
        card = json.loads(store.resource_bytes("model/model.json"))
        contents = {name: store.resource_bytes(f"model/{name}") for name in FILES}
    except (OSError, ValueError) as error:
        raise ModelError(f"模型缺失或损坏 model missing or damaged: {type(error).__name__}") from error
    return parse(card, contents)


def parse(card: dict[str, object], contents: dict[str, bytes]) -> Model:
    """A model from its parts, each checked: checksum, names, shapes, finite numbers."""
    sums = card.get("sha256") if isinstance(card, dict) else None
    if (
        sums is None
        or card.get("format") != FORMAT
        or card.get("dense") != list(dense_names())
        or card.get("blocks") != list(CODES)
    ):
        raise ModelError(
            "模型与程序版本不符, 请运行 huabu train / model is of another version, run huabu train"
        )
    if sums != {name: store.sha256(data) for name, data in contents.items()}:
        raise ModelError("模型校验和不符 model checksum does not match")
    try:
        with np.load(io.BytesIO(contents["model.npz"]), allow_pickle=False) as arrays:
            data = {name: np.asarray(arrays[name], dtype=np.float64) for name in arrays.files}
        words = {w: i for i, w in enumerate(contents["words.txt"].decode().splitlines())}
        chars = {c: i for i, c in enumerate(contents["chars.txt"].decode().splitlines())}
        shapes = {
            "weights": (len(CODES), columns_of(len(words), len(chars))),
            "intercepts": (len(CODES),),
            "word_idf": (len(words),),
            "char_idf": (len(chars),),
            "links": (len(CODES), 2),
            "thresholds": (len(CODES),),
        }
        wrong = {n for n, shape in shapes.items() if data[n].shape != shape or not np.isfinite(data[n]).all()}
    except Exception as error:
        raise ModelError(f"模型无法读取 model cannot be read: {type(error).__name__}") from error
    if wrong or set(data) != set(shapes):
        raise ModelError(f"模型数组不对 model arrays are wrong: {sorted(wrong)}")
    return Model(words=words, chars=chars, checksum=store.sha256(json.dumps(sums).encode()), **data)  # type: ignore[arg-type]
