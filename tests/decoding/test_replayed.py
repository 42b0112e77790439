"""The decoder's step on memory that stays where it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.decoding import generate as module
from bench.decoding.cache import WINDOW, BeamCache
from bench.decoding.facts import Decoding
from bench.decoding.generate import generate
from bench.decoding.room import ON_CPU, bytes_of_input, inputs_that_fit
from bench.decoding.search import Search
from bench.errors import ConfigError
from bench.replay import NotCapturedError
from tests.decoding.test_generate import decode, some_prompts
from tests.repeating import Repeating


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Repeating:
    """In place of a GPU's."""
    made = Repeating()
    monkeypatch.setattr(module, "recorder_for", lambda _: made)
    return made


def test_logits_are_those_of_the_whole_text(model: Any, recorder: Repeating) -> None:
    """Of every step of a ragged batch, against one forward pass without any cache."""
    from bench.decoding.replayed import replaying

    torch.manual_seed(0)
    ids = torch.randint(2, 20, (3, 9))
    mask = torch.ones_like(ids)
    mask[0, :4] = 0
    with torch.inference_mode(), replaying(model, recorder, 20) as steps:
        cache = steps.begin()
        real = {"position_ids": (mask.cumsum(-1) - 1).clamp(min=0)}
        model(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **real)
        for _ in range(20):
            token = torch.randint(2, 20, (3, 1))
            ids = torch.cat((ids, token), dim=1)
            mask = torch.cat((mask, torch.ones_like(token)), dim=1)
            found = model(
                input_ids=token, attention_mask=mask, past_key_values=cache, use_cache=True
            ).logits
            for row, seen in enumerate(mask.bool()):
                whole = steps.plain(input_ids=ids[row, seen][None]).logits[0, -1]
                torch.testing.assert_close(found[row, 0], whole, atol=1e-4, rtol=1e-4)


def test_few_windows_are_recorded(model: Any, tokenizer: Any, recorder: Repeating) -> None:
    """One for each sixteen positions, however many batches and steps there are."""
    prompts = some_prompts(20, len(tokenizer))
    how = Decoding()
    generate(model, tokenizer, prompts, decode(beams=3, max_new_tokens=30, batch_size=6), how=how)
    width = max(map(len, prompts))
    assert recorder.recorded <= -(-(width + 30) // WINDOW)
    assert how.facts == {"step": "graph", "batch_size": 6}
    assert "forward" not in vars(model), "the model's own forward pass is back"


def test_beams_change_places_behind_the_prompt() -> None:
    """Rows take what others of their input generated; prompts and other inputs stay."""
    cache = BeamCache(4)
    prompt = torch.arange(4 * 3, dtype=torch.float32).view(4, 1, 3, 1)
    cache.update(prompt, prompt, 0)
    cache.settle()
    cache.place = torch.tensor([3])
    new = torch.tensor([[10.0], [11.0], [12.0], [13.0]])[:, :, None, None]
    keys, values = cache.update(new, -new, 0)
    cache.filled += 1
    cache.reorder_cache(torch.tensor([1, 1, 3, 2]))
    assert keys[:, 0, 3, 0].tolist() == [11.0, 11.0, 13.0, 12.0]
    assert values[:, 0, 3, 0].tolist() == [-11.0, -11.0, -13.0, -12.0]
    torch.testing.assert_close(keys[:, :, :3], prompt)


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
