"""What the encoder would learn from: the blocks of two readers as one target, passages made messy."""

from __future__ import annotations

import random

from pipeline.blocks import CODES
from pipeline.encoder_passages import Passage, varied
from pipeline.features import Subject


def passage(text: str, case: int, gold: str, second: str) -> Passage:
    return Passage.of(case, Subject(text), frozenset(gold.split()), frozenset(second.split()))


def test_two_readers_are_one_target():
    found = passage("门店", 1, "CH KR", "CH")
    assert dict(zip(CODES, found.wanted, strict=True)) == {**dict.fromkeys(CODES, 0.0), "CH": 1.0, "KR": 0.5}


def test_two_passages_run_into_one_hold_the_blocks_of_both():
    texts = ["公司通过线下门店销售咖啡。", "原材料由三家供应商长期供应。"]
    data = [
        passage(texts[0], 1, "CH", "CH"),
        passage(texts[1], 1, "KP", ""),
        passage("另一篇的段落，不会并进来。", 2, "", ""),
    ]
    first, *_, last = varied(data, random.Random(1), 1.0)
    assert first.text.endswith(texts[1])
    assert first.wanted == passage("", 1, "CH KP", "CH").wanted
    assert last.text.startswith("另一篇")
    assert len(list(varied(data, random.Random(1), 0.0))) == len(data)
