"""The decoder's step, one token of every beam, recorded once for each shape and replayed."""

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
from bench.decoding.sharing import shared_keys
from bench.models.fused import Fused
from bench.replay import NotCapturedError, Recorder


@dataclass(kw_only=True)
class ReplayedSteps:
    """Stands for a model's forward pass while a batch is decoded."""

    model: PreTrainedModel
    recorder: Recorder
    plain: Callable[..., Any]
    """The model's own forward pass."""
    fused: Fused
    """How the model computes while a step is recorded."""
    beams: int
    space: int
    """Tokens that are generated at most."""
    _cache: BeamCache | None = None
    _ids: Tensor | None = None
    _positions: Tensor | None = None
    """What a step reads beside the cache: both (rows, 1)."""
    _recorded: dict[int, tuple[Callable[[], None], Tensor]] = field(default_factory=dict)
    """What replays a step, and its logits (rows, 1, vocabulary), for each window."""

    def begin(self) -> BeamCache:
        """The cache for a new batch."""
        self._cache = self._cache or BeamCache(self.beams, self.space)
        self._cache.begin()
        return self._cache

    def forget(self) -> None:
        """Let go of all memory."""
        self._recorded.clear()
        self._cache = self._ids = self._positions = None

    def forward(self, **given: Any) -> Any:
        """The prompts go through the model as it is; single tokens are replayed."""
        cache, ids = given.get("past_key_values"), given["input_ids"]
        if not isinstance(cache, BeamCache):
            return self.plain(**given)
        if cache.get_seq_length() == 0:
            return self._prompts(given)
        mask = given.get("attention_mask")
        if not cache.settled:
            self._settle(cache, ids, mask)
        cache.open()
        positions = given.get("position_ids")
        if positions is None:
            positions = cache.seen.sum(-1).view_as(ids) - 1
        logits = self._step(cache, ids, positions)
        return CausalLMOutputWithPast(logits=logits, past_key_values=cache)

    def _prompts(self, given: dict[str, Any]) -> Any:
        """The prompt of each input, computed once; its beams begin alike."""
        rows = len(given["input_ids"])
        own = {
            key: value[:: self.beams] if isinstance(value, Tensor) and len(value) == rows else value
            for key, value in given.items()
        }
        found = self.plain(**own)
        found.logits = found.logits.repeat_interleave(self.beams, dim=0)
        return found

    def _settle(self, cache: BeamCache, ids: Tensor, mask: Tensor | None) -> None:
        """Put a batch's prompts in place; what was recorded for other memory is forgotten."""
        before, width = cache.store, cache.get_seq_length()
        # transformers leaves out a mask that hides nothing.
        store = cache.settle(None if mask is None else mask[:: self.beams, :width])
        if store is not before or self._ids is None:
            self._recorded.clear()
            self._ids, self._positions = torch.zeros_like(ids), torch.zeros_like(ids)

    def _step(self, cache: BeamCache, ids: Tensor, positions: Tensor) -> Tensor:
        """Logits (rows, 1, vocabulary) of the next token, until the next step."""
        assert self._ids is not None  # noqa: S101
        assert self._positions is not None  # noqa: S101
        self._ids.copy_(ids)
        self._positions.copy_(positions)
        if cache.window not in self._recorded:
            return self._record(cache, self._ids, self._positions)
        replay, logits = self._recorded[cache.window]
        replay()
        return logits

    def _record(self, cache: BeamCache, ids: Tensor, positions: Tensor) -> Tensor:
        """Record the step of a window, and carry it out."""

        def launched() -> Tensor:
            with self.fused.active(), shared_keys(self.model):
                logits: Tensor = self.plain(
                    input_ids=ids,
                    # Of four dimensions, transformers takes it as it is.
                    attention_mask=cache.mask(),
                    position_ids=positions,
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
def replaying(
    model: PreTrainedModel, recorder: Recorder, *, beams: int, space: int
) -> Iterator[ReplayedSteps]:
    """Let `model` replay single tokens of `beams` rows an input meanwhile.

    `space` of them behind a prompt at most.
    """
    steps = ReplayedSteps(
        model=model, recorder=recorder, plain=model.forward, fused=Fused(model),
        beams=beams, space=space,
    )  # fmt: skip

    @wraps(model.forward)
    def forward(*positional: Any, **given: Any) -> Any:
        return steps.plain(*positional, **given) if positional else steps.forward(**given)

    model.forward = forward
    try:
        yield steps
    finally:
        del model.forward
