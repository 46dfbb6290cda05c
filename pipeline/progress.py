"""How far a run is: a bar on a terminal, a plain line every so often when piped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from pipeline.inputs import Report
from pipeline.messages import printable
from pipeline.streams import say


@contextlib.contextmanager
def shown() -> Iterator[Report]:
    """What a run reports to, while it runs."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    bars: dict[str, Any] = {}
    labels = {"extract": "读取 extract", "tag": "标注 tag", "write": "写出 write"}
    last = dict.fromkeys(labels, 0)

    def report(stage: str, done: int, total: int, path: str) -> None:
        if terminal:
            if stage not in bars:
                bars[stage] = tqdm(total=total, desc=labels[stage], unit="file", leave=False)
            bars[stage].total = total  # members of archives and scanned pages come to light on the way
            bars[stage].update(done - bars[stage].n)
        elif done == total or done >= last[stage] + max(10, total // 10):
            last[stage] = done
            say(f"{labels[stage]} {done}/{total} {printable(path)}")

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()
