"""Decoding: ours, and transformers' own `generate` at the same settings."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any, cast

import torch

from bench.config import DecodeConfig
from bench.decoding import facts
from bench.decoding import generate as decoder
from bench.models.load import Loaded
from bench.speed.results import Decoding

PLAIN_BATCH = 32
"""Inputs that transformers decodes together where the settings leave the number open."""

Prompts = Sequence[Sequence[int]]
Progress = Callable[[int, int], None]
"""Told behind each batch how many inputs are done, of how many; its texts are there by then."""


def decoding(loaded: Loaded, prompts: Prompts, config: DecodeConfig, *, autocast: bool) -> Decoding:
    """Seconds an input in both ways, and how many texts are the same."""
    how = facts.Decoding()

    def ours(progress: Progress) -> list[str]:
        return decoder.generate(
            loaded.model, loaded.tokenizer, prompts, config, progress=progress, how=how
        )

    def plain(progress: Progress) -> list[str]:
        return plainly(loaded, prompts, config, progress)

    with torch.autocast(loaded.model.device.type, dtype=torch.bfloat16, enabled=autocast):
        seconds, texts = timed(ours)
        plain_seconds, plain_texts = timed(plain)
    pairs = zip(texts, plain_texts, strict=True)
    same = sum(one.strip() == other.strip() for one, other in pairs)
    return Decoding(
        inputs=len(prompts),
        ours=seconds,
        plain=plain_seconds,
        same=same / len(prompts),
        how=how.facts,
        settings=asdict(config),
    )


def timed(run: Callable[[Progress], list[str]]) -> tuple[float, list[str]]:
    """Seconds an input, as the median batch has it, and the texts.

    What is done once, in the first batch, does not count: of a single batch that is a second run.
    """
    marks: list[tuple[int, float]] = []

    def mark(done: int, _: int) -> None:
        marks.append((done, time.perf_counter()))

    texts = run(mark)
    if len(marks) == 1:
        marks = [(0, time.perf_counter())]
        texts = run(mark)
    return statistics.median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(marks)), texts


def plainly(
    loaded: Loaded, prompts: Prompts, config: DecodeConfig, progress: Progress
) -> list[str]:
    """Texts as somebody who calls transformers gets them, cut at the same ends."""
    tokenizer, device = loaded.tokenizer, loaded.model.device
    search = {"length_penalty": config.length_penalty} if config.beams > 1 else {}
    texts: dict[int, str] = {}
    size = config.batch_size or PLAIN_BATCH
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]), reverse=True)
    for at in range(0, len(order), size):
        batch = order[at : at + size]
        ids, mask = left_padded(
            [prompts[index] for index in batch], cast("int", tokenizer.pad_token_id)
        )
        found = cast("Any", loaded.model).generate(
            ids.to(device),
            attention_mask=mask.to(device),
            do_sample=False,
            num_beams=config.beams,
            max_new_tokens=config.max_new_tokens,
            no_repeat_ngram_size=config.no_repeat_ngram,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            **search,
        )
        read = tokenizer.batch_decode(found[:, ids.shape[1] :], skip_special_tokens=True)
        texts.update(zip(batch, read, strict=True))
        progress(at + len(batch), len(order))
    return [cut(texts[index], config.stop) for index in range(len(prompts))]


def left_padded(prompts: Prompts, padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts as tokens that end together, and the mask of the real ones."""
    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), padding)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    return ids, mask


def cut(text: str, stops: Sequence[str]) -> str:
    """The text before the first of `stops`."""
    for stop in stops:
        text = text.partition(stop)[0]
    return text
