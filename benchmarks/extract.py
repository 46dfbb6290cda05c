"""How this project's readers compare with the usual libraries: one run, one Markdown table.

Agreement is the F1 of two bags of character bigrams over letters and digits (NFKC), which no
choice of markdown, bullets or line ends changes. There is no truth here: a tool that agrees with
nobody is worth a look, not wrong.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import re
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.extract import formats  # noqa: E402

_NO_LETTER = re.compile(r"[\W_]+")
OWN, SANDBOXED = "huabu", "huabu extract"
EXAMPLE = "example: python benchmarks/extract.py data/raw/samples ~/cases --only pdf,docx"


@dataclass(slots=True)
class Outcome:
    """What one tool made of one file; `text` is None where it failed."""

    text: str | None
    seconds: float
    pages: int = 0


@dataclass(slots=True)
class Tool:
    """A reader and the extensions it is for; none means all that this project reads."""

    name: str
    read: Callable[[Path], str]
    extensions: frozenset[str]
    outcomes: dict[Path, Outcome] = field(default_factory=dict)


# --- the tools -----------------------------------------------------------------------------------


def plain_pdfium(path: Path) -> str:
    document = importlib.import_module("pypdfium2").PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def pdfplumber(path: Path) -> str:
    with importlib.import_module("pdfplumber").open(path) as document:
        return "\n".join(page.extract_text() or "" for page in document.pages)


def docx_paragraphs(path: Path) -> str:
    return "\n".join(p.text for p in importlib.import_module("docx").Document(str(path)).paragraphs)


def unword(path: Path) -> str:
    document = importlib.import_module("unword").parse_doc(path.read_bytes())
    return "\n".join([document.body_text, *document.textboxes])


def markitdown() -> Callable[[Path], str]:
    converter = importlib.import_module("markitdown").MarkItDown()
    return lambda path: str(converter.convert(path).text_content)


def installed(notes: list[str]) -> list[Tool]:
    """The other tools that are there; a note for each that is not."""
    wanted: list[tuple[str, str, Callable[[], Callable[[Path], str]], str]] = [
        ("pypdfium2", "pypdfium2", lambda: plain_pdfium, "pdf"),
        ("pdfplumber", "pdfplumber", lambda: pdfplumber, "pdf"),
        ("python-docx paragraphs", "docx", lambda: docx_paragraphs, "docx docm"),
        ("unword", "unword", lambda: unword, "doc"),
        ("markitdown", "markitdown", markitdown, "pdf docx pptx html htm txt md csv"),
    ]
    tools: list[Tool] = []
    for name, module, make, extensions in wanted:
        try:
            importlib.import_module(module)
            tools.append(Tool(name, make(), frozenset(extensions.split())))
        except ImportError:
            notes.append(f"{name} is not installed: left out")
    return tools


# --- measuring -----------------------------------------------------------------------------------


def bigrams(text: str) -> Counter[str]:
    dense = _NO_LETTER.sub("", unicodedata.normalize("NFKC", text))
    return Counter(map("".join, itertools.pairwise(dense)))


def f1(one: Counter[str], other: Counter[str]) -> float:
    size = one.total() + other.total()
    return 2 * (one & other).total() / size if size else 1.0


def majority(bags: list[Counter[str]]) -> Counter[str]:
    """Each bigram as often as the median tool has it."""
    every = set().union(*bags)
    return Counter({gram: int(statistics.median(bag[gram] for bag in bags)) for gram in every})


def run_own(paths: list[Path]) -> dict[Path, Outcome]:
    """This project's readers in this process, without the sandbox and without cleaning."""
    outcomes = {}
    for path in paths:
        start = time.perf_counter()
        try:
            pages = formats.read(path.read_bytes(), path.suffix[1:].lower()).pages
            text: str | None = "\n".join(page.text for page in pages)
        except Exception:
            pages, text = (), None
        outcomes[path] = Outcome(text, time.perf_counter() - start, len(pages))
    return outcomes


def run_sandboxed(folder: Path, paths: list[Path], limit: int) -> dict[Path, Outcome]:
    """`huabu extract` over a folder, with its workers and limits; one run, its time shared out evenly."""
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        command = [sys.executable, "-m", "pipeline", "extract", str(folder), out, "--time-limit", str(limit)]
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
        each = (time.perf_counter() - start) / max(1, len(paths))
        outcomes = {}
        for path in paths:
            written = Path(out) / f"{path.relative_to(folder)}.txt"
            text = written.read_text(encoding="utf-8") if written.exists() else None
            outcomes[path] = Outcome(text, each)
    return outcomes


def run_other(tool: Tool, paths: list[Path]) -> set[str]:
    """Fill in the outcomes of a tool; the extensions for which it lacks a library of its own."""
    lacking = set()
    for path in (p for p in paths if p.suffix[1:].lower() in tool.extensions):
        start = time.perf_counter()
        try:
            text: str | None = tool.read(path)
        except BaseException as error:  # libraries raise anything, a Rust panic is a BaseException
            if isinstance(error, KeyboardInterrupt):
                raise
            text = None
            if "MissingDependency" in f"{type(error).__name__} {error}":
                lacking.add(path.suffix[1:].lower())
                continue
        tool.outcomes[path] = Outcome(text, time.perf_counter() - start)
    return lacking


# --- the table -----------------------------------------------------------------------------------


def rows(tools: list[Tool]) -> list[str]:
    bags = {
        (tool.name, path): bigrams(outcome.text)
        for tool in tools
        for path, outcome in tool.outcomes.items()
        if outcome.text is not None
    }
    own = tools[0].outcomes
    voices = {p: [bags[t.name, p] for t in tools if t.name != SANDBOXED and (t.name, p) in bags] for p in own}
    agreed = {p: majority(found) if len(found) > 2 else None for p, found in voices.items()}
    lines = [
        f"| tool | files | ok | with text | {' | '.join(t.name for t in tools)} | majority | files/s | pages/s | speed |",
        "|" + " --- |" * (8 + len(tools)),
    ]
    for tool in tools:
        paths = list(tool.outcomes)
        if not paths:
            continue
        seconds = sum(o.seconds for o in tool.outcomes.values()) or 1e-9
        ok = sum(o.text is not None for o in tool.outcomes.values())
        text = sum(bool(o.text and o.text.strip()) for o in tool.outcomes.values())
        read = [p for p in paths if (tool.name, p) in bags]
        pairs = [
            median([f1(bags[tool.name, p], bags[o.name, p]) for p in read if (o.name, p) in bags])
            if o is not tool
            else "–"
            for o in tools
        ]
        common = median([f1(bags[tool.name, p], bag) for p in read if (bag := agreed[p]) is not None])
        pages = sum(own[p].pages for p in paths)
        speed = sum(own[p].seconds for p in paths) / seconds
        lines.append(
            f"| {tool.name} | {len(paths)} | {ok / len(paths):.0%} | {text / len(paths):.0%} | {' | '.join(pairs)} | {common} "
            f"| {len(paths) / seconds:.1f} | {pages / seconds:.1f} | {speed:.2f} × |"
        )
    return lines


def median(values: list[float]) -> str:
    return f"{statistics.median(values):.3f}" if values else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLE)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "data" / "raw" / "samples"])
    parser.add_argument("--only", default="", help="extensions, comma between, of the files to read")
    parser.add_argument("--time-limit", type=int, default=60, help="seconds a file for huabu extract")
    options = parser.parse_args()
    only = set(filter(None, options.only.lower().split(",")))
    notes: list[str] = []
    own, sandboxed = Tool(OWN, str, frozenset()), Tool(SANDBOXED, str, frozenset())
    others = installed(notes)
    for folder in options.folders:
        root = folder.resolve()
        paths = sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink())
        paths = [p for p in paths if not only or p.suffix[1:].lower() in only]
        run_own(paths[:1])  # the first file pays for the imports
        own.outcomes |= run_own(paths)
        sandboxed.outcomes |= run_sandboxed(root, paths, options.time_limit)
        if only:
            notes.append("huabu extract read the whole folder: its speed is not that of --only")
        for tool in others:
            run_other(Tool("", tool.read, tool.extensions), paths[:1])
            lacking = run_other(tool, paths)
            notes.extend(
                f"{tool.name} has no library for {extension}: left out" for extension in sorted(lacking)
            )
    print("\n".join(rows([own, sandboxed, *others])))
    print(
        f"\nF1 of pairs: median over the files both read. `speed`: times as fast as {OWN} on the same files."
    )
    for note in dict.fromkeys(notes):
        print(f"- {note}")


if __name__ == "__main__":
    main()
