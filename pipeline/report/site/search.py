"""What the search looks through, in files that are read one after the other when somebody searches."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.matching import variants
from pipeline.report.site import limits
from pipeline.report.site.boards import Board
from pipeline.report.site.drawing import script
from pipeline.report.site.proofs import anchor_of
from pipeline.report.site.reading import DocumentRows


class SearchFiles:
    """Texts of the documents, written whenever a file is full."""

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self.count = 0
        self.left_out = 0  # documents of which only notes are found
        self._write = write
        self._waiting: list[object] = []
        self._size = 0
        self._total = 0

    def add(self, found: DocumentRows, canvas: Board) -> None:
        """A document: [doc_id, notes as (block, anchor, text), passages as (blocks, anchor, text)]."""
        notes = [(cell.block.code, slip.anchor, slip.text) for cell in canvas.cells for slip in cell.notes]
        rows = found.passages[: limits.MAX_PASSAGES]
        size = sum(len(row["text"]) for row in rows)
        if self._total + size > limits.MAX_SEARCH:
            self.left_out += 1
            rows, size = [], 0
        self._total += size
        passages = [(row["blocks"], anchor_of(row["passage_id"]), row["text"]) for row in rows]
        self._waiting.append([found.document["doc_id"], notes, passages])
        self._size += size + sum(len(note[2]) for note in notes)
        if self._size >= limits.SHARD:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            if not self.count:  # read first: what is searched is simplified as it is read
                self._write("data/variants.js", script("huabu.variants", variants()))
            self._write(f"data/text-{self.count:04d}.js", script("huabu.texts", self._waiting))
            self.count += 1
        self._waiting, self._size = [], 0
