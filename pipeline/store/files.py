"""The output folder: one run at a time, and no file in it that is half written."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.store.errors import LockHeld, OutputError

PRIVATE = ".huabu"
MANIFEST = "MANIFEST.json"
_STRAY = re.compile(r"\.\d+-\d+\.tmp")


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part.

    Raises OutputError. The temporary name is short: `path` may have the longest name allowed.
    """
    temporary = path.with_name(f".{os.getpid()}-{threading.get_ident() % 10**6}.tmp")
    try:
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError.of(path.name, error) from error


def is_stray(name: str) -> bool:
    """Whether that is the name of a temporary file of `write_atomic`, whose run died."""
    return _STRAY.fullmatch(name) is not None


def prepare_output(out: Path) -> None:
    """Make the output folder and its private part, or say why that is not possible."""
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out}: 不是文件夹 is not a folder")
        (out / PRIVATE / "cache").mkdir(parents=True, exist_ok=True)
        probe = out / PRIVATE / f"probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OutputError.of(out, error) from error


@contextmanager
def lock(out: Path) -> Iterator[None]:
    """Hold the output folder. The system releases the lock when the process dies.

    Raises LockHeld, and OutputError where there is no such thing as a lock.
    """
    path = out / PRIVATE / "lock"
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags, 0o644)
    except OSError as error:
        raise OutputError.of(path, error) from error
    try:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise LockHeld(str(out)) from error
        except OSError as error:  # some network drives
            raise OutputError.of(f"{path} (lock)", error) from error
        yield
    finally:
        os.close(handle)


def remove_tree(root: Path) -> None:
    """Remove a folder with all that is in it; of a link the link. Raises OSError."""
    if root.is_symlink() or root.is_file():
        root.unlink()
    elif root.is_dir():
        for item in sorted(root.rglob("*"), reverse=True):
            item.rmdir() if item.is_dir() and not item.is_symlink() else item.unlink()
        root.rmdir()
