"""Lines over an axis, and how they are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Of Okabe and Ito's palette (Color Universal Design, 2008), yellow left out as too light."""
SIGNS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
"""Shape and dashes tell lines apart without colour, and where they lie on each other."""
MOST = len(COLOURS)
"""Lines of a figure."""
MANY_POINTS = 20
"""From which on a line has no signs on it."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a panel."""

    label: str
    style: int
    """Which colour, sign and dashes: the same label has the same everywhere."""
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    """Ends of the band around it; none where they are empty."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A statement of a paper: at `x` more than `y`."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes."""

    title: str
    x: str
    y: str
    """What is on the axes, with its unit."""
    limits: tuple[float, float] | None
    """Ends of the vertical axis, whose points beyond are named there; None: those of the lines."""
    lines: tuple[Line, ...]
    logarithmic: bool = False
    """Whether the horizontal axis is, with the values of the lines on it."""
    bars: bool = False
    """Whether the ends of the band are drawn as error bars."""
    level: float | None = None
    """Height of a horizontal line."""
    marks: tuple[Mark, ...] = ()


def style(line: Line) -> dict[str, Any]:
    """Colour, dashes and sign of a line."""
    found: dict[str, Any] = {
        "color": COLOURS[line.style % MOST],
        "linestyle": DASHES[line.style % len(DASHES)],
        "linewidth": 1.3,
    }
    if len(line.x) < MANY_POINTS:
        found |= {
            "marker": SIGNS[line.style % len(SIGNS)],
            "markersize": max(8.0 - 2 * (line.style % MOST), 2.0),
            "fillstyle": "none",
        }
    return found
