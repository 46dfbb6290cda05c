"""From staged outputs to published ones: read back, journal, move file by file, manifest last.

Staged files are not forced to the disk one by one (3 ms each): after a power cut the checksums of the
manifest tell, and the next run publishes again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.store.errors import InvariantError, OutputError
from pipeline.store.files import MANIFEST, PRIVATE, is_stray, remove_tree, write_atomic
from pipeline.store.hashes import sha256

Manifest = dict[str, Any]
"""`run`: which run this is; `files`: name -> checksum of what belongs to it."""


class Stage:
    """New outputs, collected beside the published ones and moved over them in one go."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.root = out / PRIVATE / "stage"
        self.files: dict[str, str] = {}  # name -> checksum of what was to be written, empty if unknown
        try:
            remove_tree(self.root)
            self.root.mkdir(parents=True)
        except OSError as error:
            raise OutputError.of(self.root, error) from error

    def path(self, name: str) -> Path:
        """A place for a report module to write the output `name` to. Raises OutputError, and
        InvariantError for a name that would not be published."""
        if not stays_inside(name):
            raise InvariantError(f"{name!r}: 不能用作输出文件名 is no name of an output")
        target = self.root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError.of(name, error) from error
        self.files[name] = ""
        return target

    def write(self, name: str, data: bytes) -> None:
        try:
            with open(self.path(name), "wb") as file:
                file.write(data)
        except OSError as error:
            raise OutputError.of(name, error) from error
        self.files[name] = sha256(data)

    def records(self, name: str) -> int:
        """The number of whole rows below the header of a staged CSV, read back: line ends outside quotes."""
        rows = quotes = 0
        with open(self.root / name, "rb") as file:
            for line in file:
                quotes += line.count(b'"')
                rows += quotes % 2 == 0 and line.endswith(b"\n")
        return max(0, rows - 1)

    def publish(self, run_key: str) -> None:
        """Read back what was staged, journal it, move it over the old files, drop what is obsolete.

        Raises OutputError; up to the journal the published files are as they were.
        """
        try:
            for name, written in self.files.items():
                found = _checksum(self.root / name)
                if written not in ("", found):
                    raise OutputError(
                        f"{name}: 写下的和读回的不同, 请检查磁盘 not what was written, check the disk"
                    )
                self.files[name] = found
                _check_place(self.out, name)
            manifest = {"run": run_key, "files": dict(sorted(self.files.items()))}
            write_atomic(self.out / PRIVATE / "journal.json", _to_bytes(manifest))
        except OSError as error:
            raise OutputError.of(error.filename or self.root.name, error) from error
        _move(self.out, manifest)


def roll_forward(out: Path) -> None:
    """Finish a publication that was interrupted after its journal was written; tidy up after one that
    did not come so far. Raises OutputError.

    A publication of which a file is lost cannot be finished: its journal is dropped and the run that
    follows publishes anew.
    """
    journal = out / PRIVATE / "journal.json"
    manifest = _read(journal)
    try:
        if manifest and _is_complete(out, manifest):
            _move(out, manifest)
            return
        if manifest:  # what was moved already is ours to drop later, but no run
            files = read_manifest(out).get("files", {}) | manifest["files"]
            write_atomic(out / MANIFEST, _to_bytes({"run": "interrupted", "files": files}))
        if journal.is_dir() and not journal.is_symlink():
            remove_tree(journal)
        journal.unlink(missing_ok=True)
        remove_tree(out / PRIVATE / "stage")
        for folder in (out, out / PRIVATE):
            for file in folder.iterdir():
                if is_stray(file.name):
                    file.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError.of(error.filename or out.name, error) from error


def _is_complete(out: Path, manifest: Manifest) -> bool:
    """Whether every file is staged as it was, or moved already."""
    stage = out / PRIVATE / "stage"
    return all(
        any(_is_file(folder / name, digest) for folder in (stage, out))
        for name, digest in manifest["files"].items()
    )


def _is_file(path: Path, digest: str) -> bool:
    try:
        return _checksum(path) == digest
    except OSError:
        return False


def _move(out: Path, manifest: Manifest) -> None:
    """Staged files over published ones, the manifest last. All of `manifest` is staged, or moved."""
    private = out / PRIVATE
    old = {*_read(private / MANIFEST).get("files", {}), *read_manifest(out).get("files", {})}
    try:
        for name in manifest["files"]:
            staged = private / "stage" / name
            if staged.is_file():
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(staged, out / name)
        for name in sorted(old - manifest["files"].keys()):
            _drop(out, name)
        # A copy of the manifest stays with us: without it nobody would know what is obsolete.
        write_atomic(private / MANIFEST, _to_bytes(manifest))
        remove_tree(private / "stage")
        os.replace(private / "journal.json", out / MANIFEST)
    except OSError as error:
        raise OutputError.of(error.filename or out.name, error) from error


def _drop(out: Path, name: str) -> None:
    """Remove a file that is no output any more, and its folders as far as they are empty."""
    path = out / name
    with suppress(IsADirectoryError, NotADirectoryError):  # somebody put something else there
        path.unlink(missing_ok=True)
    with suppress(OSError):
        for folder in path.parents[: name.count("/")]:
            folder.rmdir()


def _check_place(out: Path, name: str) -> None:
    """Raises OutputError where a file could not be moved to, before any is."""
    above = [name[:at] for at, c in enumerate(name) if c == "/"]
    path = out / name
    is_folder = path.is_dir() and not path.is_symlink()
    if is_folder or any((out / f).exists() and not (out / f).is_dir() for f in above):
        raise OutputError(
            f"{out / name}: 被别的东西占着, 请移开 something else is in its place, move it away"
        )


def read_manifest(out: Path) -> Manifest:
    """The manifest of what is published in `out`; empty if there is none or it is damaged."""
    return _read(out / MANIFEST)


def _read(path: Path) -> Manifest:
    """A manifest or journal whose every name stays inside the output folder, else empty: somebody
    else may have written it."""
    try:
        found = json.loads(path.read_bytes())
        files = found["files"]
        good = isinstance(found["run"], str) and all(
            isinstance(digest, str) and stays_inside(name) for name, digest in files.items()
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
    return found if good else {}


def stays_inside(name: str) -> bool:
    """Whether a relative path names a file of the output folder, and none of the private ones.

    >>> [stays_inside(n) for n in ("text/a.txt", "../a", "/a", "a//b", ".Huabu/lock", "")]
    [True, False, False, False, False, False]
    """
    separators, refused = ("[/\\\\]", "\0:") if os.name == "nt" else ("/", "\0")
    parts = re.split(separators, name)
    return (
        not any(c in refused or "\ud800" <= c <= "\udfff" for c in name)
        and not {"", ".", ".."} & set(parts)
        and parts[0].casefold() != PRIVATE
        and parts[0] != MANIFEST
    )


def is_published(out: Path, run_key: str) -> bool:
    """Whether exactly this run is published and every file of it is intact."""
    manifest = read_manifest(out)
    if manifest.get("run") != run_key:
        return False
    return all(_is_file(out / name, digest) for name, digest in manifest["files"].items())


def read_published(out: Path, name: str) -> io.BytesIO | None:
    """A published file of an output folder as a stream, None if there is none."""
    try:
        return io.BytesIO((out / name).read_bytes())
    except OSError:
        return None


def _checksum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_bytes(manifest: Manifest) -> bytes:
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"
