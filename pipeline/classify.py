"""*** The only place that creates a Tag. ***

"Why was this tagged 渠道通路?" A tag is given where the summed evidence of a block, put through the
block's calibrated link, reaches the block's threshold, and the passage can carry a tag at all:
contents lists, definitions, authors, references, boilerplate and bare names cannot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.blocks import CODES
from pipeline.features import Subject, extract
from pipeline.lexicon import Lexicon
from pipeline.model import Entry, FloatArray, Model
from pipeline.records import TAGGABLE, Evidence, Tag

DOUBT = 0.5
"""Of log-odds, from a threshold: between these lie about half of all wrong and missing tags of the
folds and a sixth of the passages (`huabu evaluate`)."""
ENCODER_ENTRY = Entry("encoder", "", -1, -1, -1, 1.0, "encoder/encoder.onnx")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A passage with everything that speaks for or against each block."""

    subject: Subject
    scores: dict[str, float]
    probabilities: dict[str, float]
    entries: tuple[Entry, ...]
    contributions: FloatArray

    def evidence(self, block: str, model: Model) -> tuple[Evidence, ...]:
        """The rows whose sum is the block's score, also where it stayed below the threshold."""
        return model.evidence(block, self.entries, self.contributions)


def weigh(subject: Subject, model: Model, lexicon: Lexicon) -> Weighed:
    """The evidence of a passage, added up for every block."""
    entries = tuple(model.entries(extract(subject, lexicon)))
    contributions = model.contributions(entries)
    if can_carry_tag(subject) and (rated := model.rate(subject)) is not None:
        entries = (*entries, ENCODER_ENTRY)
        contributions = np.column_stack([contributions, rated])
    scores = dict(zip(CODES, map(float, model.scores(contributions)), strict=True))
    probabilities = {code: model.probability(code, score) for code, score in scores.items()}
    return Weighed(subject, scores, probabilities, entries, contributions)


def can_carry_tag(subject: Subject) -> bool:
    """Whether a passage of this role states anything: body, table rows, headings that say more
    than a name."""
    return subject.role in TAGGABLE and not subject.bare


def decide(weighed: Weighed, model: Model) -> tuple[Tag, ...]:
    """The tags of a weighed passage, in canvas order."""
    if not can_carry_tag(weighed.subject):
        return ()
    return tuple(
        Tag(code, weighed.scores[code], round(p, 6), weighed.evidence(code, model))
        for code, threshold in zip(CODES, model.thresholds, strict=True)
        if (p := weighed.probabilities[code]) >= threshold
    )


def doubtful(weighed: Weighed, model: Model) -> tuple[str, ...]:
    """The blocks a reader should decide on: tagged or not, their probability is within DOUBT of the
    threshold. None for a passage that cannot carry tags."""
    if not can_carry_tag(weighed.subject):
        return ()
    return tuple(
        code
        for code, threshold in zip(CODES, model.thresholds, strict=True)
        if abs(_logit(weighed.probabilities[code]) - _logit(float(threshold))) < DOUBT
    )


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))


def classify(subject: Subject, model: Model, lexicon: Lexicon) -> tuple[Tag, ...]:
    """Tags whose summed evidence reaches the block's threshold; each carries that evidence."""
    return decide(weigh(subject, model, lexicon), model)
