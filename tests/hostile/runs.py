"""Cases as a folder, one run of a command over it, and what is wrong with how they ended."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hostile.cases import GOOD, REASONS, SECOND, Case

EVERY = 10  # cases after which a good file is planted


@dataclass(frozen=True, slots=True)
class Ended:
    """What the ledger and the text files say of one input or member."""

    end: str  # `ok` or the reason
    status: str
    warnings: frozenset[str]
    text: str
    is_archive: bool


def plant(cases: Sequence[Case], raw: Path) -> list[tuple[bytes, Case]]:
    """The files of the cases below `raw`, a folder for each group, and a good text after every ten."""
    placed: list[tuple[bytes, Case]] = []
    for number, case in enumerate(cases):
        name = case.name if isinstance(case.name, bytes) else case.name.encode()
        place = b"%03d/%s" % (case.group, name)
        _write(raw, place, case.data)
        placed.append((place, case))
        if number % EVERY == 0:
            good = Case(
                0, f"good-{number}.txt", f"{GOOD}{number}\n".encode(), frozenset({"ok"}), has=(SECOND,)
            )
            _write(raw, b"%03d/%s" % (case.group, str(good.name).encode()), good.data)
            placed.append((b"%03d/%s" % (case.group, str(good.name).encode()), good))
    if len({place for place, _ in placed}) != len(placed):
        raise ValueError("two cases of one name")
    return placed


def _write(raw: Path, place: bytes, data: bytes) -> None:
    path = os.path.join(os.fsencode(raw), place)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Runs a command from a small process: Linux counts the memory of whoever starts it as its own."""


def build(
    raw: Path, out: Path, *, seconds: int, backend: str = "", measured: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `huabu build`; if `measured`, the last line of its output is `peak` and KiB (on Linux)."""
    command = [sys.executable, "-m", "pipeline", "build", raw, out, "--tagger", "linear"]
    if measured:
        command[:0] = [sys.executable, "-c", MEASURED]
    return subprocess.run(
        [*map(str, command), "--time-limit", str(seconds)],
        env={**os.environ, "HUABU_SANDBOX": backend},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def ended(out: Path) -> dict[tuple[str, str], Ended]:
    """(path as hex, member) -> its end, from what a build published."""
    texts: defaultdict[tuple[str, str], str] = defaultdict(str)
    for row in _rows(out / "documents.csv"):
        texts[row["path_hex"], row["member"]] += (out / "text" / f"{row['doc_id']}.txt").read_text("utf-8")
    found: dict[tuple[str, str], Ended] = {}
    for row in _rows(out / "ledger.csv"):
        key = row["path_hex"], row["member"]
        if key in found:
            raise ValueError(f"two rows for {key}")
        warnings = frozenset(filter(None, row["warnings"].split(";")))
        end = row["reason"] or row["status"]
        found[key] = Ended(end, row["status"], warnings, texts[key], row["type"] == "zip")
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        # the guard against formulas stands in front of such names
        row["member"] = row["member"][row["member"][:2] in {"'=", "'+", "'-", "'@"} :]
    return rows


def wrong(placed: Sequence[tuple[bytes, Case]], found: dict[tuple[str, str], Ended]) -> Iterator[str]:
    """What is not as it must be, one line each; nothing if all is well."""
    for place, case in placed:
        name = place.decode("utf-8", "backslashreplace")
        own = found.get((place.hex(), ""))
        if own is None:
            yield f"{name}: lost"
            continue
        yield from (f"{name}: {what}" for what in _faults(own, case.ends, case.has, case.lacks))
        if own.end == "ok" and not case.warns <= own.warnings:
            yield f"{name}: warnings {sorted(own.warnings)}, not {sorted(case.warns)}"
        members = {member: end for (path, member), end in found.items() if path == place.hex() and member}
        if case.members and set(members) != set(case.members):
            yield f"{name}: members {sorted(set(members) ^ set(case.members))[:5]} missing or not expected"
        for member, end in members.items():
            wanted = case.members.get(member)
            ends, has = (wanted.ends, wanted.has) if wanted else (REASONS | {"ok"}, ())
            yield from (f"{name}/{member}: {what}" for what in _faults(end, ends, has, case.lacks))


def _faults(end: Ended, ends: frozenset[str], has: Sequence[str], lacks: Sequence[str]) -> Iterator[str]:
    if end.end not in ends:
        yield f"{end.end}, not {', '.join(sorted(ends))}"
    if (end.status == "ok") != (end.end == "ok"):
        yield f"status {end.status} with reason {end.end}"
    if end.end != "ok" or end.is_archive:
        return
    if not end.text.strip():
        yield "ok with empty text"
    yield from (f"lacks {part!r}" for part in has if part not in end.text)
    yield from (f"holds {part!r}" for part in lacks if part in end.text)
