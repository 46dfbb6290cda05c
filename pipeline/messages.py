"""What `build` says when it is done, in Chinese or in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.build import Outcome
from pipeline.report.glossary import reasons

SHOWN = 10  # problems listed by name; the ledger has all of them

_TEXTS = {
    "zh": {
        "counts": "{o.files} 个文件，{o.ok} 个读成：{o.documents} 篇文档，{o.passages} 个段落，{o.tags} 个标签",
        "unchanged": "没有变化，输出保持原样",
        "skipped": "没有读成的文件（{n}）：",
        "more": "  …… 其余 {n} 个见 {out}/ledger.csv",
        "next": "看结果：{out}/site/index.html（网页）、{out}/huabu.xlsx（表格）、{out}/canvas_wide.csv（一行一篇文档）",
        "why": "问为什么：huabu explain {out} 段落编号（编号在 canvas.csv 里）",
        "nothing": "没有一个文件读得出文字；把案例（PDF、Word、TXT）放进 {raw} 再试",
    },
    "en": {
        "counts": "{o.files} files, {o.ok} read: {o.documents} documents, {o.passages} passages, {o.tags} tags",
        "unchanged": "nothing changed, outputs left as they are",
        "skipped": "files not read ({n}):",
        "more": "  … {n} more in {out}/ledger.csv",
        "next": "results: {out}/site/index.html (page), {out}/huabu.xlsx (workbook), {out}/canvas_wide.csv (a row per document)",
        "why": "ask why: huabu explain {out} PASSAGE_ID (ids are in canvas.csv)",
        "nothing": "no file gave any text; put case studies (PDF, Word, TXT) into {raw} and try again",
    },
}


def summary(outcome: Outcome, raw: Path, out: Path, language: str) -> Iterator[str]:
    """The lines at the end of a build: counts, what was not read and why, where to look next."""
    texts = _TEXTS[language]
    yield texts["counts"].format(o=outcome)
    if outcome.problems:
        yield texts["skipped"].format(n=len(outcome.problems))
        for path, reason in outcome.problems[:SHOWN]:
            explained = reasons().get(reason, (reason, reason))[language == "en"]
            yield f"  {reason}: {printable(path)} — {explained}"
        if len(outcome.problems) > SHOWN:
            yield texts["more"].format(n=len(outcome.problems) - SHOWN, out=out)
    if outcome.unchanged:
        yield texts["unchanged"]
    if outcome.ok:
        yield texts["next"].format(out=out)
        yield texts["why"].format(out=out)
    else:
        yield texts["nothing"].format(raw=raw)


def printable(path: str) -> str:
    """A path without characters that would move the cursor or the colours of a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in path)
