"""A run that nothing disturbed, to compare disturbed ones with; what every test of a fault needs."""

from __future__ import annotations

import csv
import functools
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from warm import PATIENCE, Run, Warm

ROOT = Path(__file__).parents[1]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes, limits and /proc are those of Linux")
HUABU = [sys.executable, "-P", "-c", "from pipeline import model; model.encoder_available = lambda: False\nimport sys; from pipeline.extract import ocr; ocr.versions = dict\nfrom pipeline.cli import main; sys.exit(main())"]  # fmt: skip
KILL, TERM, INT = ["SIGKILL"], ["SIGTERM"], ["SIGINT"]


def also(*given: object) -> pytest.param:
    """A case for `make test-external` only: others of its kind are in `make test`."""
    return pytest.param(*given, marks=pytest.mark.external)


def published(out: Path) -> dict[str, bytes]:
    """Every published byte by name."""
    return {
        p.relative_to(out).as_posix(): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and ".huabu" not in p.relative_to(out).parts
    }


def left_over(out: Path) -> set[str]:
    """What lies in the private folder beside what must: nothing, after a run that came to its end."""
    return {p.name for p in (out / ".huabu").iterdir()} - {"cache", "lock", "MANIFEST.json"}


def rows(out: Path, name: str = "ledger") -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@functools.cache
def word() -> bytes:
    """Made once: a DOCX carries the time it was made."""
    from conftest import FIRST, make_docx  # late: it takes the fixtures from here

    return make_docx(["# 渠道通路", FIRST], [["重要伙伴", "物流公司"]])


def fill(raw: Path, *, backwards: bool = False) -> Path:
    """Thirteen small files: texts, a Word file, a PDF, an archive, and bad ones."""
    from conftest import FIRST, SECOND, make_pdf

    packed = raw.parent / "packed"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("甲.txt", "乙.txt"):
            archive.writestr(zipfile.ZipInfo(name), f"{name}：{SECOND}{FIRST}\n")
    files = {f"案例{n}.txt": f"第{n}个案例分析\n\n{FIRST}\n{SECOND * n}\n".encode() for n in range(7)}
    files |= {
        "表.docx": word(),
        "子/页.pdf": make_pdf([[FIRST, SECOND]]),
        "包.zip": packed.read_bytes(),
        "子/空.txt": b"",
        "子/坏.docx": b"PK\x03\x04broken",
        "甲.txt": FIRST.encode("gb18030"),
    }
    packed.unlink()
    for name, data in sorted(files.items(), reverse=backwards):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(data)
    return raw


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    process = Warm(tmp_path_factory.mktemp("runs"))
    yield process
    process.close()


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("in") / "raw")


@pytest.fixture(scope="session")
def whole(warm, raw, tmp_path_factory):
    """The output folder of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run = warm.start("build", raw, out)
    assert run.end() == 0, run.said()
    assert len(rows(out)) == 15
    assert not left_over(out)
    return out


@pytest.fixture
def read_before(whole, tmp_path):
    """An output folder whose cache holds everything and which publishes nothing."""
    shutil.copytree(whole / ".huabu" / "cache", tmp_path / "out" / ".huabu" / "cache")
    return tmp_path / "out"


@pytest.fixture(scope="session")
def first_state(whole, raw, warm, tmp_path_factory):
    """An output folder that publishes an older state of the input; all of the new one is cached."""
    fewer, out = tmp_path_factory.mktemp("older") / "raw", tmp_path_factory.mktemp("older") / "out"
    shutil.copytree(raw, fewer)
    (fewer / "案例3.txt").rename(fewer / "gone.txt")
    shutil.copytree(whole / ".huabu" / "cache", out / ".huabu" / "cache")
    assert warm.start("build", fewer, out).end() == 0
    shutil.copytree(whole / ".huabu" / "cache", out / ".huabu" / "cache", dirs_exist_ok=True)
    return out


@pytest.fixture
def older(first_state, tmp_path):
    """(a copy of that folder, what it publishes)."""
    out = tmp_path / "out"
    shutil.copytree(first_state, out)
    return out, published(out)


def assert_goes_on(warm: Warm, raw: Path, out: Path, whole: Path, *more: object) -> Run:
    """Another run of the same ends well and publishes what an undisturbed one does."""
    again = warm.start("build", raw, out, *more)
    assert again.end() == 0, again.said()
    assert published(out) == published(whole)
    assert not left_over(out)
    return again


def assert_gone(pids: list[str], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while alive := [pid for pid in pids if is_running(int(pid))]:
        assert time.monotonic() < deadline, f"still there: {alive}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.fixture
def small_disk(tmp_path):
    """A function that mounts a file system of so many bytes, or gives it another size."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(size: int) -> Path:
        again = (
            ["-o", f"remount,size={size}"]
            if place.is_mount()
            else ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]
        )
        done = subprocess.run(["mount", *again, str(place)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


ELSEWHERE = {"PYTHONHASHSEED": "1", "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "TZ": "Asia/Shanghai", "TMPDIR": "/no/such/folder", "PYTHONPATH": str(ROOT)}  # fmt: skip


def elsewhere(*arguments: object, cwd: Path, umask: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    """A run in an interpreter of its own, without the variables of this one: no HOME among them."""
    keep = {k: os.environ[k] for k in ("PATH", "LD_LIBRARY_PATH") if k in os.environ}
    return subprocess.run(
        [*HUABU, *map(str, arguments)], cwd=cwd, env=keep | ELSEWHERE | more, umask=umask,
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=PATIENCE,
    )  # fmt: skip


def elsewhere_python(code: str, **more: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **ELSEWHERE, **more}, capture_output=True, text=True,
        encoding="utf-8", check=True,
    ).stdout  # fmt: skip
