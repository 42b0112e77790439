"""The stages of a run, each resting on the files of the one before.

    fit       load model ► attach method ► train       adapter.safetensors
    predict   merge where possible ► generate or label predictions.jsonl
    score     predictions ► metrics

A stage that is done is not repeated: its note in the run's folder stands for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import safetensors.torch
import torch

from bench.arithmetic import arithmetic_facts, set_arithmetic
from bench.attach.attach import Attached, attach
from bench.config import Cell, TrainConfig
from bench.decoding.facts import Decoding
from bench.errors import ConfigError
from bench.machine import device_of, precision_of
from bench.material import Material
from bench.measure import forget_earlier_runs, free_unused, memory_peaks
from bench.methods.cost import attention_macs
from bench.models.load import Loaded, load
from bench.models.shape import shape_of
from bench.problems.base import Problem
from bench.problems.of_task import problem_of
from bench.seeds import derive
from bench.sitting import Sitting
from bench.store.files import sha256_file, write_atomic
from bench.store.folder import RunFolder
from bench.store.journal import Journal
from bench.store.machine_facts import busiest
from bench.store.provenance import provenance
from bench.store.snapshots import snapshot_path
from bench.tensors.files import read_tensors
from bench.training.batches import Line
from bench.training.curve import curve_of
from bench.training.fitted import Fit
from bench.training.keeper import Keeper
from bench.training.loop import Course, prepare, run_whole


@dataclass
class Job:
    """One cell on its way through the stages."""

    cell: Cell
    material: Material
    folder: RunFolder
    sitting: Sitting
    threads: int
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def problem(self) -> Problem:
        """What is done in another way for each kind of task."""
        return problem_of(self.cell, autocast=self.autocast)

    @cached_property
    def autocast(self) -> bool:
        """Whether matrix products run in bf16."""
        return precision_of(self.cell) == "bf16"

    @cached_property
    def loaded(self) -> Loaded:
        """The base model; frozen weights are kept in bf16 where the arithmetic is bf16."""
        device = torch.device(device_of(self.cell))
        if device.type == "cuda" and not torch.cuda.is_available():
            raise ConfigError(
                f"device={self.cell.device}: torch {torch.__version__} finds no usable GPU; "
                "install a CUDA build, or set device=cpu"
            )
        set_arithmetic(self.cell, self.threads)
        forget_earlier_runs()
        frozen = self.cell.method.select is None
        dtype = torch.bfloat16 if self.autocast and frozen else torch.float32
        started = time.perf_counter()
        loaded = load(
            self.cell.model,
            head=self.problem.head,
            dtype=dtype,
            device=device,
            seed=derive(self.cell.seed, "head"),
        )
        self.seconds["load"] = time.perf_counter() - started
        return loaded

    @cached_property
    def attached(self) -> Attached:
        """The model with the method on it, at its start."""
        model = self.loaded.model
        started = time.perf_counter()
        self.macs  # noqa: B018  (the shape is that of the model before)
        attached = attach(model, self.cell.method, self.cell.seed, self.loaded.head)
        if (start := self.cell.train.start_from) is not None:
            folder = RunFolder(self.cell.paths.runs / start)
            attached.start_from(read_tensors(folder.file("fit")))
        self.seconds["attach"] = time.perf_counter() - started
        return attached

    @cached_property
    def macs(self) -> dict[str, int]:
        """Multiply-accumulates of a token in attention's input maps, merged and not."""
        shape = shape_of(self.loaded.model)
        how = {"merged": True, "unmerged": False}
        return {
            name: attention_macs(shape, self.cell.method, merged=merged)
            for name, merged in how.items()
        }

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

    def fit(self) -> dict[str, Any]:
        """Train; the trained tensors go into the run's folder."""
        course = self.course(self.cell.train)
        if course is None:
            return self.noted(Fit(0))
        with self.sitting.rounds():
            run_whole(course)
            fitted = course.close()
        return self.noted(fitted)

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
            "curve": curve_of([one["loss"] for one in fitted.trace]),
            "splits": fitted.splits,
            "stepping": {"train": fitted.stepping},
            "data": {"left_out": self.left_out} if self.left_out else {},
            "params": self.attached.counts(),
            "macs": self.macs,
            "time": {**self.seconds, "step_ms_median": fitted.step_ms_median},
            "memory": memory_peaks(),
            "provenance": busiest(self.origin),
            "artifacts": {
                "adapter": self.folder.artifact(self.folder.file("fit")),
                "trace": self.folder.artifact(self.folder.trace),
            },
        }

    def keep_snapshot(self, step: int) -> None:
        """Write the trained tensors as they are behind `step`."""
        path = snapshot_path(self.folder.path, step)
        write_atomic(path, safetensors.torch.save(self.attached.state()))

    def predicted(self, done: int, total: int) -> None:
        """Tell how far prediction is, behind each batch."""
        self.sitting.tracker.decoding(done, total)
        self.sitting.look()

    def predict(self) -> dict[str, Any]:
        """Predict every query, with the trained tensors merged where possible."""
        attached, queries = self.attached, self.material.evaluation
        free_unused()  # of the training, so that more is left for batches here
        attached.load_state(read_tensors(self.folder.file("fit")))
        unmerged = attached.merge()
        how = Decoding()
        journal = Journal(self.folder.journal, sha256_file(self.folder.file("fit")))
        started = time.perf_counter()
        with self.sitting.rounds():
            rows = self.problem.predict(
                attached,
                self.loaded.tokenizer,
                queries,
                progress=self.predicted,
                made=journal,
                how=how,
            )
        self.seconds["predict"] = time.perf_counter() - started
        self.folder.write_lines(self.folder.file("predict"), rows)
        return {
            "time": {"predict": self.seconds["predict"]},
            "memory": memory_peaks(),
            "unmerged": unmerged,
            "stepping": {"decode": how.facts} if how.batch_size else {},
            "artifacts": {"predictions": self.folder.artifact(self.folder.file("predict"))},
        }


def gpu_name() -> str | None:
    """Name of the GPU in use."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None
