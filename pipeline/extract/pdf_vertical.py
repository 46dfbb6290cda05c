"""Vertical Chinese text: columns from right to left, each read downward, however it was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from pipeline.extract import quality
from pipeline.extract.pdf_layout import Glyphs
from pipeline.extract.pdf_lines import Line, measured

MIN_GLYPHS = 12
SHARE = 0.7  # of the characters that stand alone on their line, or in a stack
MIN_PAIRS = 8
MAX_TIERS = 20


def columns_of(glyphs: Glyphs, lines: Sequence[Line]) -> list[Line] | None:
    """The columns of a vertical page; None if the page is not vertical.

    Chinese settles it: more of the pairs below each other than of the pairs beside each other are
    known; with few known pairs, the narrower of the two distances does.
    """
    alone = sum(len(line.order) for line in lines if len(line.order) == 1 or _is_stack(line))
    if alone < MIN_GLYPHS or alone < SHARE * sum(len(line.order) for line in lines):
        return None
    box = glyphs.box[glyphs.ink]
    size = float(np.median(box[:, 3] - box[:, 1]))
    across, down = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    columns: list[list[int]] = []
    tiers = _apart(glyphs.ink, down, 1.5 * size)
    if len(tiers) > MAX_TIERS:
        return None
    for tier in tiers:
        chosen = np.isin(glyphs.ink, tier)
        parts = _apart(glyphs.ink[chosen], across[chosen], 0.6 * size)
        columns += [sorted(part, key=lambda i: float(glyphs.box[i, 1])) for part in reversed(parts)]
    rows = [
        sorted(part, key=lambda i: float(glyphs.box[i, 0])) for part in _apart(glyphs.ink, down, 0.4 * size)
    ]
    if not _reads_better(glyphs, columns, rows):
        return None
    return [measured(glyphs, column) for column in columns]


def _is_stack(line: Line) -> bool:
    return line.fixed and line.bottom - line.top > line.right - line.left


def _apart(indices: Iterable[int], place: Iterable[float], gap: float) -> list[list[int]]:
    """Indices in groups, by their place on one axis, wherever two neighbours are further apart."""
    ranked = sorted(zip(np.asarray(place).tolist(), np.asarray(indices).tolist(), strict=True))
    groups: list[list[int]] = []
    last = float("-inf")
    for at, index in ranked:
        if at - last > gap:
            groups.append([])
        groups[-1].append(index)
        last = at
    return groups


def _reads_better(glyphs: Glyphs, columns: list[list[int]], rows: list[list[int]]) -> bool:
    downward, beside = _known(glyphs, columns), _known(glyphs, rows)
    if min(downward[1], beside[1]) >= MIN_PAIRS and downward[0] + beside[0] >= MIN_PAIRS / 2:
        return downward[0] / downward[1] > beside[0] / beside[1]
    return _distance(glyphs, columns, 1) < 0.9 * _distance(glyphs, rows, 0)


def _known(glyphs: Glyphs, runs: list[list[int]]) -> tuple[int, int]:
    pairs = [(glyphs.text[a], glyphs.text[b]) for run in runs for a, b in pairwise(run)]
    chinese = [(a, b) for a, b in pairs if "\u3400" <= a <= "\u9fff" and "\u3400" <= b <= "\u9fff"]
    return sum(quality.is_pair(a, b) for a, b in chinese), len(chinese)


def _distance(glyphs: Glyphs, runs: list[list[int]], side: int) -> float:
    steps = [float(glyphs.box[b, side] - glyphs.box[a, side]) for run in runs for a, b in pairwise(run)]
    return float(np.median(steps)) if steps else float("inf")
