"""Labels worth a second look: rows whose label no model of the other cases would have given, and rows
that say the same with other labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.blocks import CODES, join
from pipeline.classify import can_carry_tag
from pipeline.duplicates import MIN_SHINGLES
from pipeline.figures import Measured
from pipeline.labelled import Case
from pipeline.similar import near_duplicates
from pipeline.train import Example

SHOWN = 40


def suspects(data: Sequence[Example], measured: Measured) -> list[int]:
    """Numbers of the examples whose labels are likely wrong, the most doubtful first: confident
    learning (Northcutt et al. 2021) on the out-of-fold probabilities of passages that can carry tags.
    Raises ModuleNotFoundError without cleanlab."""
    from cleanlab.multilabel_classification.filter import find_label_issues

    usable = [number for number, example in enumerate(data) if can_carry_tag(example.subject)]
    given = [[CODES.index(code) for code in sorted(data[n].gold, key=CODES.index)] for n in usable]
    ranked = find_label_issues(
        given,
        measured.probabilities[usable],
        return_indices_ranked_by="self_confidence",
        n_jobs=1,  # its pool forks a process with threads in it, and may hang
    )
    return [usable[int(place)] for place in ranked]


def report(cases: Sequence[Case], data: Sequence[Example], measured: Measured) -> Iterator[str]:
    """The most doubtful rows and the pairs that say the same, each by file and line."""
    places = [f"{case.name}.csv:{line}" for case in cases for line in range(2, 2 + len(case.texts))]
    try:
        found = suspects(data, measured)
    except ModuleNotFoundError:
        yield "可疑标注 doubtful labels: 需要 cleanlab / need cleanlab: make test 会装 / make test installs it"
    else:
        yield f"可疑标注 doubtful labels (confident learning): {len(found)} / {len(data)}"
        for number in found[:SHOWN]:
            tagged = join(measured.given[number]) or "none"
            labelled = join(data[number].gold) or "none"
            yield f"  {places[number]}  {labelled} → {tagged}?  {data[number].subject.text[:60]}"
    pairs = list(near_duplicates([e.subject.text for e in data], at_least=MIN_SHINGLES))
    differing = [(a, b) for a, b in pairs if data[a].gold != data[b].gold]
    groups = len({example.group for example in data})
    yield (
        f"近似重复 near-duplicate passages: {len(pairs)}, 标注不同 with other labels: {len(differing)}; "
        f"案例组 groups of cases: {groups} / {len(cases)}"
    )
    for left, right in differing[:SHOWN]:
        yield f"  {places[left]} = {places[right]}  {data[left].subject.text[:60]}"
