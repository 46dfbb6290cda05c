"""Labelled corpus and gold -> figures: folds, ablations, statistics of every lexicon term, a gold file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline import blocks, encoder_held_out, figures, label_errors, lexicon, model, store, train
from pipeline.blocks import CODES
from pipeline.classify import can_carry_tag
from pipeline.features import Features
from pipeline.figures import Measured
from pipeline.labelled import Case, read_cases, read_second
from pipeline.model import HEADING_KINDS, FloatArray
from pipeline.tagging import tag_table

HURTING = 0.35
"""A term right in fewer than this share of at least MIN_HITS passages is named as one that hurts."""
MIN_HITS = 8


def measured_folds(data: Sequence[train.Example], trained: model.Model) -> Measured:
    """Every labelled passage, tagged by a model that did not see its case, with the links and
    thresholds of `trained`."""
    return measured(data, train.out_of_fold(data), trained)


def measured(data: Sequence[train.Example], scores: FloatArray, trained: model.Model) -> Measured:
    """Every passage with the tags that links and thresholds of `trained` make of its scores."""
    probabilities = np.array(
        [
            [trained.probability(c, float(s)) if can_carry_tag(e.subject) else 0.0 for c, s in zip(CODES, row, strict=True)]
            for e, row in zip(data, scores, strict=True)
        ]
    )  # fmt: skip
    kept = probabilities >= trained.thresholds
    return Measured(
        gold=[e.gold for e in data],
        given=[frozenset(c for c, on in zip(CODES, row, strict=True) if on) for row in kept],
        documents=[str(e.case) for e in data],
        probabilities=probabilities,
        thresholds=trained.thresholds,
    )


def measured_mixed(data: Sequence[train.Example], scores: FloatArray, rated: FloatArray) -> Measured:
    """The cases held out from the encoder, tagged by the sum of both raters with weights, links and
    thresholds fitted to them; the linear scores are out-of-fold."""
    numbers = [n for n, e in enumerate(data) if not can_carry_tag(e.subject) or not np.isnan(rated[n]).any()]
    kept, odds = [data[n] for n in numbers], np.nan_to_num(rated[numbers])
    mixed = train.mix(kept, scores[numbers], odds)
    total = scores[numbers] + odds * mixed.weights
    probabilities = 1 / (1 + np.exp(-(total * mixed.links[:, 0] + mixed.links[:, 1])))
    probabilities[[not can_carry_tag(e.subject) for e in kept]] = 0.0
    return Measured(
        gold=[e.gold for e in kept],
        given=train.tags_of(kept, total, mixed.links, mixed.thresholds),
        documents=[str(e.case) for e in kept],
        probabilities=probabilities,
        thresholds=mixed.thresholds,
    )


def measured_gold(text: str, trained: model.Model, terms: lexicon.Lexicon, name: str) -> Measured:
    """A gold table (columns id, text, blocks and, if it has several, document), tagged as
    `huabu tag` does. Raises TableError, ValueError for unknown codes."""
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    tagged = list(csv.DictReader(io.StringIO(tag_table(text, trained, terms), newline="")))
    scores = np.array([[float(r[f"score_{c}"]) for c in CODES] for r in tagged]).reshape(-1, len(CODES))
    given = [blocks.parse(r["blocks"], "tags") for r in tagged]
    probabilities = np.array(
        [[trained.probability(c, float(s)) for c, s in zip(CODES, row, strict=True)] for row in scores]
    )
    return Measured(
        gold=[blocks.parse(r["blocks"], f"{name}: {r['id']}") for r in rows],
        given=given,
        documents=[r.get("document") or "" for r in rows],
        probabilities=probabilities.reshape(-1, len(CODES)),
        thresholds=trained.thresholds,
    )


def corpus_key(cases: Sequence[Case]) -> str:
    """Hash of the texts and labels of a labelled corpus."""
    return store.key_of(*(c.name + "".join(c.texts) + "".join(map(blocks.join, c.gold)) for c in cases))


def report(labelled: Path, gold_file: Path | None, *, brief: bool = False) -> Iterator[str]:
    """Figures of the grouped folds, their ablations, the lexicon's terms, and of a gold file.

    `brief` leaves out what takes minutes: the ablations.
    """
    terms, trained = lexicon.load(), model.load()
    cases = read_cases(labelled)
    data = train.examples(cases, terms)
    yield f"分组交叉验证 grouped folds of {labelled} (labels by language models)"
    scores = train.out_of_fold(data)
    alone = measured(data, scores, trained)
    yield from _all_figures(alone)
    rated = encoder_held_out.read(labelled, cases)
    if not np.isnan(rated).all():
        yield "\n线性 + 编码器 linear + encoder: 没有教过编码器的案例 cases held out from it"
        yield from _all_figures(measured_mixed(data, scores, rated))
    if not brief:
        yield "\n消融 ablation: 逐步加入特征的分组交叉验证 grouped folds with more and more of the features"
        yield from ablation(data, rated)
    yield "\n标注检查 labels checked"
    yield agreement(cases, read_second(labelled, cases))
    yield from label_errors.report(cases, data, alone)
    yield "\n词条 lexicon terms: 命中 hits · 正确 right · 冲突 with other blocks' terms"
    yield from term_table(data, terms)
    if gold_file:
        yield f"\n金标 gold {gold_file.name}"
        yield from _all_figures(measured_gold(store.read_table(gold_file), trained, terms, gold_file.name))


def agreement(cases: Sequence[Case], second: Mapping[tuple[str, int], frozenset[str]]) -> str:
    """How far a second reader, who did not see the first labels, gives the same blocks."""
    labels = [((c.name, n), gold) for c in cases for n, gold in enumerate(c.gold, start=1)]
    both = [(gold, second[key]) for key, gold in labels if key in second]
    first, then = [a for a, _ in both], [b for _, b in both]
    same = sum(a == b for a, b in both) / (len(both) or 1)
    return (
        f"第二遍标注 second reading: {len(both)} / {len(labels)} 段 passages · "
        f"macro-F1 {figures.macro_f1(first, then):.3f} · 完全一致 the same {same:.3f}"
    )


def _all_figures(measured: Measured) -> Iterator[str]:
    yield from figures.table(measured)
    yield "混淆 confusions"
    yield from figures.confusions(measured)
    yield "校准 calibration"
    yield from figures.reliability(measured)
    yield "弃权 abstention"
    yield from figures.abstention(measured)


def _nothing(features: Features) -> Features:
    return replace(features, lexicon=(), words={}, chars={}, dense={})


def _names(features: Features) -> Features:
    return replace(_nothing(features), lexicon=tuple(m for m in features.lexicon if m.kind == "name"))


def _lexicon(features: Features) -> Features:
    return replace(_nothing(features), lexicon=features.lexicon)


def _tfidf(features: Features) -> Features:
    return replace(features, lexicon=(), dense={})


def _both(features: Features) -> Features:
    return replace(features, dense={})


def _headings(features: Features) -> Features:
    kept = {n: v for n, v in features.dense.items() if n.startswith(HEADING_KINDS)}
    return replace(features, dense=kept)


def _all(features: Features) -> Features:
    return features


ABLATIONS: dict[str, Callable[[Features], Features]] = {
    "majority": _nothing,
    "block names": _names,
    "lexicon": _lexicon,
    "TF-IDF": _tfidf,
    "both": _both,
    "+ headings": _headings,
    "+ context": _all,
}


def ablation(data: Sequence[train.Example], rated: FloatArray) -> Iterator[str]:
    """A line per set of features: macro-F1 of the folds with its interval, links and thresholds
    fitted for each set anew."""
    for name, cut in ABLATIONS.items():
        changed = [replace(e, features=cut(e.features)) for e in data]
        scores = train.out_of_fold(changed)
        linked = train.calibrated(train.blank({}, np.zeros(0), {}, np.zeros(0)), changed, scores)
        yield _one_figure(name, measured(changed, scores, linked))
    if not np.isnan(rated).all():
        yield _one_figure("+ encoder", measured_mixed(data, scores, rated))


def _one_figure(name: str, measured: Measured) -> str:
    low, high = figures.interval(measured.gold, measured.given, measured.documents)
    score = figures.macro_f1(measured.gold, measured.given)
    return f"{name:12} {score:.3f} [{low:.3f}, {high:.3f}]  passages {len(measured.gold)}"


@dataclass(slots=True)
class TermRow:
    """What one lexicon term does in the labelled corpus, counted in passages."""

    term: lexicon.Term
    hits: int = 0
    right: int = 0  # gold gives the term's block
    overlaps: int = 0  # another term of the block fires too
    conflicts: int = 0  # a term of another block fires too

    @property
    def precision(self) -> float:
        return self.right / self.hits if self.hits else 0.0


def term_statistics(data: Sequence[train.Example], terms: lexicon.Lexicon) -> list[TermRow]:
    """One row per lexicon term, in the order of the lexicon."""
    rows = {term.source: TermRow(term) for term in terms.terms}
    for example in data:
        matches = example.features.lexicon if can_carry_tag(example.subject) else ()
        per_block = Counter(match.block for match in matches)
        for match in matches:
            row = rows[match.source]
            row.hits += 1
            row.right += match.block in example.gold
            row.overlaps += per_block[match.block] > 1
            row.conflicts += len(per_block) > 1
    return list(rows.values())


def term_table(data: Sequence[train.Example], terms: lexicon.Lexicon) -> Iterator[str]:
    """What the statistics say at a glance: coverage per block, and the terms that hurt."""
    rows = term_statistics(data, terms)
    yield "block  terms  seen  hits  right"
    for code in CODES:
        own = [r for r in rows if r.term.block == code]
        hits, right = sum(r.hits for r in own), sum(r.right for r in own)
        yield f"{code:5} {len(own):6d} {sum(r.hits > 0 for r in own):5d} {hits:5d}  {right / max(1, hits):.2f}"
    hurting = [r for r in rows if r.hits >= MIN_HITS and r.precision < HURTING]
    yield f"误触发的词 terms that hurt (precision < {HURTING}, hits >= {MIN_HITS}):"
    for row in sorted(hurting, key=lambda r: (r.right - r.hits, r.term.source)):
        yield (
            f"  {row.term.source:12} {row.term.text} weight {row.term.weight} right {row.right}/{row.hits} "
            f"overlaps {row.overlaps} conflicts {row.conflicts}"
        )
