"""The encoder as one more row of the sum, and what happens when its files are not as they were."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline import encoder, model, store
from pipeline.blocks import CODES
from pipeline.classify import classify, decide, weigh
from pipeline.features import Subject

TEXT = "公司通过线下门店和自营网上商城向年轻消费者销售咖啡。"
NUMBERS = {"weights": [0.5] * 9, "links": [[1.0, 0.0]] * 9, "thresholds": [0.3] * 9}


class FixedOdds:
    """Stands in for the runtime: the same log-odds whatever it reads; keeps what it was asked."""

    def __init__(self, odds: list[float]) -> None:
        self.odds, self.asked = odds, 0

    def run(self, _names, inputs):
        assert inputs["embedded"].shape[1:] == (inputs["own"].shape[1], 384)
        self.asked += 1
        return [np.array([self.odds], dtype=np.float32)]


@pytest.fixture
def rater():
    from pipeline.pieces import Pieces

    texts = ["<s>", "<pad>", "</s>", "<unk>", "▁", *sorted(set(TEXT))]
    pieces = Pieces.of(texts, [-5.0] * len(texts), {})
    rows = np.zeros((len(texts), 12, encoder.PACKED), dtype=np.uint8)
    return encoder.Encoder(
        pieces, rows, FixedOdds([1.234567] * 9), *(np.array(v) for v in NUMBERS.values()), "checksum"
    )


def test_the_encoder_is_one_row_of_the_sum(trained, terms, rater):
    both = model.with_encoder(trained, rater)
    subject = Subject(TEXT, heading_path=("销售模式",))
    alone, weighed = weigh(subject, trained, terms), weigh(subject, both, terms)
    for code in CODES:
        rows = weighed.evidence(code, both)
        (own,) = [r for r in rows if r.kind == "encoder"]
        assert own.weight == pytest.approx(0.5 * 1.23)  # rounded before it is weighed
        assert round(sum(r.weight for r in rows), 6) == pytest.approx(weighed.scores[code], abs=1e-6)
        assert weighed.scores[code] == pytest.approx(alone.scores[code] + own.weight, abs=1e-6)
    assert all(tag.origin == "model" for tag in decide(weighed, both))


def test_what_cannot_carry_a_tag_is_not_read(trained, terms, rater):
    both = model.with_encoder(trained, rater)
    assert classify(Subject("目录", role="contents"), both, terms) == ()
    assert rater.session.asked == 0
    weigh(Subject(TEXT), both, terms)
    weigh(Subject(TEXT), both, terms)
    assert rater.session.asked == 1  # a repeated passage is read once


def test_input_keeps_the_passage_apart_from_its_context(rater):
    ids, mask = encoder.input_pieces(rater.pieces, Subject("门店", heading_path=("渠道",), previous="公司"))
    assert len(ids) == len(mask)
    assert sum(mask) == 4  # ▁, 门, 店 and the end
    assert mask == sorted(mask)  # context first


def test_unpack():
    rows = np.zeros((1, 1, encoder.PACKED), dtype=np.uint8)
    rows[0, 0, :2] = np.frombuffer(np.array([0.5], dtype="<f2").tobytes(), dtype=np.uint8)
    rows[0, 0, 2] = 0x9F  # low nibble 15 -> 7 × 0.5, high nibble 9 -> 1 × 0.5
    weights = encoder.unpack(rows)
    assert weights.shape == (1, 32)
    assert (weights[0, 0], weights[0, 16], weights[0, 1]) == (3.5, 0.5, -4.0)


def test_the_shipped_encoder_reads_and_adds_up(terms):
    both = model.load_tagger("ensemble")
    assert both.tagger == "ensemble"
    weighed = weigh(Subject(TEXT, heading_path=("销售模式",)), both, terms)
    assert "CH" in {tag.block for tag in decide(weighed, both)}
    for code in CODES:
        assert round(sum(r.weight for r in weighed.evidence(code, both)), 6) == pytest.approx(
            weighed.scores[code], abs=1e-6
        )


def test_no_encoder_means_the_linear_tagger(monkeypatch):
    monkeypatch.setattr(model, "encoder_available", lambda: False)
    assert model.load_tagger().tagger == "linear"
    assert model.load_tagger("linear").tagger == "linear"


@pytest.mark.parametrize(
    ("card", "contents"),
    [
        (None, {}),
        ({"format": 0}, {}),
        ({"format": 1, "blocks": list(CODES), "sha256": {}, **NUMBERS}, dict.fromkeys(encoder.FILES, b"x")),
        (
            {"format": 1, "blocks": list(CODES), "sha256": "right", **NUMBERS},
            dict.fromkeys(encoder.FILES, b"x"),
        ),
    ],
    ids=["missing", "another version", "altered", "not a model"],
)
def test_damaged_files_are_named_and_end_the_run(monkeypatch, card, contents):
    if card and card.get("sha256") == "right":
        card = {**card, "sha256": {n: store.sha256(d) for n, d in contents.items()}}

    def read(name: str) -> bytes:
        if name == "encoder/encoder.json" and card is not None:
            return json.dumps(card).encode()
        if name.removeprefix("encoder/") in contents:
            return contents[name.removeprefix("encoder/")]
        raise FileNotFoundError(name)

    monkeypatch.setattr(encoder.store, "resource_bytes", read)
    encoder.load.cache_clear()
    with pytest.raises(encoder.EncoderError):
        encoder.load()
    encoder.load.cache_clear()
