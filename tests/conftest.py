"""What all tests share: quiet threads, no hub, and cells composed as the command line does."""

from __future__ import annotations

import gc
import os

os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cells import compose_settings

if TYPE_CHECKING:
    from bench.config import Cell
    from bench.metrics.java.dialogue import JavaDialogue
    from bench.store.record import Record


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look through it again and again."""
    gc.freeze()


@pytest.fixture
def compose_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cell]:
    """A cell from overrides, writing into the test's own folder; tiny and quick by default."""
    from bench.config import cell_from
    from bench.training import token_cache

    monkeypatch.setattr(token_cache, "cache_folder", lambda: tmp_path / "cache")

    def composed(*overrides: str) -> Cell:
        small = (
            "model=tiny_llama", "train.steps=3", "train.batch_size=2", "train.limit=16",
            "train.validation_limit=4", "eval.limit=8", "decode.max_new_tokens=4", "threads=1",
            f"paths.results={tmp_path / 'results'}", f"paths.runs={tmp_path / 'runs'}",
        )  # fmt: skip
        given = {text.partition("=")[0] for text in overrides}
        kept = [text for text in small if text.partition("=")[0] not in given]
        return cell_from(compose_settings(*kept, *overrides))

    return composed


@pytest.fixture
def plain_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Score without Java, so that each run takes a second; the metrics have their own tests."""
    from bench.metrics import e2e
    from bench.metrics.scores import Scores

    def lengths(predictions: list[str], references: list[list[str]]) -> Scores:
        total = sum(len(text) for text in predictions) / len(references)
        return Scores({"BLEU": total, "METEOR": total / 2})

    monkeypatch.setattr(e2e, "score_e2e", lengths)


@pytest.fixture
def finished(
    compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Cell, Record]]:
    """A tiny cell that was run, with scores that were not computed, and its record."""
    from bench.metrics import e2e
    from bench.metrics.scores import Scores
    from bench.run import run

    monkeypatch.setattr(e2e, "score_e2e", lambda *_: Scores({"BLEU": 0.25, "METEOR": None}))

    def finish(*overrides: str) -> tuple[Cell, Record]:
        cell = compose_cell("model=tiny_gpt2", "method.optimizer.lr=0.1", *overrides)
        return cell, run(cell)

    return finish


@pytest.fixture(scope="session")
def loaded_meteor(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], AbstractContextManager[JavaDialogue]]]:
    """`start_meteor` whose program is started once, as it takes seconds of a processor to load.

    Its answers do not depend on what it was asked before. Its folder's name has a blank.
    """
    from bench.metrics.java.program import package_folder
    from bench.metrics.text import meteor

    folder = tmp_path_factory.mktemp("packages") / "with blank"
    with ExitStack() as running:

        @cache
        def program(java: str) -> JavaDialogue:
            if not folder.is_symlink():
                folder.symlink_to(package_folder())
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(meteor, "package_folder", lambda: folder)
                return running.enter_context(meteor.start_meteor(java))

        yield lambda java: nullcontext(program(java))


@pytest.fixture
def with_loaded_meteor(
    loaded_meteor: Callable[[str], AbstractContextManager[JavaDialogue]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Scores by a METEOR that is loaded already."""
    for module in ("e2e", "triples"):
        monkeypatch.setattr(f"bench.metrics.{module}.start_meteor", loaded_meteor)


@pytest.fixture
def tiny_model() -> Callable[..., Any]:
    """A small random causal model by name, with its tokenizer; fp32 on the CPU."""

    def loaded(name: str = "tiny_llama") -> Any:
        import torch

        from bench.check import build
        from bench.models.config import ModelConfig
        from bench.models.heads import CausalHead
        from bench.models.load import load

        settings = compose_settings(f"model={name}")["model"]
        config = build(ModelConfig, settings, "model")
        return load(config, head=CausalHead(), dtype=torch.float32, device="cpu", seed=0)

    return loaded
