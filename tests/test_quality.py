"""The quality gate: figures may not fall below the baseline, which names the corpus it was measured on.

Lowered only on purpose: `pytest tests/test_quality.py --update-baseline`, with a line in CHANGELOG.md.
"""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path

import pytest
from conftest import ROOT

from pipeline import blocks, evaluate, figures, model, store, train
from pipeline.classify import weigh
from pipeline.labelled import LabelledError, read_cases
from pipeline.tagging import infer

BASELINE = ROOT / "tests" / "gold" / "baseline.json"
LABELLED = ROOT / "data" / "labelled"
SLACK = 0.005  # libraries of another platform round differently
BLOCK_SLACK = 0.02  # one passage of a rare block is worth as much
MIN_SUPPORT = 20  # passages from which a block has a floor of its own


def check(request, name: str, corpus: str, measured: figures.Measured) -> None:
    """Hold macro-F1, presence, P@3 and each frequent block to the baseline of that name."""
    blocks_f1 = {c: figures.f1(measured.gold, measured.given, c) for c in blocks.CODES}
    found = {
        "macro_f1": figures.macro_f1(measured.gold, measured.given),
        "presence": figures.presence(measured),
        "precision_at_3": figures.precision_at_3(measured),
    } | {code: f1 for code, (_, _, f1, support) in blocks_f1.items() if support >= MIN_SUPPORT}
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if request.config.getoption("--update-baseline"):
        baseline[name] = {"corpus": corpus} | {key: round(value, 3) for key, value in found.items()}
        BASELINE.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n")
    floors = dict(baseline[name])
    assert floors.pop("corpus") == corpus, f"{name} changed: measure anew with --update-baseline"
    slack = {key: SLACK if key == "macro_f1" else BLOCK_SLACK for key in floors}
    fallen = {key: (floor, found[key]) for key, floor in floors.items() if found[key] < floor - slack[key]}
    assert not fallen, "(baseline, now)"


@pytest.mark.external  # a minute and a half: five models of 12,000 passages
def test_folds_of_the_labelled_corpus(request, trained, terms):
    """With the weights trained on the other folds and the shipped links and thresholds."""
    cases = read_cases(LABELLED)
    data = train.examples(cases, terms)
    measured = evaluate.measured_folds(data, trained)
    corpus = store.key_of(
        *(t for c in cases for t in c.texts), *(blocks.join(g) for c in cases for g in c.gold)
    )
    check(request, "folds", corpus, measured)


# The encoder takes 20 seconds for both: too long for the quick tests.
@pytest.mark.parametrize("tagger", ["linear", pytest.param("ensemble", marks=pytest.mark.external)])
@pytest.mark.parametrize("name", ["dev", "seed"])
def test_gold(request, terms, name, tagger):
    folder = os.environ.get("HUABU_GOLD")
    if not folder:
        pytest.skip("HUABU_GOLD is not set")
    text = (Path(folder) / f"{name}.csv").read_text(encoding="utf-8-sig")
    measured = evaluate.measured_gold(text, model.load_tagger(tagger), terms, name)
    check(request, f"{name} {tagger}", store.sha256(text.encode()), measured)


@pytest.mark.external
def test_every_score_of_gold_is_the_sum_of_its_evidence(terms):
    """The sum law on real passages: every block of every row, tagged or not."""
    folder = os.environ.get("HUABU_GOLD")
    if not folder:
        pytest.skip("HUABU_GOLD is not set")
    rows = list(csv.DictReader(StringIO(store.read_table(Path(folder) / "dev.csv"), newline="")))
    trained = model.load_tagger("ensemble")
    for subject in infer([row["text"] for row in rows]):
        weighed = weigh(subject, trained, terms)
        for code in blocks.CODES:
            total = sum(row.weight for row in weighed.evidence(code, trained))
            assert round(total, 6) == pytest.approx(weighed.scores[code], abs=1e-9), subject.text


def test_the_shipped_model_is_the_one_of_this_corpus_and_lexicon():
    card = json.loads(store.resource_text("model/model.json"))
    cases = read_cases(LABELLED)
    assert card["cases"] == len(cases)
    assert card["labelled"] == evaluate.corpus_key(cases), "run `make train`"
    assert card["lexicon"] == store.code_fingerprint("resources/lexicon"), "run `make train`"


def test_the_corpus_is_as_large_and_varied_as_it_says():
    cases = read_cases(LABELLED)
    passages = sum(len(c.texts) for c in cases)
    card = (LABELLED / "README.md").read_text(encoding="utf-8")
    assert f"{len(cases)} 篇" in card
    assert f"{passages:,} 个段落" in card
    assert len({c.style for c in cases}) >= 6
    assert {"hans", "hant"} <= {c.script for c in cases}


@pytest.mark.parametrize(
    ("index", "rows", "message"),
    [
        ("a,题,,业,deck,hans", "门店,\n", "a.csv:2: 没有标注"),
        ("a,题,,业,deck,hans", "门店,XX\n", "a.csv:2: 未知的模块代码"),
        ("a,题,,业,deck,hans", "门店,CH,more\n", "a.csv:2: 列数不对"),
        ("a,题,,业,deck,hans", "  ,none\n", "a.csv:2: 段落为空"),
        ("b,题,,业,deck,hans", "门店,CH\n", "cases.csv: 与 cases/ 不一致"),
    ],
)
def test_wrong_labelled_files_are_named(tmp_path, index, rows, message):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases.csv").write_text(
        f"case,title,company,industry,style,script\n{index}\n", encoding="utf-8"
    )
    (tmp_path / "cases" / "a.csv").write_text(f"text,blocks\n{rows}", encoding="utf-8")
    with pytest.raises(LabelledError, match=message):
        read_cases(tmp_path)


def test_figures_of_known_sets():
    gold = [frozenset({"KP"}), frozenset({"CH"}), frozenset(), frozenset({"KP", "CH"})]
    given = [frozenset({"KP"}), frozenset({"KP"}), frozenset(), frozenset({"KP", "CH"})]
    assert figures.f1(gold, given, "KP") == (2 / 3, 1.0, 0.8, 2)
    assert figures.macro_f1(gold, given) == pytest.approx((0.8 + 2 / 3) / 2)
    low, high = figures.interval(gold, given, ["a", "b", "c", "d"])
    assert 0 <= low <= figures.macro_f1(gold, given) <= high <= 1
