"""The typed sections of a cell, checked before anything heavy is imported.

`cell_from(mapping)` turns what Hydra composed into a `Cell`, or raises a ConfigError
of one line that names the key, the value and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Le
from pydantic import ConfigDict, Strict, StringConstraints
from pydantic.dataclasses import dataclass

from bench.check import build
from bench.methods.compose import MethodConfig, method_from
from bench.models.config import ModelConfig
from bench.tasks.base import ClassificationTask, Task
from bench.tasks.compose import task_from
from bench.types import Count, Finite, Fraction, Positive, Whole

SECTION = ConfigDict(extra="forbid")

Precision = Literal["auto", "fp32", "tf32", "bf16"]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class DataConfig:
    """Where rows come from."""

    source: Literal["hub", "local", "synthetic"]
    """`hub` reads the pinned revision, `local` a folder, `synthetic` the project's generator."""
    root: Path | None
    """Folder of local data, one folder per task below it."""
    partial: Annotated[bool, Strict()] = False
    """Take `<split>.partial.jsonl[.gz]` where the whole split is absent; the record says so."""

    def __post_init__(self) -> None:
        """Local rows need a folder."""
        if self.source == "local" and self.root is None:
            raise ValueError("data=local needs data.root=DIR or BENCH_DATA")
        if self.source != "local" and self.root is not None:
            raise ValueError(f"data.root={self.root} is read with data=local only; add data=local")


@dataclass(frozen=True, kw_only=True, config=SECTION)
class TrainConfig:
    """The training loop."""

    epochs: Positive
    """Passes over the training rows; not used where `steps` is given."""
    steps: Whole | None
    """Optimizer steps; 0 evaluates the untrained start."""
    batch_size: Count
    """Examples in one forward pass."""
    accumulation: Count
    """Forward passes in one optimizer step."""
    schedule: Literal["linear", "cosine", "constant"]
    """Learning rate after warm-up: down to 0 linearly, along a half cosine, or unchanged."""
    warmup_steps: Whole
    """Optimizer steps over which the learning rate rises linearly."""
    warmup_ratio: Fraction
    """The same as a fraction of all steps; used where `warmup_steps` is 0."""
    clip_norm: Positive | None
    """Largest 2-norm of the gradient of all trained tensors; null leaves it alone."""
    label_smoothing: Fraction
    """Probability spread evenly over the whole vocabulary, the target included."""
    precision: Precision
    """Arithmetic of the forward and backward pass; `auto` is fp32 on a CPU, bf16 on a GPU."""
    select: Literal["best", "last"]
    """Which adapter is evaluated: of the lowest validation loss, or of the last step."""
    evaluations: Whole
    """Validation passes, spread evenly over training, the last at its end."""
    validation_limit: Count | None
    """Measure the validation loss on the first rows only; null takes the whole split."""
    limit: Count | None
    """Use only the first rows of the training split; the record says partial."""
    step: Literal["auto", "eager", "graph"] = "auto"
    """How a step is computed on a GPU: one operation after the other, or as CUDA graphs, with the
    same digits for batches of the same shape; `auto` takes graphs where they can be had. On a CPU
    all steps are eager. The record says what was used, and why."""
    compile: Annotated[bool, Strict()] | None = None
    """Whether captured blocks are compiled by torch: faster, sums in another order, other dropout
    masks. Null does so where matrix products run in bf16 and the training is long enough."""
    oom: Literal["fail", "split"] = "fail"
    """Where memory ends: leave a record that says so, or go on with every batch cut into more
    parts, with the same gradient but for rounding; the record then says from which step."""
    deterministic: Annotated[bool, Strict()] = True
    """On a GPU, take only operations that give the same digits every time. Where a method needs
    one that has no such form, its error says so; false then lets runs differ in their rounding."""
    start_from: str | None = None
    """Start from the trained tensors of a finished run: the beginning of its run_id, or the name
    of its task where model, method, preset and seed are the same. Of a head, what fits."""

    def __post_init__(self) -> None:
        """The best adapter can only be told by looking."""
        if self.select == "best" and self.evaluations == 0:
            raise ValueError("train.select=best needs train.evaluations of 1 or more")


@dataclass(frozen=True, kw_only=True, config=SECTION)
class DecodeConfig:
    """Generation of text."""

    beams: Annotated[Count, Le(1000)]
    """Width of the beam search; 1 is greedy."""
    length_penalty: Finite
    """A hypothesis of n new tokens scores its log-probability / n ** length_penalty."""
    no_repeat_ngram: Whole
    """No n-gram of this length occurs twice among the new tokens; 0 allows all."""
    max_new_tokens: Count
    """Longest generated text, in tokens."""
    batch_size: Count | None
    """Inputs decoded together; null takes as many as the memory holds."""
    step: Literal["auto", "eager", "graph"] = "auto"
    """How a step of the decoder is computed on a GPU, as `train.step`."""
    stop: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ("\n\n",)
    """A text ends before the first of these; by default before a blank line, as the official
    E2E decoder's does."""


@dataclass(frozen=True, kw_only=True, config=SECTION)
class EvalConfig:
    """Evaluation."""

    split: Literal["validation", "test"]
    """Split that the reported scores are measured on."""
    limit: Count | None
    """Use only the first rows of the split; the record says partial."""
    batch_size: Count
    """Examples in one forward pass where a loss is measured."""


@dataclass(frozen=True, kw_only=True, config=SECTION)
class LoggingConfig:
    """Where progress is sent besides the run's folder."""

    kind: Literal["none", "wandb"]
    project: str | None = None
    """Weights & Biases project."""


@dataclass(frozen=True, kw_only=True, config=SECTION)
class PathsConfig:
    """Folders that are written to; they never change a result."""

    results: Path
    """Records, tables, figures."""
    runs: Path
    """Working folders of runs: log, adapter, predictions."""

    def __post_init__(self) -> None:
        """An empty path would mean the current folder, which nobody asks for in this way."""
        for name in ("results", "runs"):
            if getattr(self, name) == Path():
                raise ValueError(f"paths.{name}: empty; name a folder")


@dataclass(frozen=True, kw_only=True, config=SECTION)
class CheckpointConfig:
    """How often the state of a training is kept, to go on from; it never changes a result."""

    steps: Count | None = None
    """Optimizer steps from one checkpoint to the next."""
    minutes: Positive | None = 5.0
    """Minutes from one checkpoint to the next."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(**SECTION, arbitrary_types_allowed=True))
class Cell:
    """model × method × task × seed, with every setting that goes with them."""

    model: ModelConfig
    method: MethodConfig
    task: Task
    data: DataConfig
    preset: Literal["quick", "paper"]
    seed: Whole
    train: TrainConfig
    decode: DecodeConfig
    eval: EvalConfig
    logging: LoggingConfig
    paths: PathsConfig
    device: Literal["auto", "cpu", "cuda"]
    """`auto` takes the GPU where there is one."""
    threads: Count | None
    """CPU threads of this run; null takes the cores that the process may use."""
    stop_after: Literal["fit", "predict"] | None
    """End early, leaving what is done in the run's folder; the same command without it goes on.
    So one machine can train and generate and another, with Java, can score."""
    begin_at: Literal["predict", "score"] | None = None
    """Take up runs only where all before this stage is done, and pass over the others."""
    checkpoint: CheckpointConfig = CheckpointConfig()
    time_limit: Positive | None = None
    """Minutes after which the run makes a checkpoint and stops; the same command goes on."""
    hang_minutes: Positive | None = None
    """Minutes without a step, a batch or a new stage after which the run counts as hanging: it
    leaves a record that says where, and its process ends; null waits forever."""
    snapshots: Annotated[bool, Strict()] = False
    """Keep the trained tensors at every validation pass, in the run's folder; python -m
    bench.analysis ranks then shows how the updates grow."""
    settings: dict[str, Any]
    """The resolved configuration as plain data: what the record keeps."""

    def __post_init__(self) -> None:
        """What sections ask of each other."""
        key, splits = self.task.key, self.task.files
        if self.eval.split not in splits:
            raise ValueError(
                f"eval.split={self.eval.split}: task={key} has only {', '.join(splits)}"
            )
        if self.train.select == "best" and "validation" not in splits:
            raise ValueError(f"train.select=best: task={key} has no validation split; set last")
        if self.method.shots and isinstance(self.task, ClassificationTask):
            raise ValueError(
                f"method={self.method.name}: task={key} is decided by a head, which no example in "
                "a prompt reaches; use train.steps=0 for an untrained start"
            )


SECTIONS: dict[str, type] = {
    "model": ModelConfig,
    "data": DataConfig,
    "train": TrainConfig,
    "decode": DecodeConfig,
    "eval": EvalConfig,
    "logging": LoggingConfig,
    "paths": PathsConfig,
    "checkpoint": CheckpointConfig,
}


def section(key: str, value: Any) -> Any:
    """One top-level key of the configuration as its typed section."""
    if key == "method":
        return method_from(value)
    if key == "task":
        return task_from(value)
    return build(SECTIONS[key], value, key) if key in SECTIONS else value


def cell_from(settings: Mapping[str, Any]) -> Cell:
    """Check a resolved configuration and return it as a typed cell.

    `stated` has done its work by then: the settings that refer to it are resolved.
    """
    given = {key: value for key, value in settings.items() if key != "stated"}
    typed = {key: section(key, value) for key, value in given.items()}
    return build(Cell, {**typed, "settings": given}, "")
