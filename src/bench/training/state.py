"""All that changes while a model trains, as it stands between two steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor

from bench.attach.attach import Attached
from bench.training import chance
from bench.training.fitted import Fit
from bench.training.hooks import Hooks


@dataclass(kw_only=True)
class State:
    """Behind `step` steps: weights, optimizer, plugins, chance, what was seen, the best."""

    attached: Attached
    optimizer: torch.optim.Optimizer
    hooks: Hooks
    fitted: Fit
    step: int = 0
    pieces: int = 1
    """Parts that every batch is cut into, so that it fits the memory."""
    best: dict[str, float] | None = None
    """Measures of the best validation pass."""
    kept: dict[str, Tensor] = field(default_factory=dict)
    """Trained tensors at that pass, on the CPU."""

    def capture(self) -> dict[str, Any]:
        """A nested copy of everything: tensors and plain data."""
        self.fitted.settle()
        return {
            "step": self.step,
            "pieces": self.pieces,
            "adapter": self.attached.state(),
            "optimizer": self.optimizer.state_dict()["state"],
            "hooks": self.hooks.capture(),
            "chance": chance.states(),
            "fitted": {k: v for k, v in asdict(self.fitted).items() if k != "waiting"},
            "best": self.best,
            "kept": self.kept,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back, or on, to what was captured."""
        self.step, self.pieces = saved["step"], saved["pieces"]
        self.best, self.kept = saved["best"], saved["kept"]
        self.attached.load_state(saved["adapter"])
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": saved["optimizer"], "param_groups": groups})
        check_moments(self.optimizer)
        self.hooks.restore(saved["hooks"])
        self.fitted = Fit(**saved["fitted"])
        chance.restore(saved["chance"])


def check_moments(optimizer: torch.optim.Optimizer) -> None:
    """Raise a ValueError where AdamW's state is not of its tensors: it would notice in a step."""
    for tensor, held in optimizer.state.items():
        shapes = {"step": (), "exp_avg": tensor.shape, "exp_avg_sq": tensor.shape}
        for name, shape in shapes.items():
            if not isinstance(held.get(name), Tensor) or held[name].shape != shape:
                raise ValueError(f"optimizer: {name} of a tensor {tuple(tensor.shape)} is another")


def behind(first: Iterator[Any], searched: int, second: Iterator[Any], step: int) -> Iterator[Any]:
    """The batches behind `step`: `searched` of the first stream, then the second.

    Each stream begins at its own first batch that is still wanted.
    """
    return chain(islice(first, max(searched - step, 0)), second)
