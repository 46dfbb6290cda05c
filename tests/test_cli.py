"""Progress: a bar on a terminal, plain lines when piped."""

from __future__ import annotations

import io
import sys

import pytest

from pipeline import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_one_bar_per_stage_on_a_terminal(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "100")
    with progress.shown() as report:
        for done in range(1, 6):
            report("extract", done, 5, "a.txt")
    assert screen.getvalue().count("0/5") == 1
    assert "读取 extract" in screen.getvalue()


def test_plain_lines_when_piped(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress.shown() as report:
        for done in range(1, 101):
            report("tag", done, 100, f"案例\x1b[31m{done}.txt")
    lines = pipe.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("标注 tag 100/100")
    assert "\x1b" not in pipe.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "a", "b", "--workers", "0"],
        ["build", "a"],
        ["nothing"],
        ["build", "a", "b", "--time-limit", "-1"],
    ],
)
def test_wrong_usage_is_code_2(run, arguments):
    assert run(*arguments)[0] == 2
