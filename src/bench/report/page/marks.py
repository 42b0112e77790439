"""The mark of each method, the same in every chart of the page: colour, shape and dashes.

Colour alone tells no two methods apart: with seven colours and six shapes, neighbours differ in
both, and 42 methods have a mark of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.figures.lines import COLOURS as PALETTE

if TYPE_CHECKING:
    from collections.abc import Iterable

INK = "ink"
"""The colour of text, which depends on whether the page is light or dark."""
COLOURS = (*PALETTE[:-1], INK)
"""Those of the figures, but for their black."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
PATHS = {
    "circle": "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10z",
    "square": "M3.5 3.5h9v9h-9z",
    "triangle-up": "M8 2.5L13.5 12.5h-11z",
    "diamond": "M8 2L13.5 8L8 14L2.5 8z",
    "cross": "M6 2.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z",
    "triangle-down": "M8 13.5L2.5 3.5h11z",
}
"""Each shape as an SVG path in a square of 16, for the legend."""
DASHES = ((1, 0), (7, 3), (2, 2), (9, 3, 2, 3), (4, 4), (12, 4))


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How a method is drawn."""

    color: str
    shape: str
    dash: tuple[int, ...]

    @property
    def path(self) -> str:
        """The shape for the legend."""
        return PATHS[self.shape]


def marks(methods: Iterable[str]) -> dict[str, Mark]:
    """A mark for each method, by name."""
    return {
        method: Mark(
            color=COLOURS[index % len(COLOURS)],
            shape=SHAPES[index % len(SHAPES)],
            dash=DASHES[index % len(DASHES)],
        )
        for index, method in enumerate(sorted(set(methods)))
    }
