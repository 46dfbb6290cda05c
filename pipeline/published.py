"""What a build published, as DataFrames: where notebooks and other programs begin."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import explain, lexicon, model, store
from pipeline.blocks import CODES, blocks
from pipeline.report.tables import guard

USUAL = (Path("data/processed"), Path("../data/processed"))
"""Where `make all` puts its output, seen from the project and from `notebooks/`."""


class NotBuilt(LookupError):
    """There is no complete build in the folder; the text says which, and the remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """The tables of one build (columns: see DESIGN or README), raw values, and its run facts."""

    out: Path
    run: dict[str, Any]
    ledger: pd.DataFrame = field(repr=False)
    documents: pd.DataFrame = field(repr=False)
    passages: pd.DataFrame = field(repr=False)
    evidence: pd.DataFrame = field(repr=False)
    canvas: pd.DataFrame = field(repr=False)
    canvas_wide: pd.DataFrame = field(repr=False)
    companies: pd.DataFrame = field(repr=False)
    periods: pd.DataFrame = field(repr=False)
    comparison: pd.DataFrame = field(repr=False)
    terms: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Canvases:
    """The tables that a canvas is drawn from."""

    documents: pd.DataFrame = field(repr=False)
    canvas: pd.DataFrame = field(repr=False)
    companies: pd.DataFrame = field(repr=False)


def load_canvases(out: Path) -> Canvases:
    """The canvases published in `out`. Raises NotBuilt if no build is there."""
    return Canvases(**{f.name: _table(out, f"{f.name}.parquet") for f in fields(Canvases)})


def load(out: str | Path | None = None) -> Published:
    """What is published in `out`, else in `$HUABU_OUT`, else where `make all` puts it.

    Raises NotBuilt if no build is there.
    """
    given = out if out is not None else os.environ.get("HUABU_OUT")
    places = (Path(given),) if given else USUAL
    for place in places:
        if facts := store.read_published(place, "run.json"):
            return _read(place, json.load(facts))
    where = " , ".join(p.as_posix() for p in places)
    raise NotBuilt(f"{where}: 先运行 make all / run make all first")


def _read(out: Path, facts: dict[str, Any]) -> Published:
    names = [f.name for f in fields(Published) if f.name not in ("out", "run")]
    return Published(out, facts, **{name: _table(out, f"{name}.parquet") for name in names})


def _table(out: Path, name: str) -> pd.DataFrame:
    stream = store.read_published(out, name)
    if stream is None:
        raise NotBuilt(f"{(out / name).as_posix()} 不见了 is missing: 先运行 make all / run make all first")
    return pd.read_parquet(stream)


def why(published: Published, passage_id: str, *, everything: bool = False) -> str:
    """What `huabu explain` says about a passage: all nine blocks, also those below their threshold.

    Raises UnknownPassage, and ModelError if model or lexicon changed since the build.
    """
    lines = explain.explain(published.out, passage_id, lexicon.load(), everything=everything)
    return "\n".join(lines)


def decision(published: Published, passage_id: str) -> pd.DataFrame:
    """One row per block of a passage, best first: score, probability, threshold, whether tagged.

    Raises UnknownPassage, and ModelError if the model is not the one of the build.
    """
    trained = model.load_tagger(published.run.get("tagger", "linear"))
    if published.run["model"] != trained.checksum:
        raise model.ModelError(
            "这些表由另一个模型生成, 请重新 make all / these tables were built by another model, run make all again"
        )
    rows = published.passages[published.passages["passage_id"] == passage_id]
    if rows.empty:
        raise explain.UnknownPassage(f"{passage_id}: 没有这个段落 no such passage")
    row = rows.iloc[0]
    kept = str(row["blocks"]).split(";")
    table = pd.DataFrame(
        [
            {
                "block": code,
                "block_zh": blocks()[code].zh,
                "score": float(row[f"score_{code}"]),
                "probability": trained.probability(code, float(row[f"score_{code}"])),
                "threshold": float(trained.thresholds[number]),
                "tagged": code in kept,
            }
            for number, code in enumerate(CODES)
        ]
    )
    return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)


def data_line(source: str) -> str:
    """The line of data that a `source` of the evidence names, ready to be looked for and edited.

    >>> data_line("lexicon/CH.csv:2").split(",")[0]
    '渠道通路'
    """
    name, _, number = source.rpartition(":")
    if not name.startswith("lexicon/") or not number.isdigit():
        raise ValueError(
            f"{source}: 不是词典的一行 is not a line of the lexicon; 如 for example lexicon/CH.csv:2"
        )
    return store.resource_text(name).splitlines()[int(number) - 1]


def save(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as `.xlsx` or `.csv` for Excel or WPS, without cells that run as formulas."""
    target = Path(path)
    shown = table.copy()
    for column in shown.columns:
        if not pd.api.types.is_numeric_dtype(shown[column]):
            shown[column] = shown[column].map(_safe)
    if target.suffix.lower() == ".csv":
        data = shown.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
    elif target.suffix.lower() == ".xlsx":
        data = _workbook(shown)
    else:
        raise ValueError(f"{target.name}: 请用 .xlsx 或 .csv 结尾 must end in .xlsx or .csv")
    store.write_atomic(target, data)
    return target


def _safe(value: object) -> object:
    return guard(value) if isinstance(value, str) else value


def _workbook(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs={"options": plain}) as writer:
        table.to_excel(writer, index=False, sheet_name="画布", freeze_panes=(1, 0))
        wrapped = writer.book.add_format({"text_wrap": True, "valign": "top"})
        for number, column in enumerate(table.columns):
            widest = max([len(str(column)), *(len(str(value)) for value in table[column])], default=8)
            writer.sheets["画布"].set_column(number, number, min(36, 2 * widest + 2), wrapped)
    return buffer.getvalue()
