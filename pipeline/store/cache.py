"""Results kept from run to run in `OUT/.huabu/cache`, by what they were made of."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.store.errors import OutputError
from pipeline.store.files import PRIVATE, is_stray, remove_tree, write_atomic

_KEY = re.compile("[0-9a-f]{64}")
_SUM = hashlib.sha256().digest_size


class Cache:
    """Plain values by key. A damaged entry is a miss: what it held is made again."""

    def __init__(self, out: Path) -> None:
        self.root = out / PRIVATE / "cache"
        self.used: set[str] = set()

    def get(self, key: str) -> dict[str, Any] | None:
        self.used.add(key)
        try:
            blob = (self.root / key[:2] / key).read_bytes()
        except OSError:
            return None
        if len(blob) < _SUM or hashlib.sha256(blob[_SUM:]).digest() != blob[:_SUM]:
            return None
        try:
            value = json.loads(zlib.decompress(blob[_SUM:]).decode("utf-8", "surrogatepass"))
        except (zlib.error, ValueError, RecursionError):  # somebody else wrote it
            return None
        return value if isinstance(value, dict) else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a value. Raises OutputError."""
        self.used.add(key)
        packed = zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), 6)
        place = self.root / key[:2] / key
        try:
            if place.parent.is_file():  # where our folder must be
                place.parent.unlink()
            if place.is_dir():  # where our file must be
                remove_tree(place)
            place.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError.of(f"cache: {key[:2]}", error) from error
        write_atomic(place, hashlib.sha256(packed).digest() + packed)

    def sweep(self, *, unused: bool = True) -> None:
        """Drop what a run that died left half written and, if `unused`, entries that this run did not
        ask for (inputs that are gone, old code). Files of others stay, and what cannot be dropped does
        no harm."""
        with suppress(OSError):
            for folder in self.root.iterdir():
                if len(folder.name) == 2 and folder.is_dir() and not folder.is_symlink():
                    self._sweep(folder, unused=unused)

    def _sweep(self, folder: Path, *, unused: bool) -> None:
        with suppress(OSError):
            for file in folder.iterdir():
                old = unused and _KEY.fullmatch(file.name) and file.name not in self.used
                if old or is_stray(file.name):
                    file.unlink(missing_ok=True)
