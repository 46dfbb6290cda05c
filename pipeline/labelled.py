"""The labelled corpus: our own case studies, a passage per row, with their blocks.

`data/labelled/cases.csv` lists the cases, `data/labelled/cases/<case>.csv` holds the passages,
`data/labelled/second-pass.csv` what a second reader gave them without seeing the first labels.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import blocks, store
from pipeline.segment import Context, annotate

INDEX = ["case", "title", "company", "industry", "style", "script"]
ROWS = ["text", "blocks"]
SECOND = ["case", "row", "blocks"]


class LabelledError(ValueError):
    """A labelled file is wrong; the text names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled case study; texts, gold and contexts are parallel."""

    name: str
    title: str
    company: str
    industry: str
    style: str
    script: str
    texts: tuple[str, ...]
    gold: tuple[frozenset[str], ...]
    contexts: tuple[Context, ...]


def read_cases(folder: Path) -> list[Case]:
    """All cases of the index, in its order.

    Raises LabelledError for unknown columns, codes, an unlabelled row (write `none`), or a file
    that is not in the index.
    """
    index = _rows(folder / "cases.csv", INDEX)
    listed = [row["case"] for _, row in index]
    present = {p.stem for p in (folder / "cases").glob("*.csv")}
    if strays := present ^ set(listed):
        raise LabelledError(f"cases.csv: 与 cases/ 不一致 index and folder differ: {sorted(strays)}")
    cases = []
    for _, row in index:
        file = folder / "cases" / f"{row['case']}.csv"
        texts, gold = [], []
        for line, passage in _rows(file, ROWS):
            where = f"{file.name}:{line}"
            if not passage["text"].strip():
                raise LabelledError(f"{where}: 段落为空, 请删去这一行 / empty passage, remove the row")
            if not passage["blocks"]:
                raise LabelledError(f"{where}: 没有标注; 不属于任何模块请写 none / no label, write none")
            try:
                gold.append(blocks.parse(passage["blocks"], where))
            except ValueError as error:
                raise LabelledError(str(error)) from None
            texts.append(passage["text"])
        cases.append(
            Case(
                name=row["case"],
                title=row["title"],
                company=row["company"],
                industry=row["industry"],
                style=row["style"],
                script=row["script"],
                texts=tuple(texts),
                gold=tuple(gold),
                contexts=tuple(annotate(texts, title=row["title"])),
            )
        )
    return cases


def read_second(folder: Path, cases: Sequence[Case]) -> dict[tuple[str, int], frozenset[str]]:
    """(case, row from 1) -> the blocks a second reader gave; a passage read only once is not in it.

    Raises LabelledError for a case or row that is not there, one given twice, or an unknown code.
    """
    file = folder / "second-pass.csv"
    sizes = {case.name: len(case.texts) for case in cases}
    found: dict[tuple[str, int], frozenset[str]] = {}
    for line, row in _rows(file, SECOND) if file.exists() else ():
        where = f"{file.name}:{line}"
        number = int(row["row"]) if row["row"].isdecimal() else 0
        if not 1 <= number <= sizes.get(row["case"], 0):
            raise LabelledError(f"{where}: 没有这个段落 no such passage: {row['case']} {row['row']}")
        if (row["case"], number) in found:
            raise LabelledError(f"{where}: 段落重复, 请删去一行 / passage given twice, remove one row")
        try:
            found[row["case"], number] = blocks.parse(row["blocks"], where)
        except ValueError as error:
            raise LabelledError(str(error)) from None
    return found


def _rows(path: Path, columns: list[str]) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(store.read_table(path).splitlines())
    if reader.fieldnames != columns:
        raise LabelledError(
            f"{path.name}:1: 列应为 columns must be {','.join(columns)}, not {reader.fieldnames}"
        )
    rows = []
    for line, row in enumerate(reader, start=2):
        if None in row or None in row.values():
            raise LabelledError(f"{path.name}:{line}: 列数不对 wrong number of cells")
        rows.append((line, row))
    return rows
