"""Other ways to learn the linear tagger, each measured on the same grouped folds of data/labelled.

    .venv/bin/python benchmarks/trials.py [NAME …]

Prints a line a trial: macro-F1 of the folds with links and thresholds fitted for it, its interval over
documents, and the difference from what ships. Takes about a minute a trial.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from pipeline import evaluate, figures, lexicon, train
from pipeline.blocks import CODES
from pipeline.classify import can_carry_tag
from pipeline.features import Features
from pipeline.labelled import read_cases
from pipeline.model import FloatArray, Model

Examples = Sequence[train.Example]
Learner = Callable[[csr_matrix, np.ndarray, csr_matrix], np.ndarray]
LABELLED = Path(__file__).parents[1] / "data" / "labelled"


def shipped(data: Examples) -> FloatArray:
    return train.out_of_fold(data)


def without(**cut: object) -> Callable[[Examples], FloatArray]:
    """The shipped learner with some of the features replaced."""
    return lambda data: train.out_of_fold([replace(e, features=replace(e.features, **cut)) for e in data])


def counted_once(data: Examples) -> FloatArray:
    """Each word and n-gram counted once in a passage, however often it stands there."""

    def once(features: Features) -> Features:
        words, chars = (
            {gram: replace(term, count=1) for gram, term in terms.items()}
            for terms in (features.words, features.chars)
        )
        return replace(features, words=words, chars=chars)

    return train.out_of_fold([replace(e, features=once(e.features)) for e in data])


def strength(value: float) -> Callable[[Examples], FloatArray]:
    """The shipped learner with another C."""

    def run(data: Examples) -> FloatArray:
        kept, train.REGULARISATION = train.REGULARISATION, value
        try:
            return train.out_of_fold(data)
        finally:
            train.REGULARISATION = kept

    return run


def per_block(learn: Learner) -> Callable[[Examples], FloatArray]:
    """A learner a block over the shipped columns, nothing shared between blocks."""

    def run(data: Examples) -> FloatArray:
        scores = np.zeros((len(data), len(CODES)))
        for fold in range(train.FOLDS):
            inside = [e for e in data if e.group % train.FOLDS != fold and can_carry_tag(e.subject)]
            outside = [n for n, e in enumerate(data) if e.group % train.FOLDS == fold]
            model = train.vocabularies(inside)
            seen, asked = matrix(model, inside), matrix(model, [data[n] for n in outside])
            for index, code in enumerate(CODES):
                truth = np.array([code in e.gold for e in inside])
                scores[outside, index] = learn(seen, truth, asked)
        return scores

    return run


def matrix(model: Model, data: Examples) -> csr_matrix:
    return train.matrix(model, [e.features for e in data])


def regression(seen: csr_matrix, truth: np.ndarray, asked: csr_matrix) -> np.ndarray:
    learner = LogisticRegression(C=train.REGULARISATION, max_iter=2000)
    return learner.fit(seen, truth).decision_function(asked)


def machine(seen: csr_matrix, truth: np.ndarray, asked: csr_matrix) -> np.ndarray:
    return LinearSVC(C=0.05).fit(seen, truth).decision_function(asked)


def _ratios(seen: csr_matrix, truth: np.ndarray) -> np.ndarray:
    """Log-count ratios of each column (Wang & Manning 2012)."""
    there = abs(seen)
    own, other = (1.0 + np.asarray(there[mask].sum(0)).ravel() for mask in (truth, ~truth))
    return np.log((own / own.sum()) / (other / other.sum()))


def weighted(learn: Learner) -> Learner:
    """NB-weighted: every column times its log-count ratio."""

    def run(seen: csr_matrix, truth: np.ndarray, asked: csr_matrix) -> np.ndarray:
        ratios = diags(_ratios(seen, truth))
        return learn(csr_matrix(seen @ ratios), truth, csr_matrix(asked @ ratios))

    return run


def bayes(seen: csr_matrix, truth: np.ndarray, asked: csr_matrix) -> np.ndarray:
    learner = ComplementNB().fit(abs(seen), truth)
    log = learner.predict_log_proba(abs(asked))
    return log[:, 1] - log[:, 0]


def with_neighbours(data: Examples) -> FloatArray:
    """A second regression a block over a passage's own scores and those of the passages around it."""
    scores = train.out_of_fold(data)
    same = np.array([a.case == b.case for a, b in zip(data[1:], data[:-1], strict=True)])[:, None]
    around = np.hstack(
        [
            scores,
            np.vstack([np.zeros((1, len(CODES))), scores[:-1] * same]),
            np.vstack([scores[1:] * same, np.zeros((1, len(CODES)))]),
        ]
    )
    found = np.zeros_like(scores)
    groups = np.array([e.group % train.FOLDS for e in data])
    usable = np.array([can_carry_tag(e.subject) for e in data])
    for fold in range(train.FOLDS):
        inside = (groups != fold) & usable
        for index, code in enumerate(CODES):
            truth = np.array([code in e.gold for e in data])[inside]
            learner = LogisticRegression(C=0.1, max_iter=1000).fit(around[inside], truth)
            found[groups == fold, index] = learner.decision_function(around[groups == fold])
    return found


TRIALS: dict[str, Callable[[Examples], FloatArray]] = {
    "shipped": shipped,
    "words-only": without(chars={}),
    "characters-only": without(words={}),
    "no-lexicon": without(lexicon=()),
    "counted-once": counted_once,
    "C=0.03": strength(0.03),
    "C=0.3": strength(0.3),
    "C=1": strength(1.0),
    "nothing-shared": per_block(regression),
    "linear-svm": per_block(machine),
    "nb-regression": per_block(weighted(regression)),
    "nb-svm": per_block(weighted(machine)),
    "complement-nb": per_block(bayes),
    "neighbours": with_neighbours,
}


def main() -> None:
    data = train.examples(read_cases(LABELLED), lexicon.load())
    first = None
    for name in sys.argv[1:] or TRIALS:
        scores = TRIALS[name](data)
        linked = train.calibrated(train.blank({}, np.zeros(0), {}, np.zeros(0)), data, scores)
        measured = evaluate.measured(data, scores, linked)
        found = figures.macro_f1(measured.gold, measured.given)
        low, high = figures.interval(measured.gold, measured.given, measured.documents)
        first = found if first is None else first
        print(f"{name:16} {found:.3f} [{low:.3f}, {high:.3f}]  {found - first:+.3f}", flush=True)


if __name__ == "__main__":
    main()
