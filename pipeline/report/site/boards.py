"""Notes in their cells: the canvas of a document or a company as the templates draw it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.blocks import CODES, Block, blocks
from pipeline.canvas import CELL_NOTES
from pipeline.report.site.limits import MAX_CELL
from pipeline.report.site.proofs import Proof

HALF = ("KA", "KR", "CR", "CH")


@dataclass(frozen=True, slots=True)
class Slip:
    """One note in its cell. `weak` where it is less likely right than wrong."""

    anchor: str
    text: str
    quote: str
    support: int
    weak: bool
    proof: Proof | None
    documents: tuple[tuple[str, str], ...] = ()  # (title, address) of those that say so
    years: str = ""
    conflict: str = ""  # the note of the same cell that says the opposite


@dataclass(frozen=True, slots=True)
class Cell:
    block: Block
    notes: tuple[Slip, ...]
    left_out: int

    @property
    def shown(self) -> tuple[Slip, ...]:
        return self.notes[:CELL_NOTES]

    @property
    def folded(self) -> tuple[Slip, ...]:
        return self.notes[CELL_NOTES:]

    @property
    def weak(self) -> bool:
        """Whether nothing in the cell is more likely right than wrong."""
        return bool(self.notes) and all(note.weak for note in self.notes)


@dataclass(frozen=True, slots=True)
class Board:
    cells: tuple[Cell, ...]  # one per block, in canvas order

    @property
    def size(self) -> int:
        return sum(len(cell.notes) + cell.left_out for cell in self.cells)

    @property
    def roomy(self) -> bool:
        """Whether the half-height cells have so few notes that a printed sheet takes larger letters."""
        return all(len(cell.shown) <= 4 for cell in self.cells if cell.block.code in HALF)

    @property
    def filled(self) -> tuple[str, ...]:
        return tuple(cell.block.code for cell in self.cells if cell.notes)


def board(slips: Iterable[tuple[str, Slip]]) -> Board:
    """(block code, note) in the order of their ranks -> the nine cells."""
    notes: dict[str, list[Slip]] = {code: [] for code in CODES}
    for code, slip in slips:
        notes[code].append(slip)
    return Board(
        tuple(
            Cell(blocks()[code], tuple(notes[code][:MAX_CELL]), max(0, len(notes[code]) - MAX_CELL))
            for code in CODES
        )
    )
