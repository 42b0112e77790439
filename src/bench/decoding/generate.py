"""Greedy and beam decoding in batches, by the generation loop of transformers.

A hypothesis y of n new tokens (its end token counts, the prompt does not) scores

    score(y) = sum_t log p(y_t | prompt, y_<t) / n ** length_penalty

as in microsoft/LoRA, examples/NLG/src/gpt2_beam.py, whose settings the published E2E,
DART and WebNLG numbers use. As there, the search ends only when no running hypothesis
can still win, and p is normalised over the tokens that `no_repeat_ngram` leaves. One
difference remains: where hypotheses end, transformers fills their places in the beam
with the next best ones at once, the official decoder one step later.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from bench.decoding.ngrams import NoRepeatedNgrams
from bench.decoding.stopping import readable, stop_strings, stop_tokens
from bench.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping, Sequence

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from bench.config import DecodeConfig


def generate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    config: DecodeConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
    made: MutableMapping[int, str] | None = None,
) -> list[str]:
    """Continue each prompt (token ids) and return the texts, in the order of the prompts.

    A text ends before the end token, before the first of `config.stop` that it holds, or after
    `config.max_new_tokens`. `progress(done, total)` is called after each batch, with numbers of
    prompts. `made` holds texts by index of the prompt: batches that are in it are not decoded
    again, others are added to it. Raises ValueError for an empty prompt and ConfigError where
    the model has too few positions. Model and tokenizer are left as they were found.
    """
    _check(model, prompts, config)
    stops = stop_tokens(tokenizer, config.stop)
    settings = _settings(tokenizer, stops, config)
    # Longest first: a batch too large for the memory fails at once, and pads least.
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]), reverse=True)
    texts: MutableMapping[int, str] = {} if made is None else made
    with torch.inference_mode(), _neutral(model):
        for start in range(0, len(order), config.batch_size):
            batch = order[start : start + config.batch_size]
            if not all(index in texts for index in batch):
                asked = [prompts[index] for index in batch]
                rows = _continue(model, tokenizer, asked, settings, config)
                read = [readable(tokenizer, tokens, stops, config.stop) for tokens in rows]
                texts.update(zip(batch, read, strict=True))
            if progress is not None:
                progress(start + len(batch), len(prompts))
    return [texts[index] for index in range(len(prompts))]


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


def _settings(
    tokenizer: PreTrainedTokenizerBase, stops: list[int], config: DecodeConfig
) -> GenerationConfig:
    """Everything that transformers may know about this decoding."""
    padding = tokenizer.pad_token_id
    if padding is None:
        padding = stops[0] if stops else 0
    # "never" bounds the best score of a running hypothesis from above, so it ends the
    # search only where going on to the last token would change nothing.
    search = (
        {"length_penalty": config.length_penalty, "early_stopping": "never"}
        if config.beams > 1
        else {}
    )
    return GenerationConfig(
        num_beams=config.beams,
        do_sample=False,
        max_new_tokens=config.max_new_tokens,
        eos_token_id=stops or None,
        pad_token_id=padding,
        renormalize_logits=config.no_repeat_ngram > 0,
        use_cache=True,
        **search,
    )


def _continue(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    settings: GenerationConfig,
    config: DecodeConfig,
) -> list[list[int]]:
    """Return the new tokens of one batch and what pads them, one list a prompt."""
    tokens, mask = _left_padded(prompts, settings.pad_token_id)
    width = tokens.shape[1]
    processors = LogitsProcessorList()
    if config.no_repeat_ngram:
        processors.append(NoRepeatedNgrams(config.no_repeat_ngram, width))
    output = cast("Any", model).generate(
        tokens.to(model.device),
        attention_mask=mask.to(model.device),
        generation_config=settings,
        logits_processor=processors,
        stopping_criteria=StoppingCriteriaList(stop_strings(tokenizer, config.stop, width)),
    )
    rows: list[list[int]] = output[:, width:].tolist()
    return rows


def _left_padded(prompts: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Prompts as (prompts, width) tokens that end together, and the mask of the real ones."""
    width = max(len(prompt) for prompt in prompts)
    tokens = torch.full((len(prompts), width), padding)
    mask = torch.zeros_like(tokens)
    for row, prompt in enumerate(prompts):
        tokens[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    return tokens, mask


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
