"""Inputs that change while a run reads them, and those that are no files."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path

import pytest
from conftest import FIRST, SECOND
from undisturbed import LINUX, published, rows

from pipeline import store

pytestmark = LINUX


def test_inputs_that_change_during_the_run(tmp_path, run, monkeypatch):
    raw, out, canary = tmp_path / "raw", tmp_path / "out", tmp_path / "canary.txt"
    raw.mkdir()
    canary.write_text("金丝雀不在输入里，谁也不该读到它。", encoding="utf-8")
    for name in ("stays", "gone", "link", "fifo", "other", "folder"):
        (raw / f"{name}.txt").write_text(f"{name}。{FIRST}\n", encoding="utf-8")
    walk = store.walk

    def changed(root: Path) -> list[store.Entry]:
        found = walk(root)
        for name in ("gone", "link", "fifo", "folder"):
            (raw / f"{name}.txt").unlink()
        (raw / "link.txt").symlink_to(canary)
        os.mkfifo(raw / "fifo.txt")
        (raw / "folder.txt").mkdir()
        (raw / "other.txt").write_text(f"换了内容。{SECOND}\n", encoding="utf-8")
        (raw / "new.txt").write_text(f"后来的。{FIRST}\n", encoding="utf-8")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(store, "walk", changed)
        assert run("build", raw, out)[0] == 0
    ledger = {r["path"]: r["reason"] for r in rows(out)}
    assert ledger == {
        "stays.txt": "", "other.txt": "", "gone.txt": "VANISHED", "link.txt": "SYMLINK",
        "fifo.txt": "NOT_REGULAR", "folder.txt": "NOT_REGULAR",
    }  # fmt: skip
    assert not any("金丝雀".encode() in data for data in published(out).values())
    assert any("换了内容" in r["text"] for r in rows(out, "passages"))
    # the next run finds what came during this one, and what changed without a sign
    same = raw / "stays.txt"
    then = same.stat()
    same.write_text(f"stats。{FIRST}\n", encoding="utf-8")
    os.utime(same, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert run("build", raw, out)[0] == 0
    ledger = {r["path"]: r["reason"] for r in rows(out)}
    assert ledger == {
        "stays.txt": "", "other.txt": "", "new.txt": "", "link.txt": "SYMLINK", "fifo.txt": "NOT_REGULAR",
    }  # fmt: skip
    assert any("stats" in r["text"] for r in rows(out, "passages"))
    fresh = tmp_path / "fresh"
    assert run("build", raw, fresh)[0] == 0
    assert published(fresh) == published(out)


@pytest.mark.parametrize("change", ["grows", "shrinks", "is touched"])
def test_a_file_that_changes_while_it_is_read(tmp_path, monkeypatch, change):
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * 3_000_000)
    (entry,) = store.walk(tmp_path)
    real = os.read

    def read(handle: int, size: int) -> bytes:
        part = real(handle, size)
        if change == "is touched":
            os.utime(file, ns=(1, 1))
        else:
            os.truncate(file, 4_000_000 if change == "grows" else 2_000_000)
        return part

    monkeypatch.setattr(os, "read", read)
    assert store.read_input(entry) == "CHANGED"


def test_what_is_no_file_or_has_a_twin(tmp_path, run):
    raw, out = tmp_path / "raw", tmp_path / "out"
    for folder in ("甲", "乙", "乙/Ａ"):
        (raw / folder).mkdir(parents=True)
    text = iter(f"第{n}家。{FIRST}\n" for n in range(99))
    twins = ["甲/同名.txt", "乙/同名.txt", "CASE.txt", "case.txt", "Case.TXT", "旧.txt", "新.txt", "只读.txt"]
    twins += [unicodedata.normalize(form, "café.txt") for form in ("NFC", "NFD")]
    for name in twins:
        (raw / name).write_text(next(text), encoding="utf-8")
    if len({f.name for f in raw.iterdir()}) < 9:
        pytest.skip("the file system takes some of these names for the same")
    os.utime(raw / "旧.txt", (0, 0))
    os.utime(raw / "新.txt", (4102444800, 4102444800))
    (raw / "只读.txt").chmod(0o444)
    links = {"loop": ".", "self": "self", "up": "..", "pair1": "pair2", "pair2": "pair1", "root": "/", "none": "/no/such", "passwd.txt": "/etc/passwd", "file.txt": "CASE.txt", "to-pipe.txt": "pipe.txt"}  # fmt: skip
    for name, target in links.items():
        (raw / name).symlink_to(target)
    os.mkfifo(raw / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(raw / "socket.txt"))
    with (raw / "sparse.txt").open("wb") as file:
        file.truncate(3 << 30)
    before = {p: p.lstat() for p in raw.rglob("*")}
    assert run("build", raw, out)[0] == 0
    ledger = {r["path"]: (r["status"], r["reason"]) for r in rows(out)}
    assert len(ledger) == len(rows(out)) == len(twins) + len(links) + 3
    assert {ledger[name] for name in twins} == {("ok", "")}
    assert {ledger[name] for name in links} == {("skipped", "SYMLINK")}
    assert ledger["pipe.txt"] == ledger["socket.txt"] == ("skipped", "NOT_REGULAR")
    assert ledger["sparse.txt"] == ("quarantined", "LIMIT_SIZE")
    assert len(list((out / "text").iterdir())) == len(twins)
    after = {p: p.lstat() for p in raw.rglob("*")}
    unread = [(s.st_mode, s.st_ino, s.st_size, s.st_mtime_ns) for s in (*before.values(), *after.values())]
    assert unread[: len(before)] == unread[len(before) :]


def test_nothing_but_broken_files(tmp_path, run):
    """Every one is in the ledger, in the summary only the first of them by name."""
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    for number in range(500):
        (raw / f"坏{number}.txt").write_bytes(b"\n" * (number % 3))
    code, said, errors = run("build", raw, out)
    assert code == 3
    assert {r["status"] for r in rows(out)} == {"quarantined"}
    assert len(rows(out)) == 500
    assert len((said + errors).splitlines()) < 40
    assert not rows(out, "documents")
