"""Inputs that are no files, damaged caches, interrupted publications."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline import store
from pipeline.report.tables import guard
from pipeline.report.writer import TableWriter


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
        monkeypatch.setattr(store.inputs, "MAX_INPUT_BYTES", 2)
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


@pytest.mark.parametrize("name", ["9:30会议.txt", "a\\b.txt", "a/C:b.txt", "text/…", ".huabu.txt"])
def test_names_that_are_strange_only_elsewhere_are_published(tmp_path, name):
    if os.name == "nt":
        pytest.skip("no names of files here")
    store.prepare_output(tmp_path)
    for run in ("first", "second"):
        stage = store.Stage(tmp_path)
        stage.write(name, run.encode())
        stage.publish(run)
        assert (tmp_path / name).read_bytes() == run.encode()
        assert store.is_published(tmp_path, run)
    stage = store.Stage(tmp_path)
    stage.write("a.csv", b"x")
    stage.publish("third")
    assert {p.name for p in tmp_path.iterdir()} == {".huabu", "a.csv", "MANIFEST.json"}


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a/./b", ".huabu/lock", ".HUABU/lock", "", "MANIFEST.json", "a\0b"])  # fmt: skip
def test_a_name_that_would_not_be_published_is_refused_at_once(tmp_path, name):
    store.prepare_output(tmp_path)
    with pytest.raises(store.InvariantError):
        store.Stage(tmp_path).write(name, b"x")


def test_what_is_read_back_must_be_what_was_written(tmp_path):
    store.prepare_output(tmp_path)
    stage = store.Stage(tmp_path)
    stage.write("a.csv", b"x")
    (stage.root / "a.csv").write_bytes(b"y")
    with pytest.raises(store.OutputError, match=r"a\.csv"):
        stage.publish("run")
    assert not (tmp_path / "a.csv").exists()
    store.roll_forward(tmp_path)
    assert not (tmp_path / ".huabu" / "stage").exists()


@pytest.mark.parametrize(("lost", "rows"), [(0, 3), (1, 2), (9, 2), (300_009, 1)])
def test_rows_of_a_table_are_counted_on_disk(tmp_path, lost, rows):
    store.prepare_output(tmp_path)
    stage = store.Stage(tmp_path)
    table = TableWriter(stage, "t", ["title"])
    table.add({"title": text} for text in ("一\n二", "長" * 100_000, '他说"好"\r\n'))
    table.close()
    path = tmp_path / ".huabu" / "stage" / "t.csv"
    os.truncate(path, path.stat().st_size - lost)
    assert stage.records("t.csv") == rows
    with pytest.raises(store.OutputError, match="t") if lost else nullcontext():
        assert table.read_back() == 3


def test_a_place_that_is_taken_is_known_before_any_file_is_moved(tmp_path):
    store.prepare_output(tmp_path)
    (tmp_path / "z.csv").mkdir()
    stage = store.Stage(tmp_path)
    stage.write("a.csv", b"x")
    stage.write("z.csv", b"x")
    with pytest.raises(store.OutputError, match=r"z\.csv"):
        stage.publish("run")
    assert not (tmp_path / "a.csv").exists()


def test_a_folder_that_became_empty_goes_and_one_of_others_stays(tmp_path):
    store.prepare_output(tmp_path)
    for names in (("a/b/1.txt", "a/c/2.txt", "d/3.txt"), ("a/c/2.txt",)):
        stage = store.Stage(tmp_path)
        for name in names:
            stage.write(name, b"x")
        if len(names) == 1:
            (tmp_path / "d" / "mine.txt").write_text("mine")
        stage.publish(str(len(names)))
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if ".huabu" not in p.parts}
    assert found == {"a", "a/c", "a/c/2.txt", "d", "d/mine.txt", "MANIFEST.json"}


def test_a_lock_that_cannot_be_had_is_no_other_run(tmp_path):
    store.prepare_output(tmp_path)
    (tmp_path / ".huabu" / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(store.OutputError), store.lock(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["../victim", "/victim", "a/../../victim", ".huabu/lock", "\ud800"])
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


def test_the_code_is_the_same_while_python_compiles_it():
    folder = Path(store.__file__).parent
    before = store.code_fingerprint("store")
    half = folder / "__pycache__" / "half.cpython-311.pyc.140000000000000"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    try:
        assert store.code_fingerprint("store") == before
    finally:
        half.unlink()
