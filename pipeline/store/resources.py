"""Files of the package itself: lexicon, model, templates."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

from pipeline.store.errors import ResourceError
from pipeline.store.files import write_atomic


def resource_text(name: str) -> str:
    """Text of a file below `pipeline/resources/`, e.g. `lexicon/CH.csv`. Raises ResourceError."""
    try:
        return (resources.files("pipeline") / "resources" / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(f"resources/{name}", error) from error


def resource_bytes(name: str) -> bytes:
    """Bytes of a file below `pipeline/resources/`. Raises OSError."""
    return (resources.files("pipeline") / "resources" / name).read_bytes()


def _broken(name: str, error: Exception) -> ResourceError:
    return ResourceError(
        f"{name}: 程序自带的文件缺失或损坏, 请重新安装 (make setup) "
        f"a file of the program is missing or damaged, install again ({type(error).__name__})"
    )


def write_resource(name: str, data: bytes) -> None:
    """Replace a file below `pipeline/resources/` (only `huabu train` does so)."""
    target = Path(str(resources.files("pipeline"))) / "resources" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, data)


def code_fingerprint(*names: str) -> str:
    """Hash of source and data files of the package: part of every cache key, so that a changed
    rule or term redoes the stages it belongs to and only those. Raises ResourceError."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("pipeline")))
    for name in names:
        path = root / name
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" not in file.parts:  # what Python is just writing there comes and goes
                try:
                    data = file.read_bytes()
                except OSError as error:
                    raise _broken(file.relative_to(root).as_posix(), error) from error
                digest.update(file.relative_to(root).as_posix().encode() + b"\0")
                digest.update(data + b"\0")
    return digest.hexdigest()
