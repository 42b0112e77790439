"""The decoder's step on memory that stays where it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.decoding import generate as module
from bench.decoding.cache import ALIGNED, WINDOW, BeamCache
from bench.decoding.facts import Decoding
from bench.decoding.generate import generate
from bench.decoding.replayed import replaying
from bench.decoding.room import ON_CPU, bytes_of_input, inputs_that_fit
from bench.decoding.search import Search
from bench.errors import ConfigError
from bench.models.prefixed import put_prefix
from bench.models.split import split_projections
from bench.replay import NotCapturedError
from tests.decoding.conftest import build
from tests.decoding.test_generate import decode, some_prompts
from tests.repeating import Repeating


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Repeating:
    """In place of a GPU's."""
    made = Repeating()
    monkeypatch.setattr(module, "recorder_for", lambda _: made)
    return made


@pytest.mark.parametrize("beams", [1, 3])
def test_logits_are_those_of_the_whole_text(model: Any, recorder: Repeating, beams: int) -> None:
    """Of every step of ragged inputs whose beams change places, against no cache at all."""
    torch.manual_seed(0)
    prompts = torch.randint(2, 20, (3, 9))
    padded = torch.ones_like(prompts)
    padded[0, :4] = 0
    ids, mask = (held.repeat_interleave(beams, dim=0) for held in (prompts, padded))
    with (
        torch.inference_mode(),
        replaying(model, recorder, beams=beams, space=20) as steps,
    ):
        cache = steps.begin()
        real = {"position_ids": (mask.cumsum(-1) - 1).clamp(min=0)}
        model(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **real)
        for _ in range(20):
            token = torch.randint(2, 20, (len(ids), 1))
            ids = torch.cat((ids, token), dim=1)
            mask = torch.cat((mask, torch.ones_like(token)), dim=1)
            found = model(
                input_ids=token, attention_mask=mask, past_key_values=cache, use_cache=True
            ).logits
            for row, seen in enumerate(mask.bool()):
                whole = steps.plain(input_ids=ids[row, seen][None]).logits[0, -1]
                torch.testing.assert_close(found[row, 0], whole, atol=1e-4, rtol=1e-4)
            places = torch.randint(beams, (3, beams)) + beams * torch.arange(3)[:, None]
            cache.reorder_cache(places.flatten())
            ids, mask = ids[places.flatten()], mask[places.flatten()]


def test_few_windows_are_recorded(model: Any, tokenizer: Any, recorder: Repeating) -> None:
    """One for each sixteen new tokens, however many batches and steps there are."""
    prompts = some_prompts(20, len(tokenizer))
    how = Decoding()
    generate(model, tokenizer, prompts, decode(beams=3, max_new_tokens=30, batch_size=6), how=how)
    assert recorder.recorded <= -(-30 // WINDOW)
    assert how.facts == {"step": "graph", "batch_size": 6}
    assert "forward" not in vars(model), "the model's own forward pass is back"


def test_beams_see_what_they_took_over() -> None:
    """Tokens stay in their slots; who sees them changes, and the prompt is held once."""
    cache = BeamCache(beams=2, space=3)
    prompt = torch.arange(2 * 3, dtype=torch.float32).view(2, 1, 3, 1)
    cache.update(prompt, prompt, 0)
    cache.settle(torch.tensor([[0, 1, 1], [1, 1, 1]]))
    for token in (10.0, 20.0):
        cache.open()
        new = (token + torch.arange(4.0)).view(4, 1, 1, 1)
        keys, values = cache.update(new, -new, 0)
        cache.reorder_cache(torch.tensor([1, 1, 3, 2]))
    assert keys.shape == values.shape == (2, 1, ALIGNED + 2 * WINDOW, 1)
    seen = cache.mask()[:, 0] == 0

    def read(one: int, beam: int) -> list[float]:
        return keys[one, 0, seen[one, beam, : keys.shape[2]], 0].tolist()

    assert read(0, 0) == read(0, 1) == [1.0, 2.0, 11.0, 21.0]
    assert read(1, 0) == [3.0, 4.0, 5.0, 12.0, 23.0]
    assert read(1, 1) == [3.0, 4.0, 5.0, 13.0, 22.0]
    torch.testing.assert_close(values[:, :, ALIGNED:], -keys[:, :, ALIGNED:])


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_trained_prefixes_stay_before_the_keys(
    tokenizer: Any, recorder: Repeating, family: str
) -> None:
    """A model whose attention has prefixes decodes to the same texts."""
    model = build(family, len(tokenizer), seed=4)
    split_projections(model)
    put_prefix(model, 3, 0, zero=False, generator=torch.Generator().manual_seed(0))
    prompts = some_prompts(5, len(tokenizer))
    settings = {"beams": 3, "max_new_tokens": 12}
    how = Decoding()
    found = generate(model, tokenizer, prompts, decode(**settings), how=how)
    assert how.replayed
    assert found == generate(model, tokenizer, prompts, decode(**settings, step="eager"))
    assert recorder.recorded == 1


def test_a_model_without_such_attention_is_launched(tokenizer: Any, recorder: Repeating) -> None:
    """With its reason."""
    model = build("gpt2", len(tokenizer), seed=1)
    model.set_attn_implementation("eager")
    how = Decoding()
    generate(model, tokenizer, [[3, 4]], decode(beams=2), how=how)
    assert how.reason == "attn_implementation=eager has no function of its own"
    assert recorder.recorded == 0


def test_what_cannot_be_captured_is_launched(
    model: Any, tokenizer: Any, recorder: Repeating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same texts, and the reason is kept."""
    prompts = some_prompts(9, len(tokenizer))
    expected = generate(model, tokenizer, prompts, decode(beams=2, step="eager"))

    def refuse(*_: object) -> Any:
        raise NotCapturedError("no such kernel")

    monkeypatch.setattr(recorder, "record", refuse)
    how = Decoding()
    assert generate(model, tokenizer, prompts, decode(beams=2), how=how) == expected
    assert how.facts == {"step": "eager", "batch_size": 7, "reason": "no such kernel"}
    with pytest.raises(ConfigError, match=r"^decode.step=graph: no such kernel; set"):
        generate(model, tokenizer, prompts, decode(beams=2, step="graph"))


def test_without_a_gpu_graphs_are_refused(model: Any, tokenizer: Any) -> None:
    """A demand in one line; by itself it is launched, and told."""
    how = Decoding()
    generate(model, tokenizer, [[3, 4]], decode(), how=how)
    assert how.reason == "CUDA graphs need a GPU"
    with pytest.raises(ConfigError, match=r"^decode.step=graph: CUDA graphs need a GPU"):
        generate(model, tokenizer, [[3, 4]], decode(step="graph"))


@pytest.mark.parametrize("beams", [1, 3])
def test_where_memory_ends_batches_are_halved(
    model: Any, tokenizer: Any, beams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down to what fits, with the same texts; one input that does not fit is an error."""
    prompts = some_prompts(15, len(tokenizer))
    expected = generate(model, tokenizer, prompts, decode(beams=beams))
    real, sizes, room = Search.texts, list[int](), 2

    def full(search: Search, asked: Any, *rest: Any) -> Any:
        sizes.append(len(asked))
        if len(asked) > room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(search, asked, *rest)

    monkeypatch.setattr(Search, "texts", full)
    how = Decoding()
    found = generate(model, tokenizer, prompts, decode(beams=beams, batch_size=9), how=how)
    assert found == expected
    assert sizes == [9, 4, 2, 2, 2, 2, 2, 2, 2, 1]
    assert how.batch_size == 2
    room = 0
    with pytest.raises(torch.OutOfMemoryError):
        generate(model, tokenizer, prompts, decode(beams=beams))


def test_room_is_counted_in_bytes(model: Any) -> None:
    """Two blocks of width 32 (LLaMA: half the key heads), fp32, 3 beams, 22 words."""
    heads = 16 if model.config.model_type == "llama" else 32
    cached = 2 * 2 * heads * (10 + 12) * 4
    assert bytes_of_input(model, 10, decode(beams=3)) == 3 * (2 * cached + 6 * 4 * 22)
    assert inputs_that_fit(model, 10, decode()) == ON_CPU


def test_without_a_number_batches_are_as_large_as_fits(model: Any, tokenizer: Any) -> None:
    """Texts do not depend on it."""
    prompts = some_prompts(20, len(tokenizer))
    how = Decoding()
    found = generate(model, tokenizer, prompts, decode(batch_size=None), how=how)
    assert found == generate(model, tokenizer, prompts, decode())
    assert how.batch_size == ON_CPU
