"""README, Makefile and command line say the same."""

from __future__ import annotations

import re
import subprocess

import pytest
from conftest import ROOT

from pipeline.arguments import EXAMPLES, parser
from pipeline.blocks import blocks
from pipeline.report import tables

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMMANDS = sorted(parser()._subparsers._group_actions[0].choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_and_has_help_with_an_example(command, run):
    code, shown, _ = run(command, "--help")
    assert code == 0
    assert EXAMPLES[command] in shown
    assert re.search(rf"`huabu {command}\b", README)


def test_every_target_is_documented_and_every_documented_target_exists():
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)", README))
    assert targets <= named
    assert named <= targets


def test_every_named_place_exists():
    for path in re.findall(r"`((?:pipeline|data)/[\w./-]+\.\w+)`", README):
        assert (
            (ROOT / path).exists() or path == "data/company-names.csv" or path.startswith("data/processed/")
        ), path


@pytest.mark.parametrize("table", tables.PUBLISHED)
def test_every_published_table_and_column_is_documented(table):
    (row,) = re.findall(rf"^\| `{table}\.(?:csv|parquet)` .*", README, re.MULTILINE)
    shared = next(line for line in README.splitlines() if line.startswith("几张表都有的列："))
    named = set(re.findall(r"`(\w+)`", row + shared))
    if "`score_KP`…`score_RS`" in row:
        named |= set(tables.SCORES)
    if "九个模块各一列" in row:
        named |= {block.zh for block in blocks().values()}
    assert set(tables.PUBLISHED[table]) <= named


def test_exit_codes_are_documented():
    for code in (0, 1, 2, 3, 4, 5, 6, 75, 130):
        assert re.search(rf"\b{code}\b", README.split("退出码")[1].split("\n")[0])


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_lock_files_are_hashed_and_name_no_registry(name):
    text = (ROOT / name).read_text()
    assert "http" not in text
    assert "index" not in text.lower()
    packages = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
    assert len(packages) >= 20
    assert text.count("--hash=sha256:") >= len(packages)


def test_make_help_lists_the_targets():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make all" in shown
    assert "make explain" in shown


@pytest.mark.parametrize(
    ("answers", "word"),
    [('case "$2" in *ensurepip*) exit 1;; esac\nexit 0', "venv"), ("exit 1", "3.11")],
    ids=["no venv", "too old"],
)
def test_a_python_that_will_not_do_gets_one_sentence(tmp_path, answers, word):
    fake = tmp_path / "python3"
    fake.write_text(f"#!/bin/sh\n{answers}\n")
    fake.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / ".ci" / "setup.sh"), "requirements.lock"],
        cwd=tmp_path, env={"PYTHON": str(fake), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5
    assert word in done.stderr
    assert done.stderr.count("\n") == 1
