"""The method that CONTRIBUTING.md adds really works when it is typed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from bench import registry
from bench.attach.attach import attach
from bench.methods.compose import method_from

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
IDS = torch.arange(24).reshape(2, 12) + 40


def block(language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def scale() -> Any:
    """The page's Python block, imported; forgotten again afterwards."""
    registry.updates.cache_clear()
    namespace: dict[str, Any] = {"__name__": "scale"}
    exec(compile(block("python"), "CONTRIBUTING.md", "exec"), namespace)  # noqa: S102
    yield namespace["Scale"]
    registry.updates.cache_clear()


def test_the_page_adds_a_method(scale: Any, tiny_model: Callable[..., Any]) -> None:
    """Found by its key, the identity at the start, learning, merging, counted."""
    settings = yaml.safe_load(block("yaml"))
    method = method_from(settings)
    assert isinstance(method.update, scale)
    model = tiny_model("tiny_gpt2").model
    before = model(input_ids=IDS).logits.detach()
    attached = attach(model, method, seed=0)
    torch.testing.assert_close(model(input_ids=IDS).logits, before, atol=1e-6, rtol=0)
    shape = model.config.hidden_size
    assert attached.counts()["adapter"] == model.config.num_hidden_layers * 2 * shape
    optimizer = torch.optim.SGD(attached.trained().values(), lr=1.0)
    attached.model(input_ids=IDS, labels=IDS).loss.backward()
    optimizer.step()
    trained = model(input_ids=IDS).logits.detach()
    assert not torch.allclose(trained, before, atol=1e-4)
    assert attached.merge() is None
    torch.testing.assert_close(model(input_ids=IDS).logits, trained, atol=1e-5, rtol=1e-5)
