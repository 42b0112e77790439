"""The one base model of runs that train together, and the runs' own models around its tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.config import Cell
from bench.errors import BenchError
from bench.models.dropout import acting_dropout
from bench.models.load import Loaded
from bench.packed.capture import CapturedStepper
from bench.packed.joint import joined
from bench.packed.skeleton import shared_copy
from bench.packed.stepper import PackedStepper, ShareStepper
from bench.packed.together import masks
from bench.packed.training import Gradients, Member
from bench.packed.update import ReplayedShare
from bench.replay import Recorder, recorder_for
from bench.stages import Job
from bench.training.loop import Course


class NotTogetherError(BenchError):
    """Cells cannot train together; the message says why."""


@dataclass(kw_only=True)
class SharedBase:
    """A frozen base model, transformed as all runs have it."""

    cell: Cell
    """One of the runs, for what all have in common."""
    loaded: Loaded
    autocast: bool
    other_masks: bool
    """Whether dropout may draw other masks than in runs by themselves."""
    runs: int = 0
    """How many began together."""
    dropout: str | None = field(init=False)
    """Where the base model drops values."""
    _recorder: Recorder | None = field(init=False)
    """What records steps, where they are to be replayed and can be."""
    _stepper: PackedStepper | CapturedStepper | None = None

    def __post_init__(self) -> None:
        """Transform the weights; a NotTogetherError where masks would have to differ."""
        self.dropout = acting_dropout(self.loaded.model)
        if self.dropout is not None and not self.other_masks:
            raise NotTogetherError(masks(self.dropout))
        for base in self.cell.method.base:
            base.transform(self.loaded.model)
        device = next(self.loaded.model.parameters()).device
        self._recorder = recorder_for(device) if self.cell.train.step != "eager" else None

    def course(self, job: Job) -> Course:
        """The training of one run on a model of its own modules."""
        job.loaded = replace(self.loaded, model=shared_copy(self.loaded.model))
        # The weights are transformed already.
        job.cell = replace(job.cell, method=replace(job.cell.method, base=()))
        # Steps are launched for all runs together.
        course = job.course(replace(job.cell.train, step="eager"))
        if course is None:
            raise NotTogetherError("nothing trains")
        share = ShareStepper(
            attached=job.attached,
            optimizer=course.steps.state.optimizer,
            smoothing=job.cell.train.label_smoothing,
            clip_norm=job.cell.train.clip_norm,
            autocast=self.autocast,
        )
        course.steps.stepper = (
            ReplayedShare(eager=share, recorder=self._recorder) if self._recorder else share
        )
        return course

    def stepper_for(self, members: Sequence[Member]) -> Gradients:
        """What computes the joint steps of some of the runs: as graphs where they can be had."""
        train, model = self.cell.train, self.loaded.model
        self.runs = max(self.runs, len(members))
        # Before a new one is made: its graphs hold memory.
        self._stepper = None
        eager = PackedStepper(
            joint=joined(model, [member.attached for member in members]),
            lines=train.batch_size,
            padding=self.loaded.tokenizer.pad_token_id,
            smoothing=train.label_smoothing,
            autocast=self.autocast,
            rounded=self._recorder is not None,
        )
        self._stepper = (
            CapturedStepper(eager=eager, recorder=self._recorder) if self._recorder else eager
        )
        return self._stepper.gradients

    def facts(self, cell: Cell) -> dict[str, Any]:
        """What the record of a run tells about its steps."""
        update = cell.method.update
        captured = self._stepper if isinstance(self._stepper, CapturedStepper) else None
        reason = captured.reason if captured is not None else None
        dropped = self.dropout is not None or (update is not None and update.dropout > 0)
        return {
            "step": "graph" if captured is not None and reason is None else "eager",
            "compiled": False,
            "packed": self.runs,
            **({"reason": reason} if reason else {}),
            **({"dropout": "masks of all runs drawn together"} if dropped else {}),
        }
