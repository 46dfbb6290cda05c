"""What the shapes of a slide say and where they stand: the same for PPTX and for the older PPT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "title", "table", "footer", "running"]
"""A `running` footer is set once for the whole deck and written where it is first seen; a `footer` is
a shape that stands on this slide."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the slide, in any unit, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: its lines (of a table, its rows with cells joined by a tab) or, of a group, its
    parts. `box` is its place on the slide; without one it stays behind the shape before it."""

    box: Box | None = None
    kind: Kind = "text"
    lines: tuple[str, ...] = ()
    parts: tuple[Shape, ...] = ()
    frame: bool = False  # a drawn rectangle: what stands on it belongs together
