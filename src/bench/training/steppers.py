"""Which way the steps of a training are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from bench.attach.attach import Attached
from bench.config import TrainConfig
from bench.errors import ConfigError
from bench.replay import CudaRecorder
from bench.training.compiled import compiling_for
from bench.training.graph import GraphStepper
from bench.training.step import EagerStepper


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A stepper, and what the record tells about it."""

    stepper: EagerStepper | GraphStepper
    refused: str | None = None
    """Why graphs were not tried."""

    @property
    def facts(self) -> dict[str, Any]:
        """What is used, whether it is compiled, and the reason where it is not what was asked."""
        graphs = self.stepper if isinstance(self.stepper, GraphStepper) else None
        reason = graphs.reason if graphs else self.refused
        validation = graphs.validating.reason if graphs else None
        return {
            "step": "graph" if graphs and graphs.replaying else "eager",
            "compiled": bool(graphs and graphs.compiling.wanted),
            **({"reason": reason} if reason else {}),
            **({"validation": validation} if validation else {}),
        }


def stepper_for(
    attached: Attached,
    optimizer: torch.optim.Optimizer,
    config: TrainConfig,
    steps: int,
    *,
    padding: int,
    autocast: bool,
) -> Chosen:
    """The stepper that `config.step` names, or the best there is for `steps` steps.

    A ConfigError where graphs are asked for and cannot be had.
    """
    eager = EagerStepper(
        attached=attached,
        optimizer=optimizer,
        smoothing=config.label_smoothing,
        clip_norm=config.clip_norm,
        autocast=autocast,
    )
    reason = refusal(attached, eager.device)
    if config.step == "graph" and reason is not None:
        raise ConfigError(f"train.step=graph: {reason}; set train.step=auto")
    if config.step == "eager" or reason is not None:
        return Chosen(stepper=eager, refused="asked for" if config.step == "eager" else reason)
    graphs = GraphStepper(
        eager=eager,
        padding=padding,
        compiling=compiling_for(config, steps, autocast=autocast),
        recorder=CudaRecorder(device=eager.device),
        strict=config.step == "graph",
    )
    return Chosen(stepper=graphs)


def refusal(attached: Attached, device: torch.device) -> str | None:
    """Why the steps of a training cannot be graphs, as far as is known beforehand."""
    if device.type != "cuda":
        return "CUDA graphs need a GPU"
    reasons = [plugin.uncapturable for plugin in attached.method.plugins]
    return next((reason for reason in reasons if reason is not None), None)
