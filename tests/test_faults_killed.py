"""Runs that are killed or asked to end, at every stage, and two runs at once: the run that follows
publishes the bytes of a run that was never disturbed."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import time
from pathlib import Path

import pytest
from conftest import FIRST
from undisturbed import INT, KILL, LINUX, TERM, also, assert_goes_on, assert_gone, published
from warm import PATIENCE, descendants

pytestmark = LINUX

HANG = """
import time
from pipeline.extract import formats
read = formats.read
formats.read = lambda data, extension: time.sleep(99) if '睡着'.encode() in data else read(data, extension)
"""


# --- killed ------------------------------------------------------------------------------------------


def assert_survives(warm, raw, out, whole, stage, number):
    killed = warm.start("build", raw, out, at=[stage, number, KILL])
    assert killed.end() == -signal.SIGKILL
    assert not published(out)
    assert_gone(killed.traced("worker"))
    again = assert_goes_on(warm, raw, out, whole)
    before, after = set(killed.traced("read")), set(again.traced("read"))
    # what was underway at the moment of the kill is read again, what had come back is not
    assert len(before) >= min(number, 13) or stage != "extract"
    assert before & after <= {"包.zip"}  # unpacked again for the members that had not come back
    assert len(set(killed.traced("analysed")) & set(again.traced("analysed"))) <= 1


@pytest.mark.parametrize(("stage", "number"), [("extract", 7), also("tag", 8)])
def test_killed_halfway(warm, raw, whole, tmp_path, stage, number):
    assert_survives(warm, raw, tmp_path / "out", whole, stage, number)


@pytest.mark.external
@pytest.mark.parametrize(
    ("stage", "number"), [*itertools.product(["extract", "tag", "write"], [1, 4, 11]), ("extract", 14)]
)
def test_killed_at_any_stage(warm, raw, whole, tmp_path, stage, number):
    assert_survives(warm, raw, tmp_path / "out", whole, stage, number)


@pytest.mark.external
def test_killed_twenty_times(warm, raw, whole, tmp_path):
    chance = random.Random(7)
    ends = []
    for _ in range(20):
        run = warm.start("build", raw, tmp_path / "out")
        time.sleep(chance.uniform(0, 2.5))
        workers = descendants(run.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(run.pid, signal.SIGKILL)
        ends.append(run.end())
        assert_gone([str(pid) for pid in workers])
    assert set(ends) <= {0, -signal.SIGKILL}
    assert -signal.SIGKILL in ends
    assert_goes_on(warm, raw, tmp_path / "out", whole)


OUTPUTS = [
    ("passages.csv", 100),
    ("evidence.parquet", 50),
    ("huabu.xlsx", 5_000),
    also("site/", 5_000),
    also("text/", 9),
]


@pytest.mark.parametrize(("name", "size"), OUTPUTS)
def test_killed_while_an_output_is_half_written(warm, raw, whole, older, name, size):
    out, before = older
    assert warm.start("build", raw, out, writing=[name, size]).end() == -signal.SIGXFSZ
    assert published(out) == before
    assert_goes_on(warm, raw, out, whole)


@pytest.mark.parametrize("number", [also(0), 5])
def test_killed_while_outputs_are_moved(warm, raw, whole, older, number):
    out, before = older
    assert warm.start("build", raw, out, moving=[number]).end() == -signal.SIGKILL
    whole_files = published(whole)
    mixed = published(out)
    assert all(data in (before.get(name), whole_files.get(name)) for name, data in mixed.items())
    assert sum(mixed.get(name) != data for name, data in whole_files.items()) > 2
    assert_goes_on(warm, raw, out, whole)


def test_a_publication_that_lost_a_file_is_made_again(warm, raw, whole, older):
    out, _ = older
    assert warm.start("build", raw, out, moving=[3]).end() == -signal.SIGKILL
    staged = [p for p in (out / ".huabu" / "stage").rglob("*") if p.is_file()]
    staged[0].unlink()
    staged[1].write_bytes(b"x")
    assert_goes_on(warm, raw, out, whole)


@pytest.mark.parametrize(
    ("signals", "code"),
    [also(TERM, 143), also(INT, 130), (TERM * 2, 143), also(INT * 2, 130), ([*INT, *TERM], 130)],
)
def test_asked_to_end(warm, raw, whole, read_before, signals, code):
    run = warm.start("build", raw, read_before, at=["write", 6, signals])
    assert run.end(10) == code, run.said()
    assert "Traceback" not in run.said()
    assert not published(read_before)
    assert_goes_on(warm, raw, read_before, whole)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_asked_to_end_while_a_reader_hangs(warm, tmp_path, number, code):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.txt").write_text(f"{FIRST}\n", encoding="utf-8")
    (raw / "b.txt").write_text("睡着", encoding="utf-8")
    run = warm.start("build", raw, tmp_path / "out", "--workers", 1, workers=[HANG])
    run.reaches("read")
    workers = descendants(run.pid)
    assert workers
    os.kill(run.pid, number)
    assert run.end(10) == code, run.said()
    assert_gone([str(pid) for pid in workers])


SLOW = """
import time
from pipeline.extract import formats
read = formats.read
formats.read = lambda data, extension: time.sleep(0.2) or read(data, extension)
"""


def test_a_reader_is_killed(warm, raw, whole, tmp_path):
    run = warm.start("build", raw, tmp_path / "out", "--workers", 1, workers=[SLOW])
    run.reaches("read")
    readers = {pid for pid in descendants(run.pid) if not descendants(pid)}
    assert readers
    for pid in readers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert run.end() == 0, run.said()
    assert published(tmp_path / "out") == published(whole)


# --- two runs ----------------------------------------------------------------------------------------


def test_a_second_run_is_turned_away(warm, raw, whole, read_before):
    first = warm.start("build", raw, read_before, at=["write", 5, ["SIGSTOP"]])
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{first.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = warm.start("build", raw, read_before)
    assert second.end() == 75
    assert "另一个运行" in second.said()
    while first.warm.ask({"poll": first.pid})["code"] is None:  # it stops again at each file
        os.kill(first.pid, signal.SIGCONT)
        time.sleep(0.02)
    assert published(read_before) == published(whole)


def test_a_lock_of_the_dead_holds_nobody(warm, raw, whole, read_before):
    (read_before / ".huabu" / "lock").write_text("4194303\n")
    assert_goes_on(warm, raw, read_before, whole)


@pytest.mark.external
def test_two_runs_over_one_input(warm, raw, whole, tmp_path):
    both = [warm.start("build", raw, tmp_path / name) for name in ("one", "two")]
    assert [run.end() for run in both] == [0, 0]
    assert published(tmp_path / "one") == published(tmp_path / "two") == published(whole)
