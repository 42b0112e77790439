"""Training steps of LoRMA beside LoRA's, from what `python -m bench.speed` left below results/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.analyses.grid import Fact, Part, Row, cells
from bench.report.analyses.groups import LABELS
from bench.report.legend import HOLE
from bench.speed.settings import OURS
from bench.speed.table import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.report.analyses.speeds import Timed
    from bench.speed.settings import WayName

METHODS = ("lorma_none", "lorma_pi", "lorma_plus")


def ways_of(one: Timed) -> list[WayName]:
    """Those of ours in which LoRA and one of the others were measured."""
    return [
        way
        for way in OURS
        if one.step_ms("lora", way) and any(one.step_ms(method, way) for method in METHODS)
    ]


def timing(speeds: Sequence[Timed]) -> tuple[Part, ...]:
    """A part with a row for each measurement and way; none without measurements."""
    rows = [
        Row(
            cells=cells(*_texts(one, way)),
            links=(one.link,),
            origin=one.speed.title,
        )
        for one in speeds
        for way in ways_of(one)
    ]
    if not rows:
        return ()
    heads = ("Model", "Device", "Step", "LoRA, ms", *(f"{LABELS[one]} / LoRA" for one in METHODS))
    remark = (
        "Median time of a whole training step, forward and backward and through all blocks, "
        "relative to that of LoRA in the same way; the tables above are of one adapted map alone."
    )
    return (
        Part(
            heading="Measured training steps",
            remarks=(remark,),
            heads=heads,
            texts=3,
            rows=tuple(rows),
        ),
    )


def _texts(one: Timed, way: WayName) -> Iterator[str]:
    speed = one.speed
    yield speed.title
    yield f"{speed.device}, {speed.precision}, batch {speed.batch_size}"
    yield TITLES[way]
    base = one.step_ms("lora", way) or 0.0
    yield f"{base:.1f}"
    for method in METHODS:
        found = one.step_ms(method, way)
        yield f"{found / base:.2f}" if found else HOLE


def timing_facts(speeds: Sequence[Timed]) -> Iterator[Fact]:
    """One row a measurement, way and method."""
    for one in speeds:
        for way in ways_of(one):
            base = one.step_ms("lora", way) or 0.0
            for method in METHODS:
                if found := one.step_ms(method, way):
                    yield Fact(
                        model=one.speed.model,
                        method=method,
                        settings=f"{one.speed.device} {one.speed.precision} {way}",
                        quantity="step time relative to LoRA",
                        mean=found / base,
                        n=1,
                        files=(one.link,),
                    )
