"""The state of a training on disk: when it is written, and which of it is gone on from."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import safetensors.torch

from bench.config import CheckpointConfig
from bench.errors import StoreError
from bench.sitting import Sitting
from bench.store.checkpoints import Checkpoint, Checkpoints
from bench.training.packing import pack, unpack


class Keeper:
    """Checkpoints every so many steps or minutes, and where the run is asked to stop."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        config: CheckpointConfig,
        sitting: Sitting,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checkpoints = checkpoints
        self._config = config
        self._sitting = sitting
        self._clock = clock
        self._written = clock()

    def newest(self) -> Any | None:
        """The newest state that is whole; a damaged one is named, and the one before it used."""
        for step in self._checkpoints.steps():
            try:
                held = self._checkpoints.read(step)
            except StoreError as error:
                self._sitting.tracker.say(f"{error}; going on without it")
                continue
            self._sitting.tracker.say(f"going on from the checkpoint behind step {step}")
            return unpack(safetensors.torch.load(held.tensors), held.layout)
        return None

    def between(self, step: int, capture: Callable[[], Any]) -> None:
        """Write a checkpoint where it is time or the run ends here."""
        self._sitting.alive()
        if self._due(step) or self._sitting.ends:
            tensors, layout = pack(capture())
            self._checkpoints.write(
                Checkpoint(step=step, tensors=safetensors.torch.save(tensors), layout=layout)
            )
            self._written = self._clock()
        self._sitting.look()

    def _due(self, step: int) -> bool:
        steps, minutes = self._config.steps, self._config.minutes
        by_step = steps is not None and step % steps == 0
        return by_step or (minutes is not None and self._clock() - self._written > 60 * minutes)
