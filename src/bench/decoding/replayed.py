"""The decoder's step, one token of every row, recorded once for each shape and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from bench.decoding.cache import BeamCache
from bench.models.fused import Fused
from bench.replay import NotCapturedError, Recorder


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a step reads: ids, positions (rows, 1), mask (rows, length) and the place to write."""

    ids: Tensor
    positions: Tensor
    mask: Tensor
    place: Tensor


@dataclass(kw_only=True)
class ReplayedSteps:
    """Stands for a model's forward pass while a batch is decoded."""

    recorder: Recorder
    plain: Callable[..., Any]
    """The model's own forward pass."""
    fused: Fused
    """How the model computes while a step is recorded."""
    space: int
    """Tokens that are generated at most."""
    _cache: BeamCache | None = None
    _inputs: Inputs | None = None
    _recorded: dict[int, tuple[Callable[[], None], Tensor]] = field(default_factory=dict)
    """What replays a step, and its logits (rows, 1, vocabulary), for each window."""

    def begin(self) -> BeamCache:
        """The cache for a new batch."""
        self._cache = self._cache or BeamCache(self.space)
        self._cache.begin()
        return self._cache

    def forget(self) -> None:
        """Let go of all memory."""
        self._recorded.clear()
        self._cache = self._inputs = None

    def forward(self, **given: Any) -> Any:
        """A prompt goes through the model as it is; a single token is replayed."""
        cache, ids = given.get("past_key_values"), given["input_ids"]
        if not isinstance(cache, BeamCache) or ids.shape[1] != 1 or cache.get_seq_length() == 0:
            return self.plain(**given)
        if not cache.settled:
            self._settle(cache, ids)
        logits = self._step(cache, ids, given.get("attention_mask"), given.get("position_ids"))
        cache.filled += 1
        return CausalLMOutputWithPast(logits=logits, past_key_values=cache)

    def _settle(self, cache: BeamCache, ids: Tensor) -> None:
        """Put a batch's prompts in place; what was recorded for other memory is forgotten."""
        before, store = cache.store, cache.settle()
        if store is not before or self._inputs is None:
            self._recorded.clear()
            rows, length = len(ids), store.shape[3]
            self._inputs = Inputs(
                ids=torch.zeros_like(ids),
                positions=torch.zeros_like(ids),
                mask=torch.zeros((rows, length), dtype=torch.bool, device=ids.device),
                place=torch.zeros((1,), dtype=torch.long, device=ids.device),
            )

    def _step(
        self, cache: BeamCache, ids: Tensor, mask: Tensor | None, positions: Tensor | None
    ) -> Tensor:
        """Logits (rows, 1, vocabulary) of the next token, until the next step."""
        inputs, filled = self._inputs, cache.filled + 1
        assert inputs is not None  # noqa: S101
        inputs.mask.zero_()
        # transformers leaves out a mask that hides nothing.
        inputs.mask[:, :filled] = True if mask is None else mask.bool()
        if positions is None:
            positions = inputs.mask.sum(-1, keepdim=True) - 1
        inputs.ids.copy_(ids)
        inputs.positions.copy_(positions)
        inputs.place.fill_(cache.filled)
        cache.place = inputs.place
        if cache.window not in self._recorded:
            return self._record(cache, inputs)
        replay, logits = self._recorded[cache.window]
        replay()
        return logits

    def _record(self, cache: BeamCache, inputs: Inputs) -> Tensor:
        """Record the step of a window, and carry it out."""

        def launched() -> Tensor:
            with self.fused.active():
                logits: Tensor = self.plain(
                    input_ids=inputs.ids,
                    # Of four dimensions, transformers takes it as it is.
                    attention_mask=inputs.mask[:, None, None, : cache.window],
                    position_ids=inputs.positions,
                    past_key_values=cache,
                    use_cache=True,
                ).logits
            return logits

        expected = self.recorder.warm_up(launched)
        logits = torch.empty_like(expected)

        def kept() -> None:
            logits.copy_(launched())

        replay = self.recorder.record(kept)
        replay()
        if not torch.equal(logits, expected):
            raise NotCapturedError("a replayed step gave other digits than the same step launched")
        self._recorded[cache.window] = replay, logits
        return logits


@contextmanager
def replaying(model: PreTrainedModel, recorder: Recorder, space: int) -> Iterator[ReplayedSteps]:
    """Let `model` replay single tokens meanwhile, `space` of them behind a prompt at most."""
    steps = ReplayedSteps(recorder=recorder, plain=model.forward, fused=Fused(model), space=space)

    @wraps(model.forward)
    def forward(*positional: Any, **given: Any) -> Any:
        return steps.plain(*positional, **given) if positional else steps.forward(**given)

    model.forward = forward
    try:
        yield steps
    finally:
        del model.forward
