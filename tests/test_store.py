"""Inputs that are no files, damaged caches, interrupted publications."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipeline import store
from pipeline.report.tables import guard


def test_walk_names_what_it_will_not_read(tmp_path):
    (tmp_path / "案例 一.txt").write_text("好")
    (tmp_path / ".DS_Store").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "link.txt").symlink_to(tmp_path / "案例 一.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    found = {e.path: e.reason for e in store.walk(tmp_path)}
    assert found == {
        "案例 一.txt": "", ".DS_Store": "IGNORED", "sub/link.txt": "SYMLINK", "loop": "SYMLINK", "pipe": "NOT_REGULAR",
    }  # fmt: skip


def test_names_that_are_not_utf8(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd0\xa1\xff.txt")).write_text("好")
    (entry,) = store.walk(tmp_path)
    assert entry.path == "С\\xff.txt"
    assert bytes.fromhex(entry.path_hex) == b"\xd0\xa1\xff.txt"


@pytest.mark.parametrize("change", ["gone", "link", "fifo", "large"])
def test_inputs_that_change_after_they_were_listed(tmp_path, monkeypatch, change):
    file = tmp_path / "a.txt"
    file.write_text("好")
    (entry,) = store.walk(tmp_path)
    if change == "large":
        monkeypatch.setattr(store, "MAX_INPUT_BYTES", 2)
    else:
        file.unlink()
        if change == "link":
            file.symlink_to("/etc/passwd")
        elif change == "fifo":
            os.mkfifo(file)
    expected = {"gone": "VANISHED", "link": "SYMLINK", "fifo": "NOT_REGULAR", "large": "LIMIT_SIZE"}
    assert store.read_input(entry) == expected[change]


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-3], lambda b: bytes(len(b)), lambda b: b[:40] + b"\x01" + b[41:], lambda b: b""]
)
def test_a_damaged_cache_entry_is_a_miss(tmp_path, damage):
    store.prepare_output(tmp_path)
    cache = store.Cache(tmp_path)
    key = store.key_of("a", "b")
    cache.put(key, {"text": "小米\ud800"})
    assert cache.get(key) == {"text": "小米\ud800"}
    file = tmp_path / ".huabu" / "cache" / key[:2] / key
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get(key) is None


def test_key_parts_cannot_run_into_each_other():
    assert store.key_of("ab", "c") != store.key_of("a", "bc")


def test_an_interrupted_publication_is_rolled_forward(tmp_path, monkeypatch):
    store.prepare_output(tmp_path)
    first = store.Stage(tmp_path)
    first.write("a.csv", b"old")
    first.write("gone.csv", b"old")
    first.publish("run-1")
    second = store.Stage(tmp_path)
    second.write("a.csv", b"new")
    second.write("text/d1.txt", b"new")
    real, calls = os.replace, []

    def fail_later(source, target):
        calls.append(target)
        if len(calls) == 3:  # the journal is written, one file has been moved
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_later)
    with pytest.raises(store.OutputError):
        second.publish("run-2")
    monkeypatch.setattr(os, "replace", real)
    assert store.read_manifest(tmp_path)["run"] == "run-1"
    store.roll_forward(tmp_path)
    assert store.is_published(tmp_path, "run-2")
    assert (tmp_path / "text" / "d1.txt").read_bytes() == b"new"
    assert not (tmp_path / "gone.csv").exists()


def test_a_changed_output_is_not_published(tmp_path):
    store.prepare_output(tmp_path)
    stage = store.Stage(tmp_path)
    stage.write("a.csv", b"x")
    stage.publish("run")
    assert store.is_published(tmp_path, "run")
    (tmp_path / "a.csv").write_bytes(b"y")
    assert not store.is_published(tmp_path, "run")


def test_second_lock_is_refused(tmp_path):
    store.prepare_output(tmp_path)
    with store.lock(tmp_path), pytest.raises(store.LockHeld), store.lock(tmp_path):
        pass


@pytest.mark.parametrize("name", ["../victim", "/victim", "a/../../victim", "..\\victim", ".huabu/lock"])
def test_a_manifest_of_somebody_else_deletes_nothing(tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    store.prepare_output(out)
    (tmp_path / "victim").write_text("x")
    for file in (out / "MANIFEST.json", out / ".huabu" / "journal.json"):
        file.write_text(json.dumps({"run": "r", "files": {name: "0"}}))
        assert store.read_manifest(out) == {} or file.name == "journal.json"
        store.roll_forward(out)
    stage = store.Stage(out)
    stage.write("a.csv", b"x")
    stage.publish("run")
    assert (tmp_path / "victim").exists()


@pytest.mark.parametrize("content", ["[]", "{}", "null", '{"run": 1, "files": {}}', '{"files": [1]}', "\x00"])
def test_a_damaged_journal_is_ignored(tmp_path, content):
    store.prepare_output(tmp_path)
    for name in ("MANIFEST.json", ".huabu/journal.json"):
        (tmp_path / name).write_text(content)
    store.roll_forward(tmp_path)
    assert not store.is_published(tmp_path, "run")


def test_a_stage_that_is_a_link_is_not_followed(tmp_path):
    out, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    (other / "keep.txt").write_text("x")
    out.mkdir()
    store.prepare_output(out)
    (out / ".huabu" / "stage").symlink_to(other)
    store.Stage(out)
    assert (other / "keep.txt").exists()


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@a", "＝1", "\t=1", "  =1", "\n=1"])
def test_no_cell_is_a_formula(cell):
    assert guard(cell) == "'" + cell
