"""The rows of an analysis, one type a kind; all plain numbers. No torch.

Angles are in radians, energies are fractions of a sum of squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class RankRow:
    """Rank and spectrum of one matrix (LoRMA, section E.2, Fig. 7 and Table 15)."""

    map: str
    """Name of the adapted map in the model."""
    block: int
    part: str
    step: int | None
    """Optimizer steps behind which it was kept; null for the adapter that was evaluated."""
    matrix: Literal["update", "multiplier"]
    """ΔW = W' − W, or T with W' = T W or W T."""
    shape: list[int]
    """Rows and columns."""
    rank: int
    effective_rank: float
    energy: dict[str, float]
    """Energy of the first 1, 2, 4 ... singular values, by their number."""
    singular_values: list[float]
    """Those that count into the rank, falling; of the adapter that was evaluated only."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """How alike two matrices are (LoRMA, section 5.6)."""

    frobenius_distance: float
    cosine: float | None
    """Null where one of the two is zero."""
    singular_value_sq_diff: float
    """As the text defines it: the sum of squared differences."""
    singular_value_distance: float
    """Its square root, which is what the table prints."""
    eigenvalue_sq_diff: float | None
    """Null where the matrices are not square."""
    eigenvalue_distance: float | None
    principal_angle: float | None
    """Largest angle between the spans of the leading left singular vectors; null for a zero."""
    column_space_angle: float | None
    """Largest angle between the whole column spaces; 0 where one holds the other."""


@dataclass(frozen=True, kw_only=True)
class SimilarityRow(Measures):
    """One matrix beside the ΔW of a reference run (LoRMA, Table 9)."""

    map: str
    block: int
    part: str
    compared: Literal["update", "random"]
    """ΔW of the run, or a matrix of independent N(0, 1) values."""


@dataclass(frozen=True, kw_only=True)
class CurveRow:
    """The training loss of two runs (LoRMA, section 5.1, Table 5 and Fig. 6)."""

    steps: int
    """Steps under which the areas are measured: those that both runs have."""
    area: float
    reference_area: float
    area_decrease_percent: float
    """100 (1 − area / reference_area); negative where the run's area is larger."""
    reference_minimum: float
    reference_step: int
    """Step at which the reference reaches its minimum."""
    reached_step: int | None
    """First step at which the run's loss is as low; null where it never is."""
    speed_up: float | None
    """reference_step / reached_step."""


@dataclass(frozen=True, kw_only=True)
class EnergyRow:
    """A point of a curve of kept energy (LoDA, Fig. 2)."""

    by: Literal["singular_values", "entries"]
    kept: float
    """Number of largest singular values, or fraction of largest entries."""
    energy: float


@dataclass(frozen=True, kw_only=True)
class ComplexityRow:
    """Operations of one forward pass through one adapted map (LoRMA, Tables 1 and 11).

    A multiply-add of a matrix product counts as one, and so does every other operation.
    """

    method: str
    form: Literal["matrix", "fft"] | None
    """How LoRMA_π applies T; null for the others."""
    chosen_on: list[str]
    """Devices, cpu and gpu, on which form=auto takes this form for b tokens."""
    d: int
    k: int
    """The frozen weight is (d, k)."""
    r: int
    b: int
    """Tokens."""
    products: int
    """Multiply-adds of matrix products."""
    elementwise: int
    """Additions and multiplications of single values."""
    transforms: int
    """Of Fourier transforms, 2.5 n log2(n) each."""
    operations: int
    """All of them."""


Row = RankRow | SimilarityRow | CurveRow | EnergyRow | ComplexityRow

ROWS: dict[str, type[Row]] = {
    "ranks": RankRow,
    "compare": SimilarityRow,
    "curve": CurveRow,
    "energy": EnergyRow,
    "complexity": ComplexityRow,
}
"""The rows that each kind of analysis has."""
