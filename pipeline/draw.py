"""A published canvas -> the files that are handed in: PNG, SVG, PDF, PPTX, DOCX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline import published, store
from pipeline.report import drawing, handout, picture, slide
from pipeline.report.drawing import Sheet

FORMATS: dict[str, Callable[[Sheet], bytes]] = {
    "png": picture.png,
    "svg": picture.svg,
    "pdf": picture.pdf,
    "pptx": slide.pptx,
    "docx": handout.docx,
}
"""Suffix -> what draws it."""


class DrawError(ValueError):
    """What was asked for cannot be drawn; the text says why, and the remedy."""


def draw(out: Path, key: str, targets: Sequence[str | Path], form: str = "") -> list[str]:
    """Draw the canvas of a document (doc_id) or company into each target; what was written.

    The format is that of the suffix, or `form` where it is given. Nothing is written unless all can
    be drawn. Raises DrawError, NotBuilt if there is no build in `out`, FontMissing if a picture needs a
    Chinese font that is not installed.
    """
    if form and len(targets) > 1:
        raise DrawError("--format 只用于一个 --to is for a single --to")
    files = [Path(target) for target in targets]
    forms = [form or _form(file) for file in files]
    try:
        sheet = drawing.sheet_of(drawing.subject(published.load_canvases(out), key))
    except LookupError as error:
        if isinstance(error, published.NotBuilt):
            raise
        raise DrawError(str(error.args[0])) from error
    drawn = [FORMATS[each](sheet) for each in forms]
    for file, data in zip(files, drawn, strict=True):
        store.write_atomic(file, data)
    return [f"画布 canvas {sheet.title} → {file}" for file in files]


def _form(target: Path) -> str:
    suffix = target.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise DrawError(
            f"{target.name}: 文件名请以 {' '.join('.' + f for f in FORMATS)} 之一结尾, 或用 --format 指定 "
            f"must end in one of these, or name it with --format"
        )
    return suffix
