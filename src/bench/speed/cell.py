"""A whole cell but for its scoring: training with its validation, then decoding, as runs do it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch

from bench.attach.attach import Attached
from bench.config import Cell
from bench.decoding.facts import Decoding
from bench.decoding.generate import generate
from bench.errors import DivergedError, is_out_of_memory
from bench.measure import free_unused
from bench.models.load import Loaded
from bench.speed.base import taken
from bench.speed.decode import Prompts
from bench.speed.peak import wait_for
from bench.speed.results import CellSpeed
from bench.speed.runner import MemoryGauge
from bench.training.batches import Line
from bench.training.fitted import Fit
from bench.training.loop import fit
from bench.training.validation import by_loss


@dataclass(frozen=True, kw_only=True)
class WholeCell:
    """A method at its start, and all rows that a run has."""

    cell: Cell
    attached: Attached
    loaded: Loaded
    train: Sequence[Line]
    validation: Sequence[Line]
    prompts: Prompts
    autocast: bool

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.attached.model.parameters()).device

    def timed(self) -> CellSpeed:
        """Seconds of both stages, all that is done once (capturing, compiling) included."""
        gauge = MemoryGauge(device=self.device, model=taken(self.attached.model))
        how = Decoding()
        try:
            started = self.clock()
            fitted = self.fitted()
            trained = self.clock()
            self.decoded(how)
            ended = self.clock()
        except DivergedError as error:
            return CellSpeed(reason=str(error))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return CellSpeed(reason="out of memory")
        return CellSpeed(
            steps=fitted.steps,
            rows=len(self.train),
            validated=len(self.validation) * len(fitted.history),
            inputs=len(self.prompts),
            train_seconds=trained - started,
            decode_seconds=ended - trained,
            memory=gauge.peak(),
            stepping={"train": fitted.stepping, "decode": how.facts},
        )

    def clock(self) -> float:
        """Now, with nothing left to do on the device."""
        wait_for(self.device)
        return time.perf_counter()

    def fitted(self) -> Fit:
        """Train as a run does."""
        padding = cast("int", self.loaded.tokenizer.pad_token_id)
        size, held = self.cell.eval.batch_size, self.validation
        return fit(
            self.attached,
            self.train,
            by_loss(self.attached.model, held, size, padding) if held else None,
            self.cell.train,
            seed=self.cell.seed,
            padding=padding,
            autocast=self.autocast,
            observe=lambda _: None,
        )

    def decoded(self, how: Decoding) -> list[str]:
        """Merge where that is possible, and decode every input."""
        free_unused()  # of the training, as runs do
        self.attached.merge()
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            return generate(
                self.attached.model,
                self.loaded.tokenizer,
                self.prompts,
                self.cell.decode,
                progress=lambda *_: None,
                how=how,
            )
