"""What cleaning did to one file: every rule that was used, how often, and cases before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline import inputs, store
from pipeline.clean import clean_listing
from pipeline.records import Extraction, Skipped
from pipeline.repairs import Repair, count, passage_repairs, rules
from pipeline.report.glossary import reasons
from pipeline.segment import segment
from pipeline.split import seam_repairs, split

SHOWN = 3  # cases of each rule, unless all are asked for


@dataclass(frozen=True, slots=True)
class Explanation:
    """The lines to print, and whether anything could be read."""

    lines: tuple[str, ...]
    readable: bool


def explain(path: Path, *, time_limit: float, everything: bool) -> Explanation:
    """The cleaning of one file, or of each member of an archive, read as `extract` reads it; for what
    cannot be read the reason and what to do.

    Raises SandboxBroken if no reader can be started.
    """
    items, _ = inputs.read(
        [store.single(path)],
        cache=None,
        workers=1,
        time_limit=time_limit,
        retry_quarantined=False,
        report=lambda *_: None,
    )
    lines: list[str] = []
    readable = False
    for item in items:
        if isinstance(item.result, Skipped):
            zh, en = reasons().get(item.result.reason, (item.result.reason, item.result.reason))
            lines += [f"{item.name}: {item.result.status} {item.result.reason}", f"  {zh}", f"  {en}"]
        elif not item.is_archive:
            readable = True
            lines += [f"{item.name} · {item.result.type} · {len(item.result.pages)} 页 pages"]
            lines += _explain(item, item.result, everything)
    return Explanation(tuple(map(_printable, lines)), readable)


def _explain(item: inputs.Input, extraction: Extraction, everything: bool) -> Iterator[str]:
    file, made = clean_listing(extraction.pages)
    repairs = [*made, *seam_repairs(file)]
    for document in split(file, item.source):
        repairs += passage_repairs(document, segment(document, file))
    counts = count(repairs)
    if not counts:
        yield "没有要清理的 nothing to clean"
    cases = _by_rule(repairs)
    for name, times in counts.items():
        rule = rules()[name]
        yield f"\n{name} × {times}: {rule.zh} / {rule.en}"
        shown = cases[name] if everything else cases[name][:SHOWN]
        for case in shown:
            yield f"  p.{case.page}  {case.before} → {case.after or '∅'}"
        if len(cases[name]) > len(shown):
            yield f"  … 其余 {len(cases[name]) - len(shown)} 处 more (--all)"


def _by_rule(repairs: Iterable[Repair]) -> dict[str, list[Repair]]:
    found: dict[str, list[Repair]] = {}
    for repair in repairs:
        found.setdefault(repair.rule, []).append(repair)
    return found


def _printable(line: str) -> str:
    """A line without characters that would move the cursor or the colours of a terminal."""
    start = "\n" if line.startswith("\n") else ""
    body = line.removeprefix("\n").replace("\t", " ⇥ ").replace("\n", " ⏎ ")
    return start + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in body)
