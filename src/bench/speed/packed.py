"""Steps of many runs together, as a packed sweep takes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from bench.attach.attach import attach
from bench.packed.capture import CapturedStepper
from bench.packed.joint import joined
from bench.packed.skeleton import shared_copy
from bench.packed.stepper import PackedStepper, ShareStepper
from bench.packed.together import refusal
from bench.packed.update import ReplayedShare
from bench.replay import recorder_for
from bench.speed.base import drop_nothing, taken
from bench.speed.peak import wait_for
from bench.speed.results import Memory
from bench.speed.runner import MemoryGauge
from bench.speed.settings import WayName
from bench.speed.ways import NoWayError, Start
from bench.training.batches import Batch, stream
from bench.training.optimizers import build_optimizer


@dataclass(kw_only=True)
class PackedRunner:
    """Takes joint steps over the same batches again and again."""

    joint: PackedStepper | CapturedStepper
    shares: Sequence[ShareStepper | ReplayedShare]
    batches: Sequence[Sequence[Batch]]
    """Of each run."""
    gauge: MemoryGauge
    seconds: list[float] = field(default_factory=list)
    """Of every measured pass."""
    memory: Memory | None = None

    @property
    def way(self) -> WayName:
        """How steps are taken."""
        if not isinstance(self.joint, CapturedStepper) or self.joint.reason is not None:
            return "eager"
        return "graph"

    @property
    def reason(self) -> str | None:
        """Why steps are not replayed, where that could be."""
        return self.joint.reason if isinstance(self.joint, CapturedStepper) else None

    def warm_up(self, passes: int) -> None:
        """Passes without a clock."""
        for _ in range(passes):
            self.run()
        self.memory = self.gauge.peak()

    def run(self) -> None:
        """One pass."""
        for held in zip(*self.batches, strict=True):
            self.joint.gradients([[batch] for batch in held])
            for share in self.shares:
                share.update()

    def measure(self) -> None:
        """One pass; the device has nothing to do before and behind it."""
        wait_for(self.gauge.device)
        started = time.perf_counter()
        self.run()
        wait_for(self.gauge.device)
        self.seconds.append(time.perf_counter() - started)


def packed_runner(start: Start, runs: int, batches: int) -> PackedRunner:
    """Seeds of one method that train together; a NoWayError where they cannot."""
    cell, base = start.cell, start.base
    if (reason := refusal(cell, other_masks=True)) is not None:
        raise NoWayError(reason)
    train = cell.train
    loaded = base.of(cell.method)
    model = shared_copy(loaded.model)
    if not start.dropout:
        drop_nothing(model)
    recorder = recorder_for(start.device)
    gauge = MemoryGauge(device=start.device, model=taken(model))
    shares: list[ShareStepper | ReplayedShare] = []
    held: list[list[Batch]] = []
    for seed in range(cell.seed, cell.seed + runs):
        own = attach(shared_copy(model), cell.method, seed, loaded.head)
        if not start.dropout:
            drop_nothing(own.model)
        own.model.train()
        share = ShareStepper(
            attached=own,
            optimizer=build_optimizer(cell.method.optimizer, own),
            smoothing=train.label_smoothing,
            clip_norm=train.clip_norm,
            autocast=base.autocast,
        )
        shares.append(ReplayedShare(eager=share, recorder=recorder) if recorder else share)
        endless = stream(start.lines, train.batch_size, 1, seed, start.padding)
        held.append([one[0] for _, one in islice(endless, batches)])
    eager = PackedStepper(
        joint=joined(model, [run_of(share).attached for share in shares]),
        lines=train.batch_size,
        padding=start.padding,
        smoothing=train.label_smoothing,
        autocast=base.autocast,
        rounded=recorder is not None,
    )
    joint: PackedStepper | CapturedStepper = eager
    if recorder is not None:
        joint = CapturedStepper(eager=eager, recorder=recorder)
    return PackedRunner(joint=joint, shares=shares, batches=held, gauge=gauge)


def run_of(share: ShareStepper | ReplayedShare) -> ShareStepper:
    """The run behind its update."""
    return share.eager if isinstance(share, ReplayedShare) else share
