"""The stages of a run, each resting on the files of the one before.

    fit       load model ► attach method ► train       adapter.safetensors
    predict   merge where possible ► generate or label predictions.jsonl
    score     predictions ► metrics

A stage that is done is not repeated: its note in the run's folder stands for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import safetensors.torch
import torch

from bench.arithmetic import arithmetic_facts, set_arithmetic
from bench.attach.attach import Attached, attach
from bench.config import Cell
from bench.decoding.facts import Decoding
from bench.errors import ConfigError
from bench.machine import device_of, precision_of
from bench.material import Material
from bench.measure import memory_peaks
from bench.models.load import Loaded, load
from bench.problems.base import Problem
from bench.problems.of_task import problem_of
from bench.seeds import derive
from bench.sitting import Sitting
from bench.store.files import sha256_file, write_atomic
from bench.store.folder import RunFolder
from bench.store.journal import Journal
from bench.store.provenance import provenance
from bench.store.snapshots import snapshot_path
from bench.tensors.files import read_tensors
from bench.training.keeper import Keeper
from bench.training.loop import fit


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
        attached = attach(model, self.cell.method, self.cell.seed, self.loaded.head)
        if (start := self.cell.train.start_from) is not None:
            folder = RunFolder(self.cell.paths.runs / start)
            attached.start_from(read_tensors(folder.file("fit")))
        self.seconds["attach"] = time.perf_counter() - started
        return attached

    def fit(self) -> dict[str, Any]:
        """Train; the trained tensors go into the run's folder."""
        cell, tokenizer, attached = self.cell, self.loaded.tokenizer, self.attached
        # Before training: code that is edited meanwhile is not the code that runs.
        origin = provenance(self.threads, gpu_name())
        started = time.perf_counter()
        lines = self.problem.lines(attached, tokenizer, self.material.train)
        held = self.material.validation
        validation = self.problem.validation(attached, tokenizer, held) if held else None
        self.seconds["tokenise"] = time.perf_counter() - started
        left_out = len(self.material.train) - len(lines)
        if left_out:
            self.sitting.tracker.say(
                f"{left_out} training rows are longer than task.max_tokens: left out"
            )
        facts = arithmetic_facts(cell, self.threads)
        keeper = Keeper(self.folder.checkpoints, cell.checkpoint, self.sitting, facts)
        with self.sitting.rounds():
            fitted = fit(
                attached,
                lines,
                validation,
                cell.train,
                seed=cell.seed,
                padding=tokenizer.pad_token_id,
                autocast=self.autocast,
                observe=self.sitting.tracker.training,
                keep=self.keep_snapshot if cell.snapshots else None,
                saving=keeper,
            )
        self.seconds |= {"train": sum(fitted.step_seconds), **fitted.seconds}
        self.folder.write_lines(self.folder.trace, fitted.trace)
        write_atomic(self.folder.file("fit"), safetensors.torch.save(attached.state()))
        return {
            "history": fitted.history,
            "splits": fitted.splits,
            "stepping": {"train": fitted.stepping},
            "data": {"left_out": left_out} if left_out else {},
            "params": attached.counts(),
            "time": {**self.seconds, "step_ms_median": fitted.step_ms_median},
            "memory": memory_peaks(),
            "provenance": origin,
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
