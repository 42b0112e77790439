"""The state of a training on disk: when it is written, and which of it is gone on from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from bench.config import CheckpointConfig
from bench.errors import StoreError
from bench.sitting import Sitting
from bench.store.checkpoints import Checkpoint, Checkpoints
from bench.training.packing import pack, unpack


class Keeper:
    """Checkpoints every so many steps or minutes, and where the run is asked to stop.

    `facts` are what digits hang on beside the run's identity, as the number of threads.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        config: CheckpointConfig,
        sitting: Sitting,
        facts: Mapping[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checkpoints = checkpoints
        self._config = config
        self._sitting = sitting
        self._facts = dict(facts)
        self._clock = clock
        self._written = clock()

    def newest(self) -> Any | None:
        """The newest state that is whole; a damaged one is named, and the one before it used."""
        say = self._sitting.tracker.say
        for step in self._checkpoints.steps():
            try:
                held = self._checkpoints.read(step)
                state = unpack(safetensors.torch.load(held.tensors), held.layout["state"])
                made_with = dict(held.layout["made_with"])
            except StoreError as error:
                say(f"{error}; going on without it")
                continue
            except (SafetensorError, LookupError, TypeError, ValueError, RuntimeError) as error:
                say(f"the checkpoint behind step {step} is of another kind ({error}); not used")
                continue
            say(f"going on from the checkpoint behind step {step}")
            if other := [name for name, one in self._facts.items() if made_with.get(name) != one]:
                say(
                    f"it was made with other {', '.join(other)}, so that digits may differ from "
                    "those of a run in one piece"
                )
            return state
        return None

    def between(self, step: int, capture: Callable[[], Any]) -> None:
        """Write a checkpoint where it is time or the run ends here."""
        self._sitting.alive()
        if self._due(step) or self._sitting.ends:
            tensors, layout = pack(capture())
            blob = safetensors.torch.save(tensors)
            held = {"made_with": self._facts, "state": layout}
            self._checkpoints.write(Checkpoint(step=step, tensors=blob, layout=held))
            self._written = self._clock()
        self._sitting.look()

    def _due(self, step: int) -> bool:
        steps, minutes = self._config.steps, self._config.minutes
        by_step = steps is not None and step % steps == 0
        return by_step or (minutes is not None and self._clock() - self._written > 60 * minutes)
