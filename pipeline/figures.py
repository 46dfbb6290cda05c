"""Gold and tags -> figures: precision, recall, F1, intervals, confusions, calibration, canvas measures."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.blocks import CODES

Sets = Sequence[frozenset[str]]
DRAWS = 400
BEST = 3  # passages of a document and block that P@3 looks at, as many as a canvas cell surely shows
BINS = 5
BANDS = (0.0, 0.25, 0.5, 1.0)  # log-odds around a threshold


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on one set of passages; the four sequences are parallel."""

    gold: Sets
    given: Sets
    documents: Sequence[str]
    probabilities: npt.NDArray[np.float64]  # shape (passages, 9), canvas order
    thresholds: npt.NDArray[np.float64]  # (9,)


def f1(gold: Sets, given: Sets, code: str) -> tuple[float, float, float, int]:
    """(precision, recall, F1, support) of one block."""
    hits = sum(code in g and code in p for g, p in zip(gold, given, strict=True))
    tagged, real = sum(code in p for p in given), sum(code in g for g in gold)
    precision, recall = hits / (tagged or 1), hits / (real or 1)
    return precision, recall, 2 * hits / (tagged + real) if tagged + real else 0.0, real


def macro_f1(gold: Sets, given: Sets) -> float:
    """Mean F1 of the blocks that occur in gold."""
    present = [code for code in CODES if any(code in g for g in gold)]
    return sum(f1(gold, given, code)[2] for code in present) / len(present) if present else 0.0


def interval(gold: Sets, given: Sets, documents: Sequence[str]) -> tuple[float, float]:
    """95 % interval of the macro-F1, by a bootstrap over whole documents (Efron 1979): passages of
    one document are not independent."""
    groups: dict[str, list[int]] = {}
    for index, document in enumerate(documents):
        groups.setdefault(document, []).append(index)
    draw, names, found = random.Random(0), list(groups), []  # noqa: S311 (a bootstrap, no secret)
    for _ in range(DRAWS):
        picked = [i for name in draw.choices(names, k=len(names)) for i in groups[name]]
        found.append(macro_f1([gold[i] for i in picked], [given[i] for i in picked]))
    found.sort()
    return found[DRAWS * 25 // 1000], found[DRAWS * 975 // 1000 - 1]


def presence(measured: Measured) -> float:
    """Micro-F1 of (document, block) pairs: is a block of the canvas filled where gold fills it?"""
    gold = {(d, c) for d, g in zip(measured.documents, measured.gold, strict=True) for c in g}
    given = {(d, c) for d, g in zip(measured.documents, measured.given, strict=True) for c in g}
    return 2 * len(gold & given) / (len(gold) + len(given)) if gold or given else 1.0


def precision_at_3(measured: Measured) -> float:
    """Of the three surest tagged passages of each document and block, the share that belongs there."""
    hits = tried = 0
    groups: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for index, (document, gold) in enumerate(zip(measured.documents, measured.gold, strict=True)):
        for column, code in enumerate(CODES):
            if code in measured.given[index]:
                row = (-float(measured.probabilities[index, column]), code in gold)
                groups.setdefault((document, column), []).append(row)
    for rows in groups.values():
        best = sorted(rows, key=lambda r: r[0])[:BEST]
        tried += len(best)
        hits += sum(right for _, right in best)
    return hits / tried if tried else 0.0


def table(measured: Measured) -> Iterator[str]:
    """A line per block, then the figures of the whole."""
    gold, given = measured.gold, measured.given
    yield "block  prec  rec   F1    n"
    for code in CODES:
        precision, recall, score, support = f1(gold, given, code)
        yield f"{code:5} {precision:.3f} {recall:.3f} {score:.3f} {support:4d}"
    exact = sum(g == p for g, p in zip(gold, given, strict=True)) / max(1, len(gold))
    low, high = interval(gold, given, measured.documents)
    yield (
        f"macro-F1 {macro_f1(gold, given):.3f} [{low:.3f}, {high:.3f}]  exact {exact:.3f}  "
        f"presence {presence(measured):.3f}  P@3 {precision_at_3(measured):.3f}  passages {len(gold)}"
    )


def confusions(measured: Measured) -> Iterator[str]:
    """What was tagged instead: a row per block of gold that was missed or tag that was wrong."""
    missed: dict[str, Counter[str]] = {code: Counter() for code in (*CODES, "none")}
    for gold, given in zip(measured.gold, measured.given, strict=True):
        wrong = given - gold or ({"none"} if gold - given else set())
        for code in gold - given or ({"none"} if given - gold else set()):
            missed[code].update(wrong)
    yield "gold ↓ tagged instead →  " + "  ".join(f"{c:>4}" for c in (*CODES, "none"))
    for code, others in missed.items():
        yield f"{code:23}  " + "  ".join(f"{others[c] or '·':>4}" for c in (*CODES, "none"))


def reliability(measured: Measured) -> Iterator[str]:
    """Probability given against how often it was right, in five bins a block, and the expected
    calibration error (Naeini et al. 2015) over all."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    yield "block  " + "  ".join(f"{a:.1f}–{b:.1f}" for a, b in itertools.pairwise(edges)) + "   ECE"
    for column, code in enumerate(CODES):
        own = measured.probabilities[:, column]
        truth = np.array([code in g for g in measured.gold])
        which = np.minimum((own * BINS).astype(int), BINS - 1)
        cells, error = [], 0.0
        for index in range(BINS):
            inside = which == index
            if not inside.any():
                cells.append("   ·   ")
                continue
            right = float(truth[inside].mean())
            error += float(inside.mean()) * abs(right - float(own[inside].mean()))
            cells.append(f" {right:.2f}  ")
        yield f"{code:5}  " + "  ".join(cells) + f"  {error:.3f}"


def abstention(measured: Measured) -> Iterator[str]:
    """What leaving passages to a reader buys: those with a block nearer to its threshold than so many
    log-odds, the share of all wrong blocks that is among them, and the macro-F1 of the rest."""
    p = np.clip(measured.probabilities, 1e-9, 1 - 1e-9)
    distance = np.abs(np.log(p / (1 - p)) - np.log(measured.thresholds / (1 - measured.thresholds))).min(1)
    wrong = np.array([len(g ^ t) for g, t in zip(measured.gold, measured.given, strict=True)])
    yield "within  passages  of the errors  macro-F1 of the rest"
    for band in BANDS:
        left = distance < band
        rest = [n for n, out in enumerate(left) if not out]
        score = macro_f1([measured.gold[n] for n in rest], [measured.given[n] for n in rest])
        yield f"{band:6.2f}  {left.mean():8.1%}  {wrong[left].sum() / max(1, wrong.sum()):13.1%}  {score:.3f}"
