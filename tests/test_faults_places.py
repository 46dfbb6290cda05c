"""No room, places that are taken or may not be written, and nobody who reads what is printed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import FIRST, ROOT
from undisturbed import HUABU, LINUX, also, assert_goes_on, elsewhere, published, rows
from warm import NOBODY, PATIENCE

pytestmark = LINUX


# --- no room -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [also(3_000), 9_000, also(16_000)])
def test_no_room_while_publishing(warm, raw, whole, older, size):
    out, before = older
    run = warm.start("build", raw, out, grow_stage=[size])
    assert run.end() == 4, run.said()
    assert "无法写入输出" in run.said()
    assert "Traceback" not in run.said()
    assert published(out) == before
    assert_goes_on(warm, raw, out, whole)


@pytest.mark.parametrize("size", [1_000, also(16_000)])
def test_no_file_may_grow(warm, raw, whole, tmp_path, size):
    run = warm.start("build", raw, tmp_path / "out", grow=[size])
    assert run.end() == 4, run.said()
    assert not published(tmp_path / "out")
    assert_goes_on(warm, raw, tmp_path / "out", whole)


@pytest.mark.external
@pytest.mark.parametrize("size", [16 << 10, 64 << 10, 160 << 10, 256 << 10])
def test_disk_full(warm, raw, whole, small_disk, size):
    out = small_disk(size) / "out"
    run = warm.start("build", raw, out)
    assert run.end() == 4, run.said()
    assert "Traceback" not in run.said()
    assert not published(out)
    small_disk(8 << 20)
    assert_goes_on(warm, raw, out, whole)


@pytest.mark.external
def test_a_temporary_folder_that_is_full(raw, whole, small_disk, tmp_path):
    full = small_disk(4096)
    with contextlib.suppress(OSError):
        (full / "all").write_bytes(bytes(1 << 20))
    done = elsewhere("build", raw, tmp_path / "out", cwd=full, TMPDIR=str(full))
    assert done.returncode == 0, done.stderr
    assert published(tmp_path / "out") == published(whole)


# --- places ------------------------------------------------------------------------------------------


@pytest.fixture
def theirs():
    """A folder of the user that `as_nobody` makes of the superuser."""
    place = Path(f"/tmp/huabu-faults-{os.getpid()}")  # pytest's own is for the superuser only
    place.mkdir()
    if not os.geteuid():
        os.chown(place, NOBODY, NOBODY)
    yield place
    for folder in (place, *place.rglob("*")):
        if folder.is_dir():
            folder.chmod(0o755)
    shutil.rmtree(place)


def test_output_folder_that_may_not_be_written(warm, raw, theirs, read_before):
    (theirs / "out").mkdir(0o555)
    shutil.copytree(raw, theirs / "raw")
    run = warm.start("build", theirs / "raw", theirs / "out", as_nobody=[str(raw), str(read_before)])
    assert run.end() == 4, run.said()
    assert str(theirs / "out") in run.said()
    assert not list((theirs / "out").iterdir())


def test_what_may_not_be_read_is_listed(warm, raw, theirs, whole, read_before):
    copy, out = theirs / "raw", theirs / "out"
    shutil.copytree(raw, copy)
    for name in ("closed/a.txt", "listed/b.txt", "mine.txt"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(FIRST, encoding="utf-8")
    shutil.copytree(whole / ".huabu" / "cache", out / ".huabu" / "cache")
    if not os.geteuid():
        for place in (out, *out.rglob("*")):
            os.chown(place, NOBODY, NOBODY)
    for name, mode in (("closed", 0), ("listed", 0o444), ("mine.txt", 0)):
        (copy / name).chmod(mode)
    run = warm.start("build", copy, out, as_nobody=[str(raw), str(read_before)])
    assert run.end() == 0, run.said()
    assert {r["path"] for r in rows(out) if r["reason"] == "PERMISSION"} == {
        "closed",
        "listed/b.txt",
        "mine.txt",
    }
    assert sum(r["status"] == "ok" for r in rows(out)) == sum(r["status"] == "ok" for r in rows(whole))


@pytest.mark.parametrize("below", [".", "out", "a/b/out", "案例0.txt/out"])
def test_output_below_the_input(raw, run, below):
    before = sorted(raw.rglob("*"))
    assert run("build", raw, raw / below)[0] in (2, 4)
    assert sorted(raw.rglob("*")) == before


@pytest.mark.parametrize("name", ["text", "site", ".huabu/cache", ".huabu/stage"])
def test_outputs_are_no_input(tmp_path, run, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    assert run("build", tmp_path / "out" / name, tmp_path / "out")[0] == 2


@pytest.mark.parametrize(
    "place",
    [
        "ledger.csv/x",
        "text",
        also("site"),
        ".huabu/lock/x",
        also(".huabu"),
        also(".huabu/cache"),
        also("huabu.xlsx/x"),
    ],
)
def test_a_place_that_is_taken(warm, raw, whole, read_before, place):
    taken = read_before / place
    if taken.is_dir():
        shutil.rmtree(taken)
    taken.parent.mkdir(parents=True, exist_ok=True)
    taken.write_text("x")
    first = warm.start("build", raw, read_before)
    assert first.end() == 4, first.said()
    assert "无法写入输出" in first.said()
    assert taken.read_text() == "x"
    assert set(published(read_before)) <= {place}
    shutil.rmtree(taken.parent) if place.endswith("/x") else taken.unlink()
    assert_goes_on(warm, raw, read_before, whole)


# --- streams -----------------------------------------------------------------------------------------


STREAMS = [also(">&-", 0), also(">&- 2>&- <&-", 0), also("> /dev/full", 4), ("| true", 141)]


@pytest.mark.parametrize(("streams", "code"), STREAMS)
def test_nobody_listens(raw, whole, read_before, streams, code):
    script = f'"$@" {streams}; exit ' + ("${PIPESTATUS[0]}" if "|" in streams else "$?")
    given = [*HUABU, "build", str(raw), str(read_before)]
    done = subprocess.run(["bash", "-c", script, "bash", *given], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=PATIENCE)  # fmt: skip
    assert done.returncode in {code, 0 if code == 141 else code}
    assert published(read_before) == published(whole)


@pytest.mark.parametrize("stream", ["stdout", also("stderr")])
def test_a_pipe_that_is_full(raw, whole, read_before, stream):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for size in (4096, 1):
        with contextlib.suppress(BlockingIOError):
            while os.write(writer, b"x" * size):
                pass
    done = subprocess.run([*HUABU, "build", str(raw), str(read_before)], env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}, check=False, timeout=PATIENCE, **{stream: writer})  # fmt: skip
    os.close(writer)
    os.close(reader)
    assert done.returncode == (141 if stream == "stdout" else 0)
    assert published(read_before) == published(whole)


@pytest.mark.external
def test_no_connection_is_tried(raw, tmp_path):
    if not shutil.which("strace"):
        pytest.skip("no strace here")
    log = tmp_path / "log"
    trace = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(log)]
    given = [*trace, *HUABU, "build", str(raw), str(tmp_path / "out"), "--time-limit", "90"]
    done = subprocess.run(given, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=300)  # fmt: skip
    if "ptrace" in done.stderr and done.returncode:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    assert "AF_INET" not in log.read_text()
