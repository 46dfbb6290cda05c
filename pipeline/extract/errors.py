"""Why a file cannot be read: a reason code, never a message with text of the input."""

from __future__ import annotations


class Unreadable(Exception):
    """Raised by a reader; `reason` is one of the codes of the ledger."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
