"""How much sooner other methods reach the lowest training loss of LoRA (LoRMA, Figure 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import stats
from bench.report.legend import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.report.blocks import Block
    from bench.report.runs import Curve
    from bench.report.spec import TableSpec

BASELINE = "lora"
TITLES = ["Method", "Lowest loss", "At step", "Reaches LoRA's at step", "Speed-up"]
REMARK = (
    "Of the mean loss over seeds, in stretches of a hundredth of the steps, each at its middle. "
    "Speed-up: step of LoRA's lowest loss over the first step at which the method's is as low."
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """The mean loss of one line of a block over the steps."""

    label: str
    method: str
    task: str
    steps: tuple[float, ...]
    """Middles of the stretches."""
    losses: tuple[float, ...]

    @property
    def lowest(self) -> tuple[float, float]:
        """The lowest loss, and the step of it."""
        return min(zip(self.losses, self.steps, strict=True))

    def reaches(self, level: float) -> float | None:
        """The first step at which the loss is `level` or less."""
        pairs = zip(self.steps, self.losses, strict=True)
        return next((step for step, loss in pairs if loss <= level), None)


def courses(spec: TableSpec, block: Block) -> Iterator[Course]:
    """Those of every line and task whose curves are alike in their steps."""
    for entry in block.entries:
        for line in entry.lines:
            for task in spec.tasks:
                curves = [run.curve for run in line.counted if run.task == task and run.curve]
                if curves and len({(one.steps, len(one.loss)) for one in curves}) == 1:
                    label = " · ".join(filter(None, (entry.row.label, ", ".join(line.label))))
                    yield _course(label, entry.row.method, task, curves)


def _course(label: str, method: str, task: str, curves: Sequence[Curve]) -> Course:
    stretches = len(curves[0].loss)
    length = curves[0].steps / stretches
    return Course(
        label=label,
        method=method,
        task=task,
        steps=tuple((place + 0.5) * length for place in range(stretches)),
        losses=tuple(stats.mean([one.loss[place] for one in curves]) for place in range(stretches)),
    )


def rows(spec: TableSpec, block: Block) -> list[list[str]]:
    """The lines of each task that has one of LoRA's, which comes first."""
    found: list[list[str]] = []
    for task in spec.tasks:
        held = [course for course in courses(spec, block) if course.task == task]
        measure = next((course for course in held if course.method == BASELINE), None)
        if measure is None or len(held) < 2:
            continue
        level, at = measure.lowest
        for course in held:
            lowest, step = course.lowest
            reached = course.reaches(level)
            name = course.label if len(spec.tasks) == 1 else f"{task}: {course.label}"
            found.append([
                name, f"{lowest:.4f}", f"{step:.0f}",
                HOLE if reached is None else f"{reached:.0f}",
                HOLE if reached is None else f"{at / reached:.1f}",
            ])  # fmt: skip
    return found
