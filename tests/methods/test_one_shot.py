"""In-context learning through a whole run: a prompt with an example, and no step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bench.config import Cell
from bench.metrics import e2e
from bench.metrics.scores import Scores
from bench.problems import generation
from bench.run import run
from tests.methods.every import attached, method, plain


def test_nothing_trains_beside_a_head() -> None:
    """On a classifier the new head still does: what is left is a probe of frozen features."""
    assert attached(method("one_shot"), "tiny_llama").trained() == {}
    made = attached(method("one_shot"), "tiny_roberta")
    assert made.trained().keys() == plain("tiny_roberta").head
    assert made.counts()["adapter"] == 0


def test_a_run_takes_no_step_and_asks_with_the_example(
    compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every prompt is the published one and its query, with no end token between them and text."""
    prompts: list[str] = []

    def asked(model: Any, tokenizer: Any, ids: Sequence[list[int]], *_: Any, **__: Any) -> Any:
        prompts.extend(tokenizer.decode(line) for line in ids)
        return ["" for _ in ids]

    monkeypatch.setattr(generation, "generate", asked)
    monkeypatch.setattr(e2e, "score_e2e", lambda *_: Scores({"BLEU": 0.0}))
    record = run(compose_cell("method=one_shot", "train.steps=null", "train.epochs=5"))
    assert record.status == "finished"
    assert record.params["trained"] == 0
    assert record.history == []
    assert len(prompts) > 1
    for prompt in prompts:
        example, _, query = prompt.partition("Now generate description for this table: ")
        assert example.startswith("Generate a restaurant description from the table.")
        assert query.startswith("name: ")
        assert "<eos>" not in query
