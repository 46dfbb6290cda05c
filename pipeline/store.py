"""The only module that opens project files: inputs, resources, cache, staging, publishing."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import stat
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

MAX_INPUT_BYTES = 100 * 1024 * 1024
"""Larger inputs end as LIMIT_SIZE without being read."""

PRIVATE = ".huabu"
MANIFEST = "MANIFEST.json"
CLUTTER = (".ds_store", "thumbs.db", "desktop.ini", ".gitkeep", ".gitignore", ".keep")


class OutputError(Exception):
    """The output folder cannot be written; the text says which path and why."""


class LockHeld(Exception):
    """Another run holds the output folder."""


class InvariantError(Exception):
    """Something that must hold does not; nothing is published."""


# --- resources -------------------------------------------------------------------------------


def resource_text(name: str) -> str:
    """Text of a file below `pipeline/resources/`, e.g. `lexicon/CH.csv`."""
    return (resources.files("pipeline") / "resources" / name).read_text(encoding="utf-8-sig")


def resource_bytes(name: str) -> bytes:
    """Bytes of a file below `pipeline/resources/`."""
    return (resources.files("pipeline") / "resources" / name).read_bytes()


def write_resource(name: str, data: bytes) -> None:
    """Replace a file below `pipeline/resources/` (only `huabu train` does so)."""
    target = Path(str(resources.files("pipeline"))) / "resources" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, data)


def code_fingerprint(*names: str) -> str:
    """Hash of source and data files of the package: part of every cache key, so that a changed
    rule or term redoes the stages it belongs to and only those."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("pipeline")))
    for name in names:
        path = root / name
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.suffix != ".pyc":
                digest.update(file.relative_to(root).as_posix().encode() + b"\0")
                digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


# --- inputs ----------------------------------------------------------------------------------


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
            reason = "PERMISSION" if isinstance(error, PermissionError) else "IO_ERROR"
            found.append(_entry(base, folder, reason))
            continue
        for item in listed:
            name = os.path.join(folder, item.name) if folder else item.name
            if item.is_symlink():
                found.append(_entry(base, name, "SYMLINK"))
            elif item.is_dir(follow_symlinks=False):
                stack.append(name)
            elif not item.is_file(follow_symlinks=False):
                found.append(_entry(base, name, "NOT_REGULAR"))
            else:
                lower = os.fsdecode(item.name).lower()
                clutter = lower in CLUTTER or lower.startswith(("~$", "._"))
                found.append(_entry(base, name, "IGNORED" if clutter else ""))
    return sorted(found, key=lambda e: bytes.fromhex(e.path_hex))


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
    except FileNotFoundError:
        return "VANISHED"
    except PermissionError:
        return "PERMISSION"
    except OSError as error:
        return "SYMLINK" if error.errno == errno.ELOOP else "IO_ERROR"
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            return "NOT_REGULAR"
        if before.st_size > MAX_INPUT_BYTES:
            return "LIMIT_SIZE"
        parts = []
        while part := os.read(handle, 1 << 20):
            parts.append(part)
            if sum(map(len, parts[-1:])) + len(parts) * (1 << 20) > MAX_INPUT_BYTES + (2 << 20):
                return "CHANGED"
        after = os.fstat(handle)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            return "CHANGED"
        return b"".join(parts)
    except OSError:
        return "IO_ERROR"
    finally:
        os.close(handle)


def read_arrays(path: Path) -> bytes:
    """The bytes of a file of our own: weights of an installed package, arrays beside the corpus."""
    return path.read_bytes()


def read_table(path: Path) -> str:
    """Text of a CSV that a person or another program made (with or without BOM)."""
    return path.read_text(encoding="utf-8-sig")


# --- outputs ---------------------------------------------------------------------------------


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
        raise OutputError(f"{path.name}: {error.strerror or type(error).__name__}") from error


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
        raise OutputError(f"{out}: {error.strerror or type(error).__name__}") from error


@contextmanager
def lock(out: Path) -> Iterator[None]:
    """Hold the output folder. The system releases the lock when the process dies."""
    handle = os.open(out / PRIVATE / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockHeld(str(out)) from error
        yield
    finally:
        os.close(handle)


class Cache:
    """Content-addressed results in `OUT/.huabu/cache`. A damaged entry is a miss."""

    def __init__(self, out: Path) -> None:
        self.root = out / PRIVATE / "cache"
        self.used: set[str] = set()

    def get(self, key: str) -> Any | None:
        self.used.add(key)
        try:
            blob = (self.root / key[:2] / key).read_bytes()
        except OSError:
            return None
        if len(blob) < 32 or hashlib.sha256(blob[32:]).digest() != blob[:32]:
            return None
        return json.loads(zlib.decompress(blob[32:]).decode("utf-8", "surrogatepass"))

    def put(self, key: str, value: Any) -> None:
        self.used.add(key)
        packed = zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), 6)
        folder = self.root / key[:2]
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"cache: {error.strerror}") from error
        write_atomic(folder / key, hashlib.sha256(packed).digest() + packed)

    def sweep(self) -> None:
        """Drop entries that this run did not ask for (inputs that are gone, old code)."""
        for folder in self.root.iterdir():
            if folder.is_dir() and len(folder.name) == 2:
                for file in folder.iterdir():
                    if file.name not in self.used:
                        file.unlink(missing_ok=True)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def key_of(*parts: str) -> str:
    """Cache key: hash of its parts, unambiguous because each carries its length."""
    return sha256("".join(f"{len(p)}:{p}" for p in parts).encode("utf-8", "surrogatepass"))


class Stage:
    """New outputs, collected beside the published ones and moved over them in one go."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.root = out / PRIVATE / "stage"
        self.files: dict[str, str] = {}
        _remove_tree(self.root)
        self.root.mkdir(parents=True)

    def path(self, name: str) -> Path:
        """A place for a report module to write the output `name` to."""
        target = self.root / name  # names come from walking RAW: relative, without `..`
        target.parent.mkdir(parents=True, exist_ok=True)
        self.files[name] = ""
        return target

    def write(self, name: str, data: bytes) -> None:
        try:
            with open(self.path(name), "wb") as file:
                file.write(data)
        except OSError as error:
            raise OutputError(f"{name}: {error.strerror or type(error).__name__}") from error

    def publish(self, run_key: str) -> None:
        """Hash what was staged, journal it, move it over the old files, drop what is obsolete."""
        try:
            for name in self.files:
                self.files[name] = sha256((self.root / name).read_bytes())
            manifest = {"run": run_key, "files": dict(sorted(self.files.items()))}
            journal = json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"
            write_atomic(self.out / PRIVATE / "journal.json", journal)
        except OSError as error:
            raise OutputError(f"{self.root.name}: {error.strerror}") from error
        roll_forward(self.out)


def roll_forward(out: Path) -> None:
    """Finish a publication that was interrupted after its journal was written.

    Only files that are staged with the journal's checksum are moved; raises OutputError.
    """
    journal = out / PRIVATE / "journal.json"
    manifest = _read_names(journal)
    if not manifest:
        return
    stage = out / PRIVATE / "stage"
    old = read_manifest(out).get("files", {})
    try:
        for name, digest in manifest["files"].items():
            staged = stage / name
            if staged.is_file() and sha256(staged.read_bytes()) == digest:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(staged, out / name)
        for name in sorted(set(old) - set(manifest["files"])):
            (out / name).unlink(missing_ok=True)
        write_atomic(out / MANIFEST, journal.read_bytes())
        journal.unlink()
        _remove_tree(stage)
    except OSError as error:
        raise OutputError(f"{error.filename or out.name}: {error.strerror}") from error


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of what is published in `out`; empty if there is none or it is damaged."""
    return _read_names(out / MANIFEST)


def _read_names(path: Path) -> dict[str, Any]:
    """A manifest or journal whose every name stays inside the output folder, else empty: somebody
    else may have written it."""
    try:
        found = json.loads(path.read_bytes())
        names = found["files"]
        safe = isinstance(found["run"], str) and all(
            isinstance(h, str)
            and name
            and not name.startswith(("/", "\\", PRIVATE))
            and ":" not in name[:2]
            and ".." not in name.replace("\\", "/").split("/")
            for name, h in names.items()
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return found if safe else {}


def is_published(out: Path, run_key: str) -> bool:
    """Whether exactly this run is published and every file of it is intact."""
    manifest = read_manifest(out)
    if manifest.get("run") != run_key:
        return False
    try:
        return all(sha256((out / n).read_bytes()) == h for n, h in manifest["files"].items())
    except OSError:
        return False


def _remove_tree(root: Path) -> None:
    if root.is_symlink():
        root.unlink()
    elif root.is_dir():
        for item in sorted(root.rglob("*"), reverse=True):
            item.rmdir() if item.is_dir() and not item.is_symlink() else item.unlink()
        root.rmdir()


def read_published(out: Path, name: str) -> io.BytesIO | None:
    """A published file of an output folder as a stream, None if there is none."""
    try:
        return io.BytesIO((out / name).read_bytes())
    except OSError:
        return None
