"""What the encoder would learn from: targets of two readers, of an unlabelled table, made messy."""

from __future__ import annotations

import random

import pytest

from pipeline import retrain
from pipeline.blocks import CODES
from pipeline.encoder_passages import LABELLED_TO_ONE, TIMES, Passage, beside, varied
from pipeline.features import Subject
from pipeline.tagging import TableError

TABLE = """id,document,text
1,a,目录
2,a,公司通过线下门店和自营网上商城向年轻消费者销售咖啡。
3,a,2010年公司在上海成立。
4,b,公司主要原材料供应商为三家化工企业，均签有长期协议。
"""


def passage(text: str, case: int = 1, **wanted: float) -> Passage:
    return Passage.of(case, Subject(text), tuple(wanted.get(code, 0.0) for code in CODES))


def test_two_readers_are_one_target():
    found = Passage.labelled(1, Subject("门店"), frozenset({"CH", "KR"}), frozenset({"CH"}))
    assert dict(zip(CODES, found.wanted, strict=True)) == {**dict.fromkeys(CODES, 0.0), "CH": 1.0, "KR": 0.5}


def test_unlabelled_passages_stand_among_labelled_ones():
    labelled = [passage(f"标注{n}") for n in range(100)]
    others = [passage(f"无标注{n}") for n in range(10)]
    read = beside(labelled, others)
    assert sum(p in others for p in read) == TIMES * 10
    assert sum(p in labelled for p in read) == LABELLED_TO_ONE * TIMES * 10
    assert read == beside(labelled, others)  # the same draw each time
    assert len(beside(labelled[:5], others)) == 5 + TIMES * 10


def test_two_passages_run_into_one_hold_the_blocks_of_both():
    texts = ["公司通过线下门店销售咖啡。", "原材料由三家供应商长期供应。"]
    data = [passage(texts[0], CH=1.0), passage(texts[1], KP=0.5), passage("另一篇的段落，不会并进来。", 2)]
    first, *_, last = varied(data, random.Random(1), 1.0)
    assert first.text.endswith(texts[1])
    assert first.wanted == passage("", CH=1.0, KP=0.5).wanted
    assert last.text.startswith("另一篇")


def test_an_unlabelled_table_is_taught_by_the_present_tagger():
    found = retrain.taught(TABLE, 7)
    assert [p.text[:4] for p in found] == ["公司通过", "2010", "公司主要"]  # the contents line carries no tag
    assert {p.case for p in found} == {7}
    shop, founded, supplier = (dict(zip(CODES, p.wanted, strict=True)) for p in found)
    assert shop["CH"] > 0.5 > founded["CH"]
    assert supplier["KP"] > 0.5
    assert found[1].previous.startswith("公司通过")


def test_a_table_without_its_columns_is_named():
    with pytest.raises(TableError, match="text"):
        retrain.taught("id,passage\n1,门店\n", 1)
