"""Hostile inputs: every one ends in the ledger as it must, and the good files among them are read."""

from __future__ import annotations

import sys
from itertools import groupby

import pytest
from hostile import big, damage, legacy, names, office, pdfs, runs, text, web, zips

from pipeline.extract import confinement

FAMILIES = (text, names, damage, office, zips, pdfs, legacy, web)
CASES = [case for family in FAMILIES for case in family.cases()]
LIGHT = [case for case in CASES if not case.heavy]
SHARE = 6


def some(cases):
    """The first two of each group and every sixth of the rest: what fits into `make test`."""
    for _, group in groupby(sorted(cases, key=lambda case: case.group), key=lambda case: case.group):
        yield from (case for number, case in enumerate(group) if number < 2 or number % SHARE == 0)


def check(cases, folder, *, seconds=30):
    placed = runs.plant(cases, folder / "raw")
    done = runs.build(folder / "raw", folder / "out", seconds=seconds)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not list(runs.wrong(placed, runs.ended(folder / "out")))


def test_some_cases_end_as_they_must(tmp_path):
    check(list(some(LIGHT)), tmp_path)


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """(what was planted, backend -> the folder it published): all light cases, read by either."""
    folder = tmp_path_factory.mktemp("light")
    placed, outs = runs.plant(LIGHT, folder / "raw"), {}
    for backend in ("forked", "portable"):
        outs[backend] = folder / backend
        named = backend if backend == "portable" else ""
        done = runs.build(folder / "raw", outs[backend], seconds=30, backend=named)
        assert done.returncode == 0, done.stderr[-2000:]
    return placed, outs


@pytest.mark.external
@pytest.mark.parametrize("backend", ["forked", "portable"])
def test_every_light_case_ends_as_it_must(light, backend):
    placed, outs = light
    assert not list(runs.wrong(placed, runs.ended(outs[backend])))


@pytest.mark.external
def test_either_backend_publishes_the_same(light):
    """Of all light cases, byte by byte."""
    forked, portable = (published(out) for out in light[1].values())
    assert forked.keys() == portable.keys()
    assert not [name for name in forked if forked[name] != portable[name]]


@pytest.mark.external
@pytest.mark.heavy
def test_every_heavy_case_ends_as_it_must(tmp_path):
    check([case for case in CASES if case.heavy], tmp_path, seconds=10)


@pytest.mark.external
def test_every_big_case_ends_as_it_must(tmp_path):
    """Gigabytes, on the disk or unpacked; neither the parent nor a worker takes more than a worker may."""
    placed = runs.plant(list(big.cases()), tmp_path / "raw")
    big.stretch(tmp_path / "raw", placed)
    done = runs.build(tmp_path / "raw", tmp_path / "out", seconds=20, measured=sys.platform == "linux")
    assert done.returncode == 0, done.stderr[-2000:]
    assert not list(runs.wrong(placed, runs.ended(tmp_path / "out")))
    if sys.platform == "linux":
        assert int(done.stdout.split()[-1]) << 10 <= confinement.MEMORY_LIMIT


def published(folder):
    """Path -> bytes of every file a build published, its private state aside."""
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in named.items() if not name.startswith(".huabu/")}


ELSEWHERE = {9, *range(96, 105)}
"""Twins, links, sockets, what may not be read: no bytes but places, in test_faults_inputs and test_store."""


def test_every_group_has_cases():
    numbers = {case.group for case in CASES} | {case.group for case in big.cases()}
    assert numbers | ELSEWHERE == set(range(1, 109))
