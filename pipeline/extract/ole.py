"""Compound files (OLE2), the container of Word, PowerPoint and Excel before 2007."""

from __future__ import annotations

import io

import olefile

from pipeline.extract.errors import Unreadable

MAX_STREAM = 100 << 20


def open_streams(data: bytes) -> olefile.OleFileIO:
    """The compound file. Loops and impossible sizes are errors of olefile. Raises Unreadable(CORRUPT)."""
    try:
        return olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_FATAL)
    except Exception as error:  # besides its own, olefile lets struct.error and IndexError out
        raise Unreadable("CORRUPT") from error


def stream(container: olefile.OleFileIO, name: str) -> bytes | None:
    """The bytes of a stream, None if there is none. Raises Unreadable: CORRUPT, LIMIT_SIZE."""
    try:
        if not container.exists(name):
            return None
        if container.get_size(name) > MAX_STREAM:
            raise Unreadable("LIMIT_SIZE")
        return bytes(container.openstream(name).read())
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable("CORRUPT") from error
