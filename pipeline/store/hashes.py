"""Names for contents."""

from __future__ import annotations

import hashlib


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def key_of(*parts: str) -> str:
    """Cache key: hash of its parts, unambiguous because each carries its length."""
    return sha256("".join(f"{len(p)}:{p}" for p in parts).encode("utf-8", "surrogatepass"))
