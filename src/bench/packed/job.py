"""One cell's fit in two halves, between which it may train together with others."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import safetensors.torch

from bench.arithmetic import arithmetic_facts
from bench.config import TrainConfig
from bench.measure import memory_peaks
from bench.stages import Job, gpu_name
from bench.store.files import write_atomic
from bench.store.provenance import provenance
from bench.training.batches import Line
from bench.training.fitted import Fit
from bench.training.keeper import Keeper
from bench.training.loop import Course, prepare


@dataclass
class HalvedJob(Job):
    """A cell on its way through the fit."""

    @cached_property
    def lines(self) -> Sequence[Line]:
        """The training rows as tokens."""
        started = time.perf_counter()
        lines = self.problem.lines(self.attached, self.loaded.tokenizer, self.material.train)
        self.seconds["tokenise"] = time.perf_counter() - started
        return lines

    @cached_property
    def origin(self) -> dict[str, Any]:
        """The code that runs."""
        return provenance(self.threads, gpu_name())

    @cached_property
    def left_out(self) -> int:
        """Training rows without room for any loss."""
        return len(self.material.train) - len(self.lines)

    def course(self, train: TrainConfig) -> Course | None:
        """The training before its first step, or None where there is nothing to train."""
        cell, tokenizer, attached = self.cell, self.loaded.tokenizer, self.attached
        # Looked up here: code that is edited while it trains is not the code that runs.
        self.origin  # noqa: B018
        lines, held = self.lines, self.material.validation
        if self.left_out:
            self.sitting.tracker.say(
                f"{self.left_out} training rows are longer than task.max_tokens: left out"
            )
        validation = self.problem.validation(attached, tokenizer, held) if held else None
        facts = arithmetic_facts(cell, self.threads)
        return prepare(
            attached,
            lines,
            validation,
            train,
            seed=cell.seed,
            padding=tokenizer.pad_token_id,
            autocast=self.autocast,
            observe=self.sitting.tracker.training,
            keep=self.keep_snapshot if cell.snapshots else None,
            saving=Keeper(self.folder.checkpoints, cell.checkpoint, self.sitting, facts),
        )

    def noted(self, fitted: Fit) -> dict[str, Any]:
        """Write what was trained into the run's folder; what the fit notes."""
        self.seconds |= {"train": sum(fitted.step_seconds), **fitted.seconds}
        self.folder.write_lines(self.folder.trace, fitted.trace)
        write_atomic(self.folder.file("fit"), safetensors.torch.save(self.attached.state()))
        return {
            "history": fitted.history,
            "splits": fitted.splits,
            "stepping": {"train": fitted.stepping},
            "data": {"left_out": self.left_out} if self.left_out else {},
            "params": self.attached.counts(),
            "time": {**self.seconds, "step_ms_median": fitted.step_ms_median},
            "memory": memory_peaks(),
            "provenance": self.origin,
            "artifacts": {
                "adapter": self.folder.artifact(self.folder.file("fit")),
                "trace": self.folder.artifact(self.folder.trace),
            },
        }
