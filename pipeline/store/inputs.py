"""Files that others made: what lies below RAW, and tables given on the command line.

Inputs are never moved, changed or deleted, and no link among them is followed.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

MAX_INPUT_BYTES = 100 * 1024 * 1024
"""Larger inputs end as LIMIT_SIZE without being read."""
CLUTTER = (".ds_store", "thumbs.db", "desktop.ini", ".gitkeep", ".gitignore", ".keep")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found below RAW. `reason` is set where it will not be read."""

    path: str
    path_hex: str
    os_path: bytes
    reason: str = ""


def show_path(raw: bytes) -> str:
    """A path as text: UTF-8 where it is, `\\xNN` for every byte that is not."""
    return raw.decode("utf-8", "backslashreplace")


def walk(root: Path) -> list[Entry]:
    """Every entry below `root` that is not a folder, sorted by path bytes; links not followed."""
    found: list[Entry] = []
    stack: list[bytes] = [b""]
    base = os.fsencode(root)
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(os.path.join(base, folder) if folder else base) as entries:
                listed = list(entries)
        except OSError as error:
            found.append(_entry(base, folder, _why(error)))
            continue
        for item in listed:
            name = os.path.join(folder, item.name) if folder else item.name
            try:
                kind = _kind(item)
            except OSError as error:  # the folder may be listed but not entered
                found.append(_entry(base, name, _why(error)))
                continue
            if kind is None:
                stack.append(name)
            else:
                found.append(_entry(base, name, kind))
    return sorted(found, key=lambda e: bytes.fromhex(e.path_hex))


def _kind(item: os.DirEntry[bytes]) -> str | None:
    """None for a folder, empty for a file that will be read, else the reason why not."""
    if item.is_symlink():
        return "SYMLINK"
    if item.is_dir(follow_symlinks=False):
        return None
    if not item.is_file(follow_symlinks=False):
        return "NOT_REGULAR"
    lower = os.fsdecode(item.name).lower()
    return "IGNORED" if lower in CLUTTER or lower.startswith(("~$", "._")) else ""


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "VANISHED"
    if isinstance(error, PermissionError):
        return "PERMISSION"
    return "SYMLINK" if error.errno == errno.ELOOP else "IO_ERROR"


def _entry(base: bytes, name: bytes, reason: str) -> Entry:
    posix = name.replace(os.sep.encode(), b"/")
    return Entry(show_path(posix), posix.hex(), os.path.join(base, name), reason)


def single(path: Path) -> Entry:
    """One file given by itself; its name is its path."""
    name = os.fsencode(path.name)
    reason = "SYMLINK" if path.is_symlink() else ""
    return Entry(show_path(name), name.hex(), os.fsencode(path), reason)


def extension(path: str) -> str:
    """Lower-case extension without the dot, empty if there is none: a hint, never the type."""
    name = path.rsplit("/", 1)[-1]
    return name.rpartition(".")[2].lower() if "." in name[1:] else ""


def read_input(entry: Entry) -> bytes | str:
    """The bytes of an input file, or the reason code why it is not read."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        handle = os.open(entry.os_path, flags)
    except OSError as error:
        # a socket or a device without a driver cannot be opened at all
        return "NOT_REGULAR" if error.errno in (errno.ENXIO, errno.ENODEV) else _why(error)
    try:
        return _read(handle)
    except OSError:
        return "IO_ERROR"
    finally:
        os.close(handle)


def _read(handle: int) -> bytes | str:
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        return "NOT_REGULAR"
    if before.st_size > MAX_INPUT_BYTES:
        return "LIMIT_SIZE"
    parts: list[bytes] = []
    length = 0
    while part := os.read(handle, _PIECE):
        parts.append(part)
        length += len(part)
        if length > before.st_size:
            return "CHANGED"
    after = os.fstat(handle)
    sizes = {before.st_size, length, after.st_size}
    if len(sizes) > 1 or before.st_mtime_ns != after.st_mtime_ns:
        return "CHANGED"
    return b"".join(parts)


def read_arrays(path: Path) -> bytes:
    """The bytes of a file of our own: weights of an installed package, arrays beside the corpus."""
    return path.read_bytes()


def read_table(path: Path) -> str:
    """Text of a CSV that a person or another program made (with or without BOM)."""
    return path.read_text(encoding="utf-8-sig")
