"""Greedy and beam decoding in batches, as large as the memory holds, replayed where possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import GenerationConfig

from bench.decoding.facts import Decoding
from bench.decoding.replayed import ReplayedSteps, replaying
from bench.decoding.room import inputs_that_fit
from bench.decoding.search import Search
from bench.errors import ConfigError, is_out_of_memory
from bench.replay import NotCapturedError, recorder_for

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from bench.config import DecodeConfig


@dataclass(kw_only=True)
class Decoder:
    """Decodes batch after batch, and does without what turns out not to work."""

    search: Search
    width: int
    """Tokens of the longest prompt."""
    how: Decoding
    steps: ReplayedSteps | None
    """What replays, while that is done."""

    def texts(self, prompts: Sequence[Sequence[int]]) -> list[str]:
        """Continue the prompts of one batch."""
        if self.steps is not None:
            # Batches of one shape use the same memory: a last, smaller one is filled up.
            filled = [*prompts, *[prompts[-1]] * (self.how.batch_size - len(prompts))]
            try:
                return self.search.texts(filled, self.width, self.steps.begin())[: len(prompts)]
            except NotCapturedError as error:
                self._launch(str(error))
        return self.search.texts(prompts, max(map(len, prompts)))

    def halve(self) -> None:
        """Make room."""
        self.how.batch_size //= 2
        if self.steps is not None:
            self.steps.forget()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _launch(self, reason: str) -> None:
        """From here on, launch one operation after the other."""
        if self.search.config.step == "graph":
            raise ConfigError(f"decode.step=graph: {reason}; set decode.step=auto")
        self.how.replayed, self.how.reason = False, reason
        self.steps = None


def generate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    config: DecodeConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
    made: MutableMapping[int, str] | None = None,
    how: Decoding | None = None,
) -> list[str]:
    """Continue each prompt (token ids) and return the texts, in the order of the prompts.

    A text ends before the end token, before the first of `config.stop` that it holds, or after
    `config.max_new_tokens`. `progress(done, total)` is called after each batch, with numbers of
    prompts. `made` holds texts by index of the prompt: batches that are in it are not decoded
    again, others are added to it. Where memory ends, batches are halved. `how` is told in which
    way texts were decoded.

    Raises ValueError for an empty prompt and ConfigError where the model has too few positions.
    Model and tokenizer are left as they were found.
    """
    _check(model, prompts, config)
    # Longest first: a batch too large for the memory fails at once, and pads least.
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]), reverse=True)
    texts: MutableMapping[int, str] = {} if made is None else made
    width = max(map(len, prompts), default=0)
    how = how or Decoding()
    wished = config.batch_size or inputs_that_fit(model, width, config)
    how.batch_size = min(wished, max(len(prompts), 1))
    with torch.inference_mode(), _neutral(model), _steps(model, config, how) as steps:
        search = Search.of(model, tokenizer, config)
        decoder = Decoder(search=search, width=width, how=how, steps=steps)
        done = 0
        while done < len(order):
            done += _batch(decoder, prompts, order[done:], texts)
            if progress is not None:
                progress(done, len(prompts))
    return [texts[index] for index in range(len(prompts))]


def _batch(
    decoder: Decoder,
    prompts: Sequence[Sequence[int]],
    left: Sequence[int],
    texts: MutableMapping[int, str],
) -> int:
    """Decode the first of the prompts that are left, unless they are decoded; their number."""
    while True:
        batch = left[: decoder.how.batch_size]
        if all(index in texts for index in batch):
            return len(batch)
        try:
            found = decoder.texts([prompts[index] for index in batch])
        except Exception as error:
            if not is_out_of_memory(error) or decoder.how.batch_size == 1:
                raise
        else:
            texts.update(zip(batch, found, strict=True))
            return len(batch)
        # Behind the except block, since the error's traceback holds the tensors of the batch.
        decoder.halve()


@contextmanager
def _steps(
    model: PreTrainedModel, config: DecodeConfig, how: Decoding
) -> Iterator[ReplayedSteps | None]:
    """What replays steps, or nothing; a ConfigError where that is asked for in vain."""
    recorder = recorder_for(model.device)
    if config.step == "eager" or recorder is None:
        how.reason = "asked for" if config.step == "eager" else "CUDA graphs need a GPU"
        if config.step == "graph":
            raise ConfigError(f"decode.step=graph: {how.reason}; set decode.step=auto")
        yield None
        return
    how.replayed = True
    with replaying(model, recorder, beams=config.beams, space=config.max_new_tokens) as steps:
        yield steps


def _check(model: PreTrainedModel, prompts: Sequence[Sequence[int]], config: DecodeConfig) -> None:
    """Reject what the model cannot continue."""
    for index, prompt in enumerate(prompts):
        if len(prompt) == 0:
            raise ValueError(f"prompt {index} has no tokens: nothing to continue")
    positions = getattr(model.config, "max_position_embeddings", None)
    longest = max((len(prompt) for prompt in prompts), default=0)
    if positions is not None and longest + config.max_new_tokens > positions:
        raise ConfigError(
            f"decode.max_new_tokens={config.max_new_tokens}: with the longest prompt of {longest} "
            f"tokens this exceeds the model's {positions} positions; "
            f"give at most {max(positions - longest, 0)}, or shorten the prompts"
        )


@contextmanager
def _neutral(model: PreTrainedModel) -> Iterator[None]:
    """Keep the model from dropping out and from bringing its own generation settings.

    transformers fills what a GenerationConfig leaves open from the model's own.
    """
    own = model.generation_config
    training = [module for module in model.modules() if module.training]
    model.generation_config = GenerationConfig()
    for module in training:
        module.training = False
    try:
        yield
    finally:
        model.generation_config = own
        for module in training:
            module.training = True
