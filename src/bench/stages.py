"""The stages of a run, each resting on the files of the one before.

    fit       load model ► attach method ► train       adapter.safetensors
    predict   merge where possible ► generate          predictions.jsonl
    score     predictions ► metrics

A stage that is done is not repeated: its note in the run's folder stands for it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import safetensors.torch
import torch

from bench.attach.attach import Attached, attach
from bench.config import Cell
from bench.decoding.generate import generate
from bench.errors import ConfigError
from bench.machine import device_of, precision_of
from bench.measure import memory_peaks
from bench.models.heads import CausalHead
from bench.models.load import Loaded, load
from bench.seeds import derive
from bench.store.files import write_atomic
from bench.store.folder import RunFolder
from bench.store.provenance import provenance
from bench.store.snapshots import snapshot_path
from bench.tasks.sources import Rows
from bench.tracking import Tracker
from bench.training.batches import Frame, contexts, tokenise
from bench.training.loop import fit


@dataclass
class Job:
    """One cell on its way through the stages."""

    cell: Cell
    rows: Mapping[str, Rows]
    folder: RunFolder
    tracker: Tracker
    threads: int
    seconds: dict[str, float] = field(default_factory=dict)

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
        torch.set_num_threads(self.threads)
        tf32 = precision_of(self.cell) == "tf32"
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        frozen = self.cell.method.select is None
        dtype = torch.bfloat16 if self.autocast and frozen else torch.float32
        started = time.perf_counter()
        head = CausalHead()
        seed = derive(self.cell.seed, "head")
        loaded = load(self.cell.model, head=head, dtype=dtype, device=device, seed=seed)
        self.seconds["load"] = time.perf_counter() - started
        return loaded

    @cached_property
    def attached(self) -> Attached:
        """The model with the method on it, at its start."""
        model = self.loaded.model
        started = time.perf_counter()
        attached = attach(model, self.cell.method, self.cell.seed, self.loaded.head)
        self.seconds["attach"] = time.perf_counter() - started
        return attached

    @property
    def frame(self) -> Frame:
        """What stands around every context: the method's virtual tokens, and the separator.

        A prompt with worked examples separates them in its own words.
        """
        before, behind = self.attached.virtual_tokens
        return Frame(before=before, behind=behind, end=self.cell.method.shots == 0)

    def fit(self) -> dict[str, Any]:
        """Train; the trained tensors go into the run's folder."""
        cell, tokenizer, attached = self.cell, self.loaded.tokenizer, self.attached
        lines = {
            split: tokenise(
                tokenizer,
                cell.task.pairs(self.rows[split].rows),
                cell.task.max_tokens,
                self.frame,
            )
            for split in ("train", "validation")
        }
        started = time.perf_counter()
        fitted = fit(
            attached,
            lines["train"],
            lines["validation"],
            cell.train,
            seed=cell.seed,
            padding=tokenizer.pad_token_id,
            eval_batch_size=cell.eval.batch_size,
            autocast=self.autocast,
            observe=self.tracker.training,
            keep=self.keep_snapshot if cell.snapshots else None,
        )
        self.seconds["train"] = time.perf_counter() - started
        self.folder.write_lines(self.folder.trace, fitted.trace)
        write_atomic(self.folder.file("fit"), safetensors.torch.save(attached.state()))
        return {
            "history": fitted.history,
            "params": attached.counts(),
            "time": {**self.seconds, "step_ms_median": fitted.step_ms_median},
            "memory": memory_peaks(),
            "provenance": provenance(self.threads, gpu_name()),
            "artifacts": {
                "adapter": self.folder.artifact(self.folder.file("fit")),
                "trace": self.folder.artifact(self.folder.trace),
            },
        }

    def keep_snapshot(self, step: int) -> None:
        """Write the trained tensors as they are behind `step`."""
        path = snapshot_path(self.folder.path, step)
        write_atomic(path, safetensors.torch.save(self.attached.state()))

    def predict(self) -> dict[str, Any]:
        """Generate a text for every distinct input, with the trained tensors merged if possible."""
        cell, attached, tokenizer = self.cell, self.attached, self.loaded.tokenizer
        attached.load_state(safetensors.torch.load_file(self.folder.file("fit")))
        unmerged = attached.merge()
        queries = cell.task.queries(self.rows["evaluation"].rows)
        asked = [query.context for query in queries]
        if cell.method.shots:
            asked = [cell.task.demonstrated(context, cell.method.shots) for context in asked]
        self.tracker.decoding(0, len(queries))
        started = time.perf_counter()
        with torch.autocast(device_of(cell), dtype=torch.bfloat16, enabled=self.autocast):
            texts = generate(
                attached.model,
                tokenizer,
                contexts(tokenizer, asked, self.frame),
                cell.decode,
                progress=self.tracker.decoding,
            )
        self.seconds["predict"] = time.perf_counter() - started
        rows = [
            {"context": query.context, "prediction": text, "references": query.references}
            for query, text in zip(queries, texts, strict=True)
        ]
        self.folder.write_lines(self.folder.file("predict"), rows)
        return {
            "time": {"predict": self.seconds["predict"]},
            "memory": memory_peaks(),
            "unmerged": unmerged,
            "artifacts": {"predictions": self.folder.artifact(self.folder.file("predict"))},
        }


def gpu_name() -> str | None:
    """Name of the GPU in use."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None
