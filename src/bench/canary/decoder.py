"""Probe of the decoder: what a fixed model writes, greedily and by beam search."""

from __future__ import annotations

import torch

from bench.canary.probe import Inputs, Probe, Reading
from bench.canary.tiny import PAIRS, tiny
from bench.config import DecodeConfig
from bench.decoding.generate import generate
from bench.models.heads import CausalHead
from bench.models.load import Loaded
from bench.training.text import contexts

LETTERS = "abcdefghijklmnopqrstuvwxyz ,.\n"

SEARCHES = {
    "greedy": DecodeConfig(beams=1, length_penalty=1.0, no_repeat_ngram=0, max_new_tokens=24,
                           batch_size=3),
    "beam 4": DecodeConfig(beams=4, length_penalty=0.6, no_repeat_ngram=0, max_new_tokens=24,
                           batch_size=2),
    "beam 3, no bigram twice": DecodeConfig(beams=3, length_penalty=1.0, no_repeat_ngram=2,
                                            max_new_tokens=40, batch_size=4, stop=("e.",)),
}  # fmt: skip


def probes() -> list[Probe]:
    """One."""
    return [
        Probe(
            name="decoder",
            components=("decoder",),
            rests_on=("models",),
            inputs=dict,
            read=read,
        )
    ]


def read(_: Inputs) -> Reading:
    """The texts behind a few contexts."""
    loaded = tiny("gpt2", CausalHead())
    decide(loaded)
    prompts = contexts(loaded.tokenizer, [pair.context for pair in PAIRS[:5]])
    return {
        f"{name}, text {index}": text
        for name, search in SEARCHES.items()
        for index, text in enumerate(generate(loaded.model, loaded.tokenizer, prompts, search))
    }


def decide(loaded: Loaded) -> None:
    """Give the model an output of its own that is sure of the next letter.

    Logits of random weights are nearly equal, so that rounding could choose among them; and
    where the output has the weights of the input, a token is followed by itself.
    """
    rows, width = loaded.model.get_output_embeddings().weight.shape
    drawn = torch.randn(rows, width, generator=torch.Generator().manual_seed(0))
    allowed = torch.zeros(rows, 1)
    allowed[loaded.tokenizer(LETTERS)["input_ids"]] = SURE
    allowed[loaded.tokenizer.eos_token_id] = SURE
    output = torch.nn.Linear(width, rows, bias=False)
    output.weight = torch.nn.Parameter(drawn * allowed)
    loaded.model.set_output_embeddings(output)


SURE = 0.3
"""Standard deviation of the output weights of what may be written; others have logit 0."""
