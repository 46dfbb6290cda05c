"""The same bytes in every language, folder and time; nothing unpickled, nobody called."""

from __future__ import annotations

import os
import stat

import pytest
from undisturbed import LINUX, also, elsewhere, elsewhere_python, fill, published

pytestmark = LINUX


def test_the_same_bytes_whatever_the_surroundings(whole, tmp_path):
    for folder in ("other", "cwd"):
        (tmp_path / folder).mkdir()
    raw = fill(tmp_path / "other" / "raw", backwards=True)
    done = elsewhere("build", raw, "../out", "--workers", 1, cwd=tmp_path / "cwd", umask=0o000)
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    assert published(out) == published(whole)
    open_to_all = [p for p in (out, *out.rglob("*")) if p.stat().st_mode & stat.S_IWOTH]
    assert not open_to_all


@pytest.mark.external
@pytest.mark.parametrize(
    "surroundings",
    [
        {"LANG": "C", "LC_ALL": "C"}, {"PYTHONUTF8": "0", "LC_ALL": "POSIX"}, {"TZ": "America/New_York"},
        {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere"}, {"PYTHONHASHSEED": "12345"}, {"HUABU_SANDBOX": "portable"},
    ],
    ids=lambda s: next(iter(s)),
)  # fmt: skip
def test_the_same_bytes_one_by_one(raw, whole, tmp_path, surroundings):
    done = elsewhere("build", raw, tmp_path / "out", cwd=tmp_path, umask=0o077, **surroundings)
    assert done.returncode == 0, done.stderr
    assert published(tmp_path / "out") == published(whole)
    assert {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in (tmp_path / "out").rglob("*")} == {0}


@pytest.mark.parametrize("seconds", [3600, also(-3600)])
def test_a_clock_that_jumps(warm, raw, whole, tmp_path, seconds):
    jump = f"import time; real = time.time; time.time = lambda: real() + {seconds}"
    run = warm.start("build", raw, tmp_path / "out", clock=[seconds], workers=[jump])
    assert run.end() == 0, run.said()
    assert published(tmp_path / "out") == published(whole)


FORBIDDEN = [
    "pickle.loads",
    "pickle.load",
    "pickle.Unpickler",
    "_pickle.loads",
    "_pickle.load",
    "marshal.load",
    "os.system",
]
REFUSE = """
import sys, pickle, _pickle, marshal, os, socket
def refuse(*a, **k): os._exit(3)
pickle.loads = pickle.load = pickle.Unpickler = _pickle.loads = _pickle.load = marshal.load = os.system = refuse
socket.socket.connect = socket.getaddrinfo = refuse
"""


def test_nothing_is_unpickled_and_nobody_called(warm, raw, whole, tmp_path):
    run = warm.start(
        "build", raw, tmp_path / "out", forbidden=[FORBIDDEN], no_connection=[], workers=[REFUSE]
    )
    assert run.end() == 0, run.said()
    assert not run.traced("forbidden")
    assert published(tmp_path / "out") == published(whole)


def test_a_dictionary_planted_in_the_shared_temporary_folder_is_not_read(tmp_path):
    """jieba keeps its dictionary there as a marshalled object, and believes what it finds."""
    import marshal

    planted = tmp_path / "jieba.cache"
    poison = marshal.dumps(({"毒": 1}, 1))
    planted.write_bytes(poison)
    os.utime(planted, (4e9, 4e9))
    code = "from pipeline.tokens import tokenize; from pipeline.matching import matching_copy; print([w for w, *_ in tokenize(matching_copy('我们的客户'))])"
    done = elsewhere_python(code, TMPDIR=str(tmp_path))
    assert "客户" in done
    assert [p.name for p in tmp_path.iterdir()] == ["jieba.cache"]
    assert planted.read_bytes() == poison
