"""Decoding beside transformers' own `generate`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.check import build
from bench.config import DecodeConfig
from bench.speed.decode import Progress, cut, decoding, left_padded, plainly, timed
from tests.cells import compose_settings

PROMPTS = [[20, 30, 40], [50, 60, 70, 80, 90], [100, 110]]


def settings(**changes: Any) -> DecodeConfig:
    """Without a limit on n-grams, which the two count differently."""
    values = compose_settings()["decode"]
    return build(DecodeConfig, values | {"no_repeat_ngram": 0, "batch_size": 2} | changes, "decode")


@pytest.mark.parametrize("beams", [1, 3])
def test_both_decode_the_same(tiny_model: Callable[..., Any], beams: int) -> None:
    """Greedily and by beams, in batches of padded prompts: all texts agree, both took time."""
    found = decoding(
        tiny_model("tiny_gpt2"), PROMPTS, settings(beams=beams, max_new_tokens=6), autocast=False
    )
    assert found.same == 1.0
    assert found.inputs == 3
    assert found.ours > 0
    assert found.plain > 0
    assert found.how["step"] == "eager"


def test_plain_texts_are_those_of_prompts_alone(tiny_model: Callable[..., Any]) -> None:
    """Against single unpadded calls of transformers, in the order of the prompts."""
    loaded = tiny_model("tiny_gpt2")
    found = plainly(loaded, PROMPTS, settings(beams=1, max_new_tokens=6), lambda *_: None)
    for prompt, text in zip(PROMPTS, found, strict=True):
        alone = loaded.model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt)),
            max_new_tokens=6,
            do_sample=False,
        )
        assert text == loaded.tokenizer.decode(alone[0, len(prompt) :], skip_special_tokens=True)


def test_the_first_batch_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 2 that take 9, 1, 3 and 1 seconds: half a second an input."""
    clock = iter([9.0, 10.0, 13.0, 14.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))

    def run(progress: Progress) -> list[str]:
        for done in (2, 4, 6, 8):
            progress(done, 8)
        return ["text"]

    assert timed(run) == (0.5, ["text"])


def test_a_single_batch_is_decoded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run counts: 4 inputs in 2 seconds."""
    clock = iter([9.0, 10.0, 12.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))

    def run(progress: Progress) -> list[str]:
        progress(4, 4)
        return []

    assert timed(run)[0] == 0.5


def test_prompts_end_together() -> None:
    """What is added stands in front, and is masked."""
    ids, mask = left_padded([[5], [6, 7]], 9)
    assert ids.tolist() == [[9, 5], [6, 7]]
    assert mask.tolist() == [[0, 1], [1, 1]]


def test_a_text_ends_before_the_first_stop() -> None:
    """Whichever of them it is."""
    assert cut("one\n\ntwo###three", ("###", "\n\n")) == "one"
    assert cut("one", ("###",)) == "one"
