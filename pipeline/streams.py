"""The standard streams, also where nobody reads them or the caller closed them."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO


def open_streams() -> None:
    """All three open, in UTF-8: were one closed, the next file that is opened would take its place, and
    what a library prints would go into it."""
    while (null := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(null)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  as long as we run
        with contextlib.suppress(AttributeError, OSError, ValueError):
            getattr(sys, name).reconfigure(encoding="utf-8", errors="replace")


def say(text: str) -> None:
    """A line for the person who started the run."""
    try:
        print(text, file=sys.stderr)
    except OSError:  # nobody reads it, or it goes to a disk that is full: the run itself goes on
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """What is printed from now on goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
