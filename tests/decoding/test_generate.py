"""Batched decoding against decoding as it is defined (decoding_reference.py)."""

from __future__ import annotations

import copy
import logging
import random
import re
import warnings
from collections import Counter
from dataclasses import replace

import pytest
import torch
from transformers import GenerationConfig

from bench.config import DecodeConfig
from bench.decoding import generate as module
from bench.decoding.generate import generate
from bench.errors import ConfigError
from tests.decoding.decoding_reference import beam_search, exhaustive, greedy
from tests.repeating import Repeating

LENGTH = 12


@pytest.fixture(autouse=True, params=["launched", "replayed"])
def way(request, monkeypatch) -> str:
    """Every test holds for both ways; a recording is carried out anew in place of a graph."""
    if request.param == "replayed":
        monkeypatch.setattr(module, "recorder_for", lambda _: Repeating())
    return request.param


def decode(**changes) -> DecodeConfig:
    settings = {
        "beams": 1,
        "length_penalty": 1.0,
        "no_repeat_ngram": 0,
        "max_new_tokens": LENGTH,
        "batch_size": 7,
    }
    return DecodeConfig(**{**settings, **changes})


def some_prompts(count: int, vocabulary: int, longest: int = 9) -> list[list[int]]:
    """Prompts of mixed lengths; some end with the end token, as GPT-2's E2E contexts do."""
    draw = random.Random(5)  # noqa: S311
    rows = [
        [draw.randrange(1, vocabulary) for _ in range(draw.randint(1, longest))]
        for _ in range(count)
    ]
    return [[*row, 0] if index % 3 == 0 else row for index, row in enumerate(rows)]


def spelled(tokenizer, tokens: list[int]) -> str:
    """Tokens as the text that they stand for, without the end token."""
    return "".join(tokenizer.convert_ids_to_tokens(token) for token in tokens if token != 0)


@pytest.fixture
def prompts(tokenizer) -> list[list[int]]:
    return some_prompts(15, len(tokenizer))


def test_greedy_equals_an_argmax_loop(model, tokenizer, prompts):
    expected = [spelled(tokenizer, greedy(model, prompt, LENGTH)) for prompt in prompts]
    assert generate(model, tokenizer, prompts, decode()) == expected
    lengths = {len(text) for text in expected}
    assert len(lengths) > 1, "no text stopped early: this test would not see a missed stop"


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.8, 1.0, 3.0])
@pytest.mark.parametrize("beams", [2, 5])
def test_beam_search_equals_its_definition(model, tokenizer, prompts, beams, power):
    """For every length penalty: new tokens count, the padded prompt does not."""
    config = decode(beams=beams, length_penalty=power, max_new_tokens=6)
    expected = [
        beam_search(model, prompt, beams=beams, power=power, length=6) for prompt in prompts[:6]
    ]
    assert generate(model, tokenizer, prompts[:6], config) == [
        spelled(tokenizer, tokens) for tokens in expected
    ]


def test_the_length_penalty_chooses_between_short_and_long_texts(model, tokenizer, prompts):
    short, long = (
        generate(model, tokenizer, prompts, decode(beams=5, length_penalty=power))
        for power in (-1.0, 3.0)
    )
    assert sum(map(len, short)) < sum(map(len, long))


@pytest.mark.parametrize("power", [0.0, 2.0])
def test_a_beam_as_wide_as_all_prefixes_finds_the_best_text(few_words_model, few_words, power):
    prompts = some_prompts(4, 5, longest=4)
    config = decode(beams=4**3, length_penalty=power, max_new_tokens=3)
    expected = [exhaustive(few_words_model, prompt, power, 3) for prompt in prompts]
    assert generate(few_words_model, few_words, prompts, config) == [
        spelled(few_words, tokens) for tokens in expected
    ]


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (1, 2), (4, 0), (4, 1), (4, 2)])
def test_batches_do_not_change_texts(model, tokenizer, prompts, beams, ngram):
    """A whole batch and a part of one; the n-grams of greedy texts are barred like those of beams.

    That each n-gram is barred rightly is shown against the definition.
    """
    alone, together = (
        generate(
            model,
            tokenizer,
            prompts[:10],
            decode(beams=beams, no_repeat_ngram=ngram, batch_size=size),
        )
        for size in (1, 7)
    )
    assert alone == together
    assert len(set(alone)) > 5, "the texts hardly differ: mixed-up prompts would not be seen"


@pytest.mark.parametrize("ngram", [1, 2, 3, 4])
def test_probabilities_are_of_the_tokens_that_repeat_no_ngram(few_words_model, few_words, ngram):
    """Renormalised, as the official decoder: it bars logits before its softmax."""
    prompts = some_prompts(8, 5)
    config = decode(beams=3, no_repeat_ngram=ngram, max_new_tokens=5 if ngram == 1 else LENGTH)
    expected = [
        beam_search(
            few_words_model,
            prompt,
            beams=3,
            power=1.0,
            length=config.max_new_tokens,
            ngram=ngram,
        )
        for prompt in prompts
    ]
    texts = generate(few_words_model, few_words, prompts, config)
    assert texts == [spelled(few_words, tokens) for tokens in expected]
    free = replace(config, no_repeat_ngram=0)
    assert texts != generate(few_words_model, few_words, prompts, free)


def first_cut(text: str, stop: tuple[str, ...]) -> str:
    return text[: min((text.find(string) for string in stop if string in text), default=None)]


def pairs_of(texts: list[str]) -> tuple[str, ...]:
    """Strings of two tokens that stand inside some of the texts, but not in all of them."""
    inside = [word for text in texts for word in re.findall(r"[a-t]{4,}", text)]
    found = Counter(word[at : at + 2] for word in inside for at in range(1, len(word) - 2))
    pairs = [pair for pair, _ in found.most_common() if pair not in "<pad>"]
    return tuple(pairs[2:5])


@pytest.mark.parametrize("size", [1, 7])
def test_greedy_text_ends_before_the_first_stop_string(model, tokenizer, prompts, size):
    """Strings of two tokens, none of which ends a text alone."""
    whole = [spelled(tokenizer, greedy(model, prompt, LENGTH)) for prompt in prompts]
    stop = pairs_of(whole)
    expected = [first_cut(text, stop) for text in whole]
    assert generate(model, tokenizer, prompts, decode(stop=stop, batch_size=size)) == expected
    same = [one == text for one, text in zip(expected, whole, strict=True)]
    assert {True, False} == set(same), "all or none of the texts hold a string"


@pytest.mark.parametrize("power", [0.0, 1.0, 3.0])
def test_beams_end_with_a_stop_string_as_with_an_end_token(model, tokenizer, prompts, power):
    ids = tokenizer.get_vocab()
    texts = [
        spelled(tokenizer, beam_search(model, prompt, beams=3, power=power, length=6))
        for prompt in prompts
    ]
    stop = pairs_of(texts)
    ends = ((0,), *(tuple(ids[word] for word in string) for string in stop))
    expected = [
        beam_search(model, prompt, beams=3, power=power, length=6, stop=ends) for prompt in prompts
    ]
    config = decode(beams=3, length_penalty=power, max_new_tokens=6, stop=stop)
    found = generate(model, tokenizer, prompts, config)
    assert found == [first_cut(spelled(tokenizer, tokens), stop) for tokens in expected]
    assert found != texts


@pytest.mark.parametrize("beams", [1, 3])
def test_a_stop_string_spares_the_steps_behind_it(model, tokenizer, prompts, beams, monkeypatch):
    """Every one-token text ends at its first token, so one forward pass is enough."""
    steps = []
    whole = type(model).forward
    monkeypatch.setattr(
        type(model), "forward", lambda *given, **named: steps.append(1) or whole(*given, **named)
    )
    letters = tuple("abcdefghijklmnopqrst")
    config = decode(beams=beams, stop=letters, batch_size=15)
    assert generate(model, tokenizer, prompts, config) == [""] * 15
    assert len(steps) == 1


def test_a_stop_string_in_the_prompt_ends_nothing(model, tokenizer):
    """Nor does one that begins in the prompt and ends behind it."""
    prompt = tokenizer.convert_tokens_to_ids(["a", "b", "c"])
    text = generate(model, tokenizer, [prompt], decode())[0]
    assert len(text) > 1
    for stop in ("abc", f"c{text[0]}"):
        assert generate(model, tokenizer, [prompt], decode(stop=(stop,)))[0] == first_cut(
            text, (stop,)
        )


def test_without_stop_strings_only_the_end_token_ends_a_text(model, tokenizer, prompts):
    assert generate(model, tokenizer, prompts, decode(stop=())) == [
        spelled(tokenizer, greedy(model, prompt, LENGTH)) for prompt in prompts
    ]


def test_the_settings_that_a_model_ships_do_not_matter(model, tokenizer, prompts):
    expected = generate(model, tokenizer, prompts, decode(beams=2))
    leaky = copy.deepcopy(model)
    leaky.generation_config = GenerationConfig(
        do_sample=True,
        temperature=9.0,
        repetition_penalty=5.0,
        suppress_tokens=[2, 3, 4],
        min_new_tokens=LENGTH,
        num_return_sequences=2,
        renormalize_logits=True,
    )
    assert generate(leaky, tokenizer, prompts, decode(beams=2)) == expected
    assert leaky.generation_config.suppress_tokens == [2, 3, 4]


def test_dropout_is_off_while_decoding_and_as_before_afterwards(model, tokenizer, prompts):
    noisy = copy.deepcopy(model).train()
    noisy.get_input_embeddings().register_forward_hook(
        lambda module, _, output: torch.nn.functional.dropout(output, 0.9, module.training)
    )
    noisy.get_output_embeddings().eval()
    modes = [module.training for module in noisy.modules()]
    expected = generate(model, tokenizer, prompts, decode())
    assert generate(noisy, tokenizer, prompts, decode()) == expected
    assert [module.training for module in noisy.modules()] == modes


def test_the_tokenizer_stays_without_a_pad_token(model, tokenizer, prompts):
    generate(model, tokenizer, prompts, decode())
    assert tokenizer.pad_token is None


@pytest.mark.parametrize("beams", [1, 3])
def test_nothing_is_said(model, tokenizer, beams, caplog, capfd):
    """Two batches, padded, some prompts ending with the token that pads."""
    prompts = some_prompts(15, len(tokenizer))
    logging.getLogger("transformers").addHandler(caplog.handler)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generate(
            model, tokenizer, prompts, decode(beams=beams, length_penalty=0.8, no_repeat_ngram=4)
        )
    logging.getLogger("transformers").removeHandler(caplog.handler)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_progress_counts_prompts(model, tokenizer, prompts):
    seen: list[tuple[int, int]] = []
    generate(model, tokenizer, prompts, decode(), progress=lambda *now: seen.append(now))
    assert seen == [(7, 15), (14, 15), (15, 15)]


def test_no_prompts_give_no_texts(model, tokenizer):
    assert generate(model, tokenizer, [], decode()) == []


def test_an_empty_prompt_is_an_error_that_names_it(model, tokenizer):
    with pytest.raises(ValueError, match="prompt 1 has no tokens"):
        generate(model, tokenizer, [[3], []], decode())


def test_too_few_positions_are_an_error_that_says_what_would_fit(model, tokenizer):
    """The model has 64 positions; GPT-2 would fail on an index far inside otherwise."""
    with pytest.raises(ConfigError, match=r"decode.max_new_tokens=60: .*64 positions.* at most 59"):
        generate(model, tokenizer, [[3] * 5, [3]], decode(max_new_tokens=60))
    assert len(generate(model, tokenizer, [[3] * 5], decode(max_new_tokens=59))) == 1
