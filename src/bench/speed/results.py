"""What a measurement tells. No torch."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import AllowInfNan, Strict
from pydantic.dataclasses import dataclass

from bench.speed.settings import WayName
from bench.types import Name

SCHEMA: Literal[1] = 1

Whole = Annotated[int, Strict(), Ge(0)]
Positive = Annotated[float, AllowInfNan(False), Gt(0)]
Share = Annotated[float, AllowInfNan(False), Ge(0)]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far the losses of a way are from those of the eager one, relatively."""

    first: Share | None
    """Of the first step, behind which nothing has moved yet; null where it was not finite."""
    largest: Share | None
    """Of all steps that are compared; null where one was not finite."""
    steps: Whole
    """Steps that are compared: one where the adapter starts at other values."""
    tolerance: Positive
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes on the GPU, the shared base model included and other ways left out."""

    allocated_peak: Whole
    reserved_peak: Whole


@dataclass(frozen=True, kw_only=True)
class Kernels:
    """What the GPU did in a step, as torch's profiler tells it."""

    count: Positive
    """Kernels and copies, the mean of a pass."""
    busy_ms: Positive
    parts: dict[str, Share]
    """Milliseconds of each kind."""


@dataclass(frozen=True, kw_only=True)
class WaySpeed:
    """A method's training step in one way."""

    way: WayName
    reason: str | None = None
    """Why it was not measured; then there is nothing else."""
    step_ms: Positive | None = None
    """Median over the measured passes."""
    tokens_per_second: Positive | None = None
    """Real tokens, padding left out."""
    utilisation: Positive | None = None
    """Model FLOPs utilisation, a part of the device's peak."""
    memory: Memory | None = None
    kernels: Kernels | None = None
    seconds: tuple[Positive, ...] = ()
    """Of each measured pass over the batches."""
    losses: tuple[float | None, ...] = ()
    """Of every step, from the first of the warm-up; null where it was not a finite number."""
    agreement: Agreement | None = None


@dataclass(frozen=True, kw_only=True)
class PackedSpeed:
    """Joint steps of some runs of a method, which differ in their seeds."""

    runs: Whole
    reason: str | None = None
    """Why it was not measured; then there is nothing else."""
    way: WayName | None = None
    step_ms: Positive | None = None
    """Of one step of all runs, median over the measured passes."""
    memory: Memory | None = None
    seconds: tuple[Positive, ...] = ()
    """Of each measured pass over the batches."""

    @property
    def run_ms(self) -> float | None:
        """One run's part of a step."""
        return None if self.step_ms is None else self.step_ms / self.runs


@dataclass(frozen=True, kw_only=True)
class CellSpeed:
    """A whole cell but for its scoring: training with validation, then decoding."""

    reason: str | None = None
    """Why it came to no end; then there is nothing else."""
    steps: Whole = 0
    rows: Whole = 0
    """Training rows."""
    validated: Whole = 0
    """Validation rows, each as often as it was looked at."""
    inputs: Whole = 0
    """Inputs that are decoded."""
    train_seconds: Positive | None = None
    """What is done once (compiling, capturing) and validation included."""
    decode_seconds: Positive | None = None
    memory: Memory | None = None
    stepping: dict[str, Any] = field(default_factory=dict)
    """In which way training and decoding were computed."""


@dataclass(frozen=True, kw_only=True)
class MethodSpeed:
    """A method in all ways."""

    method: Name
    trained: Whole
    """Number of trained values."""
    refused: str | None
    """Why the model cannot have the method; then there are no ways."""
    tokens: Whole
    """Real tokens in a pass over the batches."""
    ways: tuple[WaySpeed, ...]
    packed: PackedSpeed | None = None
    cell: CellSpeed | None = None


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """Decoding with the base model, as every merged method is decoded."""

    inputs: Whole
    ours: Positive
    """Seconds an input, of the median batch."""
    plain: Positive
    """Seconds an input of transformers' own `generate` at the same settings."""
    same: Share
    """Part of the inputs with the same text. Where n-grams may not repeat, the two differ by
    design: transformers counts those of the input too."""
    how: dict[str, Any]
    """In which way ours decoded: step, batch_size, and the reason where it is not graphs."""
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Peak:
    """Operations that the device can do in a second."""

    flops: Positive
    source: Literal["data sheet", "measured"]


@dataclass(frozen=True, kw_only=True)
class Speed:
    """One run of the command."""

    schema: Literal[1]
    command: tuple[str, ...]
    created: str
    model: Name
    title: str
    drawn: bool
    """Whether weights and tokens are random, in the shapes of the model."""
    values: Whole
    """Size of the model without any method."""
    multiplied: Whole
    """How many of them a token is multiplied with: MFU counts these."""
    device: str
    precision: Name
    batch_size: Whole
    settings: dict[str, Any]
    peak: Peak
    methods: tuple[MethodSpeed, ...]
    decoding: Decoding | None
    provenance: dict[str, Any]

    @property
    def apart(self) -> list[str]:
        """What does not agree with the eager step, in words."""
        return [
            f"{one.method} {way.way} ({_told(way.agreement.largest)}, allowed "
            f"{way.agreement.tolerance:g})"
            for one in self.methods
            for way in one.ways
            if way.agreement is not None and not way.agreement.holds
        ]


def _told(difference: float | None) -> str:
    return "not finite" if difference is None else f"{difference:.1e}"
