"""Which cells of a sweep can train together, and why others cannot. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import TypeVar

from bench.config import Cell
from bench.identity import plain
from bench.methods.plugin import Plugin
from bench.tasks.base import ClassificationTask

Item = TypeVar("Item")

OWN = ("seed", "method", "decode", "checkpoint", "snapshots", "stop_after")
"""Sections of a cell that each run has for itself."""

OWN_TRAINING = (
    "epochs", "steps", "schedule", "warmup_steps", "warmup_ratio", "clip_norm", "select",
    "evaluations", "start_from",
)  # fmt: skip
"""Settings of the training that each run has for itself."""


def refusal(cell: Cell, *, other_masks: bool) -> str | None:
    """Why a cell cannot train together with others, as far as its settings tell."""
    method, train = cell.method, cell.train
    reasons = {
        f"task={cell.task.key} trains a head": isinstance(cell.task, ClassificationTask),
        "method.select trains the base model's own tensors": method.select is not None,
        "method.insert changes the model as a whole": method.insert is not None,
        "method.init changes the frozen weights": method.init is not None,
        "nothing trains": train.steps == 0,
        f"begin_at={cell.begin_at} begins behind the training": cell.begin_at is not None,
        "train.oom=split cuts batches of one run": train.oom == "split",
        "train.step=graph captures the steps of one run": train.step == "graph",
        "train.compile=true compiles the steps of one run": train.compile is True,
        "logging=wandb follows one run of a process": cell.logging.kind != "none",
    }
    reason = next((why for why, holds in reasons.items() if holds), None)
    dropout = method.update.dropout if method.update is not None else 0.0
    if reason is None and dropout > 0 and not other_masks:
        reason = masks(f"method.dropout={dropout:g}")
    return reason or next(filter(None, map(plugin_refusal, method.plugins)), None)


def masks(what: str) -> str:
    """Dropout as a reason, with what to do."""
    return (
        f"{what} draws other masks than in a run by itself; allow them with "
        "hydra.launcher.dropout=other_masks"
    )


def plugin_refusal(plugin: Plugin) -> str | None:
    """Why a plugin needs a model of its own."""
    if plugin.uncapturable is not None:
        return plugin.uncapturable
    if type(plugin).changed is not Plugin.changed:
        return f"{plugin.key} changes tensors that do not train"
    return None


def shared(cell: Cell) -> str:
    """What cells that train together have in common, as text."""
    held = {key: value for key, value in cell.settings.items() if key not in OWN}
    held["train"] = {k: v for k, v in held["train"].items() if k not in OWN_TRAINING}
    held["base"] = [plain(base) for base in cell.method.base]
    return json.dumps(held, sort_keys=True, default=str)


def packs(cells: Sequence[tuple[Item, Cell]], size: int) -> list[list[Item]]:
    """Items whose cells train together, equal updates side by side.

    As few packs as hold `size` at most, and as even as can be.
    """

    def order(one: tuple[Item, Cell]) -> tuple[str, str]:
        return shared(one[1]), f"{one[1].method.parts} {one[1].method.update}"

    found: list[list[Item]] = []
    for _, members in groupby(sorted(cells, key=order), key=lambda one: order(one)[0]):
        items = [item for item, _ in members]
        count = -(-len(items) // size)
        bounds = [len(items) * number // count for number in range(count + 1)]
        found += [items[begin:end] for begin, end in pairwise(bounds)]
    return found
