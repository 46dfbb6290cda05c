"""Every fault of the list has tests, and docs/trials.md names them."""

from __future__ import annotations

import re

from conftest import ROOT

FAULTS = 45
TESTS = set(re.findall(r"^def (test_\w+)", "\n".join(p.read_text("utf-8") for p in (ROOT / "tests").glob("test_*.py")), re.MULTILINE))  # fmt: skip


def test_every_fault_names_tests_that_exist():
    page = (ROOT / "docs" / "trials.md").read_text("utf-8")
    rows = {int(number): rest for number, rest in re.findall(r"^\| F(\d+) (.*)$", page, re.MULTILINE)}
    assert sorted(rows) == list(range(1, FAULTS + 1))
    for rest in rows.values():
        named = re.findall(r"`(test_\w+)`", rest)
        assert named
        assert set(named) <= TESTS
