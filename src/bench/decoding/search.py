"""One batch of prompts through the generation loop of transformers.

A hypothesis y of n new tokens (its end token counts, the prompt does not) scores

    score(y) = sum_t log p(y_t | prompt, y_<t) / n ** length_penalty

as in microsoft/LoRA, examples/NLG/src/gpt2_beam.py, whose settings the published E2E,
DART and WebNLG numbers use. As there, the search ends only when no running hypothesis
can still win, and p is normalised over the tokens that `no_repeat_ngram` leaves. One
difference remains: where hypotheses end, transformers fills their places in the beam
with the next best ones at once, the official decoder one step later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from bench.decoding.ngrams import NoRepeatedNgrams
from bench.decoding.stopping import readable, stop_strings, stop_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from bench.config import DecodeConfig
    from bench.decoding.cache import BeamCache


@dataclass(frozen=True)
class Search:
    """The search that a configuration asks for, on a model."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    config: DecodeConfig
    stops: tuple[int, ...]
    """Tokens that end a text."""

    @classmethod
    def of(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: DecodeConfig
    ) -> Search:
        """With the stop tokens that the configuration names."""
        return cls(model, tokenizer, config, tuple(stop_tokens(tokenizer, config.stop)))

    @property
    def padding(self) -> int:
        """Token before a shorter prompt."""
        known = self.tokenizer.pad_token_id
        return int(known) if known is not None else next(iter(self.stops), 0)

    def settings(self) -> GenerationConfig:
        """Everything that transformers may know about this decoding."""
        # "never" bounds the best score of a running hypothesis from above, so it ends the
        # search only where going on to the last token would change nothing.
        search = (
            {"length_penalty": self.config.length_penalty, "early_stopping": "never"}
            if self.config.beams > 1
            else {}
        )
        return GenerationConfig(
            num_beams=self.config.beams,
            do_sample=False,
            max_new_tokens=self.config.max_new_tokens,
            eos_token_id=list(self.stops) or None,
            pad_token_id=self.padding,
            renormalize_logits=self.config.no_repeat_ngram > 0,
            use_cache=True,
            **search,
        )

    def texts(
        self, prompts: Sequence[Sequence[int]], width: int, cache: BeamCache | None = None
    ) -> list[str]:
        """Continue prompts, padded to `width`; keys and values go into `cache`, if given."""
        tokens, mask = left_padded(prompts, self.padding, width)
        processors = LogitsProcessorList()
        if self.config.no_repeat_ngram:
            processors.append(NoRepeatedNgrams(self.config.no_repeat_ngram, width))
        output = cast("Any", self.model).generate(
            tokens.to(self.model.device),
            attention_mask=mask.to(self.model.device),
            generation_config=self.settings(),
            logits_processor=processors,
            stopping_criteria=StoppingCriteriaList(
                stop_strings(self.tokenizer, self.config.stop, width)
            ),
            **({} if cache is None else {"past_key_values": cache}),
        )
        return [
            readable(self.tokenizer, row, self.stops, self.config.stop)
            for row in output[:, width:].tolist()
        ]


def left_padded(
    prompts: Sequence[Sequence[int]], padding: int, width: int
) -> tuple[Tensor, Tensor]:
    """Prompts as (prompts, width) tokens that end together, and the mask of the real ones."""
    tokens = torch.full((len(prompts), width), padding)
    mask = torch.zeros_like(tokens)
    for row, prompt in enumerate(prompts):
        tokens[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    return tokens, mask
