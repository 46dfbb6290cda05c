"""Why a passage has its tags: every row of the sum, also of blocks below their threshold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline import store
from pipeline.blocks import CODES, blocks
from pipeline.classify import can_carry_tag, decide, weigh
from pipeline.features import Subject
from pipeline.lexicon import Lexicon
from pipeline.matching import matching_copy
from pipeline.model import Model, ModelError, load_tagger
from pipeline.records import Evidence
from pipeline.tokens import tokenize

SHOWN = 8
MOVING = 5  # words shown that move the encoder most
MAX_OCCLUDED = 60  # words tried: each costs the encoder another reading


class UnknownPassage(LookupError):
    """No passage of that id in the output folder."""


def explain(out: Path, passage_id: str, lexicon: Lexicon, *, everything: bool = False) -> list[str]:
    """Lines that say, for each block, score, threshold and evidence of a published passage.

    Raises UnknownPassage, and ModelError if the model is not the one that built `out`.
    """
    run, passages = store.read_published(out, "run.json"), store.read_published(out, "passages.parquet")
    if run is None or passages is None:
        raise UnknownPassage(
            f"{out}: 没有构建结果, 先运行 huabu build / no build here, run huabu build first"
        )
    facts = json.load(run)
    model = load_tagger(facts.get("tagger", "linear"))
    if facts["model"] != model.checksum or facts["lexicon"] != store.code_fingerprint("resources/lexicon"):
        raise ModelError(
            f"{out} 由另一个模型或词典生成, 请重新 huabu build / was built by another model or lexicon"
        )
    table = pd.read_parquet(passages)
    rows = table[table["passage_id"] == passage_id]
    if rows.empty:
        raise UnknownPassage(
            f"{passage_id}: 没有这个段落 no such passage; 编号见 ids are in {out}/passages.csv"
        )
    row = rows.iloc[0]
    same = table[table["doc_id"] == row["doc_id"]]
    texts = ["", *map(str, same["text"]), ""]
    place = int((same["passage_id"] == passage_id).to_numpy().argmax()) + 1
    subject = _subject(row, texts[place - 1], texts[place + 1])
    weighed = weigh(subject, model, lexicon)
    kept = {tag.block for tag in decide(weighed, model)}
    lines = [
        f"段落 passage {passage_id}",
        f"  原文 text: {row['text']}",
        f"  标题路径 headings: {row['heading_path'] or '—'}",
        f"  角色 role: {row['role']}"
        + ("" if can_carry_tag(subject) else " (不参与标注 cannot carry a tag)"),
    ]
    order = sorted(CODES, key=lambda c: (c not in kept, -weighed.probabilities[c]))
    for code in order:
        threshold = float(model.thresholds[CODES.index(code)])
        verdict = (
            "标注 TAG"
            if code in kept
            else "未达阈值 below"
            if weighed.probabilities[code] < threshold
            else "角色不可标注 role"
        )
        lines.append(
            f"\n{code} {blocks()[code].zh}: {verdict} · 得分 score {weighed.scores[code]:+.6f} · "
            f"概率 probability {weighed.probabilities[code]:.3f} · 阈值 threshold {threshold:.3f}"
        )
        evidence = weighed.evidence(code, model)
        shown = evidence if everything else evidence[:SHOWN]
        lines += [_line(e) for e in shown]
        if model.encoder is not None and code in kept:
            lines += [f"    {line}" for line in _moving_words(subject, code, model)]
        if len(evidence) > len(shown):
            rest = round(sum(e.weight for e in evidence[len(shown) :]), 6)
            lines.append(f"  {rest:+10.6f}  … 其余 {len(evidence) - len(shown)} 行 more rows (--all)")
        lines.append(f"  {weighed.scores[code]:+10.6f}  = 合计 sum")
    return lines


def _moving_words(subject: Subject, code: str, model: Model) -> list[str]:
    """The words without which the encoder's row would be most smaller or larger (occlusion)."""
    before = model.rate(subject)
    assert before is not None
    column = CODES.index(code)
    copy = matching_copy(subject.text)
    moved: list[tuple[float, str]] = []
    for _, start, end in tokenize(copy)[:MAX_OCCLUDED]:
        first, last = copy.span(start, end)
        without = model.rate(replace(subject, text=subject.text[:first] + subject.text[last:]))
        assert without is not None
        moved.append((float(before[column] - without[column]), subject.text[first:last]))
    moved.sort(key=lambda m: (-abs(m[0]), m[1]))
    words = "  ".join(f"{word} {effect:+.2f}" for effect, word in moved[:MOVING])
    return [f"编码器最看重的词 words that move the encoder most: {words}"] if words else []


def _line(row: Evidence) -> str:
    place = f"[{row.start}:{row.end}]" if row.start >= 0 else ""
    return f"  {row.weight:+10.6f}  {row.kind:9} {row.term}{place}  ← {row.source}"


def _subject(row: pd.Series, previous: str, following: str) -> Subject:
    """The passage as `build` saw it."""
    return Subject(
        text=str(row["text"]),
        role=row["role"],
        heading_path=tuple(p for p in str(row["heading_path"]).split(" > ") if p),
        bare=bool(row["bare"]),
        previous=previous,
        following=following,
    )
