"""What an analysis must hold beside values of the right type for its table to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.analysis.rows import ComplexityRow, EnergyRow, RankRow


def check_ranks(rows: Sequence[RankRow], _: Mapping[str, Any]) -> None:
    """Every matrix has two sides."""
    for row in rows:
        if len(row.shape) != 2 or min(row.shape) < 1:
            raise StoreError(f"{row.map}: shape={row.shape}; two numbers of 1 or more are needed")


def check_energy(rows: Sequence[EnergyRow], settings: Mapping[str, Any]) -> None:
    """Both curves are there, and it says of which block and shape."""
    block, shape = settings.get("block"), settings.get("shape")
    if not isinstance(block, int) or not isinstance(shape, list) or len(shape) != 2:
        raise StoreError(f"settings: block={block} shape={shape}; a number and two are needed")
    if not all(isinstance(side, int) and side > 0 for side in shape):
        raise StoreError(f"settings.shape={shape}: two numbers of 1 or more are needed")
    if {row.by for row in rows} != {"singular_values", "entries"}:
        raise StoreError("values: one of the curves of singular values and entries is missing")


def check_complexity(rows: Sequence[ComplexityRow], _: Mapping[str, Any]) -> None:
    """All are counted at one shape, and took some operations."""
    shapes = {(row.d, row.k, row.r, row.b) for row in rows}
    if len(shapes) != 1 or min(min(shapes)) < 1 or min(row.operations for row in rows) < 1:
        raise StoreError("values: one shape and counts of 1 or more are needed")


CHECKS: Mapping[str, Callable[[Any, Mapping[str, Any]], None]] = {
    "ranks": check_ranks,
    "energy": check_energy,
    "complexity": check_complexity,
}
"""By the kind of an analysis."""
