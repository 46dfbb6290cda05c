"""Gold -> figures: folds of the labelled corpus and, where given, a gold file."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline import blocks, lexicon, model, store, train
from pipeline.blocks import CODES
from pipeline.classify import can_carry_tag
from pipeline.labelled import Case, read_cases
from pipeline.tagging import tag_table

Sets = Sequence[frozenset[str]]
DRAWS = 400


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


def figures(gold: Sets, given: Sets) -> list[str]:
    """A line per block and the macro-F1."""
    lines = ["block  prec  rec   F1    n"]
    for code in CODES:
        precision, recall, score, support = f1(gold, given, code)
        lines.append(f"{code:5} {precision:.3f} {recall:.3f} {score:.3f} {support:4d}")
    exact = sum(g == p for g, p in zip(gold, given, strict=True)) / max(1, len(gold))
    return [*lines, f"macro-F1 {macro_f1(gold, given):.3f}  exact {exact:.3f}  passages {len(gold)}"]


def fold_sets(data: Sequence[train.Example], trained: model.Model) -> tuple[Sets, Sets]:
    """(gold, given) of every labelled passage, tagged by a model that did not see its case."""
    scores = train.out_of_fold(data)
    given = []
    for example, row in zip(data, scores, strict=True):
        kept = frozenset(
            code
            for code, score, threshold in zip(CODES, row, trained.thresholds, strict=True)
            if can_carry_tag(example.subject) and trained.probability(code, float(score)) >= threshold
        )
        given.append(kept)
    return [e.gold for e in data], given


def corpus_key(cases: Sequence[Case]) -> str:
    """Hash of the texts and labels of a labelled corpus."""
    return store.key_of(*(c.name + "".join(c.texts) + "".join(map(blocks.join, c.gold)) for c in cases))


def train_and_save(labelled: Path) -> Iterator[str]:
    """Train on the labelled corpus, replace the shipped model, say what it was made of."""
    cases = read_cases(labelled)
    terms = lexicon.load()
    data = train.examples(cases, terms)
    yield f"标注语料 labelled corpus: {len(cases)} cases, {len(data)} passages, {len({c.industry for c in cases})} industries"
    trained = train.train(data)
    facts = {
        "cases": len(cases),
        "passages": len(data),
        "labelled": corpus_key(cases),
        "lexicon": store.code_fingerprint("resources/lexicon"),
    }
    model.save(trained, facts, lambda name, content: store.write_resource(f"model/{name}", content))
    model.load.cache_clear()
    yield f"模型 model: {len(trained.words)} words, {len(trained.chars)} character n-grams"
    gold, given = fold_sets(data, trained)
    yield from figures(gold, given)


def report(labelled: Path, gold_file: Path | None) -> Iterator[str]:
    """Figures of the grouped folds and of a gold file with columns id,text,blocks[,document]."""
    terms, trained = lexicon.load(), model.load()
    data = train.examples(read_cases(labelled), terms)
    yield f"分组交叉验证 grouped folds of {labelled}"
    yield from figures(*fold_sets(data, trained))
    if gold_file:
        text = store.read_table(gold_file)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        tagged = csv.DictReader(io.StringIO(tag_table(text, trained, terms), newline=""))
        yield f"金标 gold {gold_file.name}"
        gold = [blocks.parse(r["blocks"], f"{gold_file.name}: {r['id']}") for r in rows]
        given = [blocks.parse(r["blocks"], "tags") for r in tagged]
        yield from figures(gold, given)
        low, high = interval(gold, given, [r.get("document") or "" for r in rows])
        yield f"95% [{low:.3f}, {high:.3f}] (bootstrap over documents)"
