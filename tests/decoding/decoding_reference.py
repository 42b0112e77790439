"""Decoding as it is defined, one prompt at a time, without cache, padding or batches."""

from __future__ import annotations

from functools import cache
from itertools import product

import torch

END = 0


@cache
def next_logits(model, tokens: tuple[int, ...]) -> torch.Tensor:
    """Logits behind `tokens`, (vocabulary,): tests ask for the same again and again.

    The models of these tests are shared, so none of them may change.
    """
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0, -1].double()


def log_probabilities(model, prompt: list[int], new: list[int], ngram: int = 0) -> torch.Tensor:
    """log p(. | prompt, new) over the tokens that repeat no n-gram of `new`; (vocabulary,)."""
    logits = next_logits(model, (*prompt, *new)).clone()
    seen = [tuple(new[at : at + ngram]) for at in range(len(new) - ngram + 1)] if ngram else []
    for token in range(len(logits)):
        if tuple([*new, token][-ngram:]) in seen:
            logits[token] = -torch.inf
    return logits.log_softmax(-1)


def greedy(model, prompt: list[int], length: int) -> list[int]:
    """The most probable token, again and again."""
    new: list[int] = []
    while len(new) < length and END not in new:
        new.append(int(log_probabilities(model, prompt, new).argmax()))
    return new


def beam_search(
    model,
    prompt: list[int],
    *,
    beams: int,
    power: float,
    length: int,
    ngram: int = 0,
    stop: tuple[tuple[int, ...], ...] = ((END,),),
) -> list[int]:
    """The best of all hypotheses that ended among the first `beams`; never stops early.

    A hypothesis ends with the last token of any of the `stop` sequences.
    """

    def has_ended(new: list[int]) -> bool:
        return any(tuple(new[-len(tokens) :]) == tokens for tokens in stop)

    live: list[tuple[float, list[int]]] = [(0.0, [])]
    ended: list[tuple[float, list[int]]] = []
    for step in range(1, length + 1):
        grown = [
            (total + value, [*new, token])
            for total, new in live
            for token, value in enumerate(log_probabilities(model, prompt, new, ngram).tolist())
        ]
        grown.sort(key=lambda hypothesis: -hypothesis[0])
        over = [h for h in grown[:beams] if has_ended(h[1]) or step == length]
        ended += [(total / step**power, new) for total, new in over]
        live = [h for h in grown if not has_ended(h[1])][:beams]
    return max(ended)[1]


def exhaustive(model, prompt: list[int], power: float, length: int) -> list[int]:
    """The best of all texts of at most `length` tokens; no search at all."""
    vocabulary = model.config.vocab_size
    words = [token for token in range(vocabulary) if token != END]
    texts = [[*head, END] for size in range(length) for head in product(words, repeat=size)] + [
        list(text) for text in product(words, repeat=length)
    ]

    def score(text: list[int]) -> float:
        total = 0.0
        for at, token in enumerate(text):
            total += float(log_probabilities(model, prompt, text[:at])[token])
        return total / len(text) ** power

    return max(texts, key=score)
