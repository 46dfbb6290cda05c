"""`huabu extract`: the text of every file, and the ledger."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline import inputs, store
from pipeline.clean import clean_listing
from pipeline.records import TAGGABLE, Document, Extraction, Passage
from pipeline.repairs import cell
from pipeline.report import rows, tables
from pipeline.segment import segment
from pipeline.split import seam_repairs, split

LEDGER = "ledger.csv"
MAX_NAME = 255  # bytes of a file name on the usual systems
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def export(
    path: Path, out: Path, *, clean_only: bool, time_limit: float, report: inputs.Report
) -> tuple[int, int]:
    """Write `OUT/<relative path>.txt` for every readable file and `OUT/ledger.csv`.

    Returns (readable files, files). Raises OutputError, SandboxBroken.
    """
    store.roll_forward(out)
    entries = store.walk(path) if path.is_dir() else [store.single(path)]
    cache = store.Cache(out)  # the pages of many files do not fit into memory
    items, _ = inputs.read(
        entries, cache=cache, workers=2, time_limit=time_limit, retry_quarantined=True, report=report
    )
    stage = store.Stage(out)
    ended: list[inputs.Input] = []
    found: list[tuple[int, str]] = []  # documents, how they were cleaned
    for item, name in zip(items, output_names(items), strict=True):
        documents: list[tuple[Document, tuple[Passage, ...]]] = []
        cleaning = failure = ""
        if isinstance(item.result, Extraction) and not item.is_archive:
            pages = inputs.pages_of(item, cache)
            try:
                file, repairs = clean_listing(pages)
                documents = [(d, segment(d, file)) for d in split(file, item.source)]
                cleaning = cell([*repairs, *seam_repairs(file)], documents)
                failure = "" if any(passages for _, passages in documents) else "NO_TEXT"
            except Exception:  # one file must not take the others with it
                failure = "INTERNAL"
            if failure:
                documents, cleaning = [], ""
            else:
                text = _cleaned(documents) if clean_only else file.text
                stage.write(name, text.encode("utf-8"))
        ended.append(inputs.failed(item, failure) if failure else item)
        found.append((len(documents), cleaning))
    settled = inputs.archives_settled(ended)
    ledger = [rows.ledger_row(item, *made) for item, made in zip(settled, found, strict=True)]
    stage.write(LEDGER, tables.to_csv(tables.frame(ledger, tables.LEDGER)))
    stage.publish("extract")
    cache.sweep()
    return sum(row["status"] == "ok" for row in ledger), len(items)


def _cleaned(documents: Sequence[tuple[Document, Sequence[Passage]]]) -> str:
    """Passages that can carry a tag, a line each."""
    return "".join(
        passage.text + "\n" for _, passages in documents for passage in passages if passage.role in TAGGABLE
    )


def output_names(items: Iterable[inputs.Input]) -> Iterator[str]:
    """`<relative path>.txt` for a file, `a.zip/member.txt` for a member, each only once.

    Names of files are kept as the system has them; names of members were given by anybody, and
    become such as every system takes.
    """
    files = {LEDGER, store.MANIFEST, store.MANIFEST.casefold()}  # a folder of that name is given another
    folders: set[str] = set()
    for item in items:
        # Members that differ in case only would be one file on Windows; files did not come from there.
        member = "/".join(map(_portable, item.source.member.split("/"))) if item.source.member else ""
        parts = [*_inside(item.source.path).split("/"), *(member.split("/") if member else ())]
        folder = "".join(f"{_short(part)}/" for part in parts[:-1])
        name, number = folder + _short(parts[-1], ".txt"), 1
        while _is_taken(name.casefold() if member else name, files, folders):
            number += 1
            name = _short(f"{'_'.join(parts)} ({number})", ".txt")
        if not item.is_archive:
            files |= {name, name.casefold() if member else name}
            folders.update(name[:at] for at, c in enumerate(name) if c == "/")
        yield name


def _is_taken(name: str, files: set[str], folders: set[str]) -> bool:
    """Whether another output has that name, or one of them would be a folder of the other."""
    above = (name[:at] for at, c in enumerate(name) if c == "/")
    return name in files or name in folders or any(folder in files for folder in above)


def _portable(part: str) -> str:
    """A name that is none of a device, ends in no dot or blank and has no sign a system refuses."""
    part = _FORBIDDEN.sub("_", part).rstrip(". ") or "_"
    return f"_{part}" if _DEVICE.match(part) else part


def _inside(path: str) -> str:
    """A path below OUT: not its private folder, no drive (`9:30会议.txt`), no root (`\\xce.txt`)."""
    head, rest = path[:2].replace(":", "_"), path[2:]
    return f"_{head}{rest}" if path.casefold().startswith(("\\", store.PRIVATE)) else head + rest


def _short(part: str, suffix: str = "") -> str:
    """A name of at most 255 bytes: what is too long is cut and carries a hash of the whole."""
    raw = part.encode("utf-8", "surrogatepass")
    if len(raw) + len(suffix) > MAX_NAME:
        digest = hashlib.sha256(raw).hexdigest()[:8]
        part = f"{raw[: MAX_NAME - len(suffix) - 9].decode('utf-8', 'ignore')}~{digest}"
    return part + suffix
