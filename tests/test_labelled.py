"""What watches over the labelled corpus: groups for folds, doubtful labels, what the encoder was not taught."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline import encoder_held_out, evaluate, label_errors, train
from pipeline.blocks import CODES
from pipeline.duplicates import linked
from pipeline.figures import Measured
from pipeline.labelled import LabelledError, read_cases, read_second

SAME = "公司的客户主要是各地的三甲医院和连锁体检中心，产品由区域经销商送达。"


def corpus(tmp_path: Path, cases: dict[str, list[tuple[str, str]]]) -> list:
    (tmp_path / "cases").mkdir()
    index = "case,title,company,industry,style,script\n"
    for name, rows in cases.items():
        index += f"{name},题,甲公司,业,deck,hans\n"
        lines = "".join(f"{text},{codes}\n" for text, codes in rows)
        (tmp_path / "cases" / f"{name}.csv").write_text(f"text,blocks\n{lines}", encoding="utf-8")
    (tmp_path / "cases.csv").write_text(index, encoding="utf-8")
    return read_cases(tmp_path)


def test_cases_that_share_a_passage_are_one_group():
    cases = [[SAME, "第一"], ["另一家企业的广告收入来自电梯里的屏幕和楼宇海报。"], [SAME + "！"], ["第一"]]
    assert linked(cases) == [0, 1, 0, 3]


def test_a_second_reading_is_compared_with_the_first(tmp_path):
    cases = corpus(tmp_path, {"a": [("甲", "none"), ("乙", "CH;KA"), ("丙", "CO")], "b": [("丁", "KA")]})
    assert read_second(tmp_path, cases) == {}
    (tmp_path / "second-pass.csv").write_text("case,row,blocks\na,1,none\na,2,CH\na,3,CO\n", encoding="utf-8")
    second = read_second(tmp_path, cases)
    assert second == {("a", 1): frozenset(), ("a", 2): frozenset({"CH"}), ("a", 3): frozenset({"CO"})}
    line = evaluate.agreement(cases, second)
    assert "3 / 4" in line  # CH and CO agree, KA never: 2 / 3
    assert line.endswith("macro-F1 0.667 · 完全一致 the same 0.667")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,3,CH", "没有这个段落"),
        ("x,1,CH", "没有这个段落"),
        ("a,一,CH", "没有这个段落"),
        ("a,1,XX", "XX"),
        ("a,1,CH\na,1,CH", "段落重复"),
        ("a,1", "列数不对"),
    ],
)
def test_a_wrong_second_reading_is_named_by_its_line(tmp_path, row, said):
    cases = corpus(tmp_path, {"a": [("甲", "none"), ("乙", "CH")]})
    (tmp_path / "second-pass.csv").write_text(f"case,row,blocks\n{row}\n", encoding="utf-8")
    with pytest.raises(LabelledError, match=said) as error:
        read_second(tmp_path, cases)
    assert str(error.value).startswith(f"second-pass.csv:{row.count(chr(10)) + 2}")


def test_no_fold_splits_a_group(tmp_path, terms):
    cases = corpus(tmp_path, {"a": [(SAME, "CH;CS")], "b": [("别的一句话。", "none")], "c": [(SAME, "CH")]})
    assert [e.group for e in train.examples(cases, terms)] == [0, 1, 0]


def test_doubtful_labels_and_copies_are_named_by_file_and_line(tmp_path, terms):
    pytest.importorskip("cleanlab")
    rows = [("产品通过门店和经销商销售给各地顾客。", "CH"), ("公司成立于那一年的春天里面。", "none")] * 12
    cases = corpus(tmp_path, {"a": [*rows, (SAME, "CH;CS")], "b": [(SAME, "none")]})
    data = train.examples(cases, terms)
    sure = np.full((len(data), len(CODES)), 0.02)
    for row, example in enumerate(data):
        sure[row, [CODES.index(code) for code in example.gold]] = 0.97
    sure[2] = 0.02
    sure[2, CODES.index("CO")] = 0.97  # gold says CH there
    gold = [e.gold for e in data]
    measured = Measured(gold, gold, [str(e.case) for e in data], sure, np.full(9, 0.3))
    lines = list(label_errors.report(cases, data, measured))
    assert lines[0].endswith(f"1 / {len(data)}")
    assert lines[1].startswith("  a.csv:4  CH → CH?")
    assert any("a.csv:26 = b.csv:2" in line for line in lines)


def test_odds_of_held_out_cases_are_found_again_after_other_cases_came_and_rows_were_rewritten(tmp_path):
    cases = corpus(tmp_path, {"a": [("甲", "none"), ("乙", "CH")], "b": [("丙", "KA")]})
    odds = np.arange(27.0).reshape(3, 9)
    odds[1] = np.nan
    (tmp_path / encoder_held_out.FILE).write_bytes(encoder_held_out.to_bytes(cases, odds))
    again = encoder_held_out.read(tmp_path, cases[1:] + cases[:1])
    assert again[:2].tolist() == odds[[2, 0]].tolist()
    assert np.isnan(again[2]).all()
    assert np.isnan(encoder_held_out.read(tmp_path / "cases", cases)).all()


def test_the_sum_of_both_raters_is_measured_on_what_both_rated(tmp_path, terms):
    rows = [("产品通过门店和经销商销售。", "CH"), ("公司成立于那一年的春天。", "none")] * 6
    cases = corpus(tmp_path, {"a": rows, "b": rows})
    data = train.examples(cases, terms)
    rated = np.full((len(data), 9), -4.0)
    for row, example in enumerate(data):
        rated[row, [CODES.index(code) for code in example.gold]] = 4.0
    rated[3] = np.nan
    measured = evaluate.measured_mixed(data, np.zeros((len(data), 9)), rated)
    assert len(measured.gold) == len(data) - 1
    assert measured.given == measured.gold
