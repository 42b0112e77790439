"""Recipes of GLUE: every method composes, and the paper's are its Table 14."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bench.config import Cell, cell_from
from bench.errors import ConfigError
from bench.metrics.glue import METRICS
from tests.cells import compose_settings
from tests.fuzz.effort import SOAK

ROOT = Path(__file__).parents[2]
KEYS = tuple(METRICS)
METHODS = sorted(path.stem for path in (ROOT / "conf" / "method").glob("*.yaml"))


def composed(*overrides: str) -> Cell:
    """A cell of the command line."""
    return cell_from(compose_settings(*overrides))


def cells() -> list[tuple[str, str, str]]:
    """Every method, tasks and presets taking turns: all recipes share one file.

    In test_math_recipes.py each method is composed under both presets, and in a soak here too.
    """
    return [
        (preset, KEYS[number % len(KEYS)], method)
        for half, preset in enumerate(("quick", "paper"))
        for number, method in enumerate(METHODS)
        if SOAK or number // len(KEYS) % 2 == half
    ]


@pytest.mark.parametrize(("preset", "key", "method"), cells())
def test_every_method_composes(preset: str, key: str, method: str) -> None:
    """One-shot needs a prompt, which is none here."""
    settings = compose_settings(f"task={key}", f"method={method}", f"preset={preset}")
    if method == "one_shot":
        with pytest.raises(ConfigError, match="decided by a head"):
            cell_from(settings)
        return
    cell = cell_from(settings)
    assert (cell.eval.split, cell.train.select) == ("validation", "best")
    assert cell.model.name == {"quick": "minilm_l6", "paper": "roberta_base"}[preset]
    assert cell.data.source == {"quick": "synthetic", "paper": "hub"}[preset]


@pytest.fixture(scope="module")
def table() -> list[dict[str, object]]:
    """Table 14 as it was transcribed from the paper, which is no part of this project."""
    path = ROOT.parent / "shared" / "papers" / "lorma.yaml"
    if not path.is_file():
        pytest.skip(f"no transcription of the paper in {path.parent}")
    paper = yaml.safe_load(path.read_text(encoding="utf-8"))
    return paper["hyperparameters"]["roberta_glue"]["settings"]


COLUMNS = ("mnli", "sst2", "mrpc", "cola", "qnli", "qqp", "rte", "stsb")
UNREAD = {"lora": 16, "lorma_pi": 8}
"""Alpha where the table has none that can be read: what official scripts use."""


@pytest.mark.parametrize("model", ["roberta_base", "roberta_large"])
@pytest.mark.parametrize("method", ["lora", "lorma_plus", "lorma_pi"])
def test_paper_recipe_is_table_14(table: list[dict[str, object]], method: str, model: str) -> None:
    """Every setting of every task."""
    (row,) = (one for one in table if (one["model"], one["method"]) == (model, method))
    for column, key in enumerate(COLUMNS):
        stated = {k: v[column] if isinstance(v, list) else v for k, v in row.items()}
        cell = composed(f"task={key}", f"method={method}", f"model={model}", "preset=paper")
        train, optimizer, update = cell.train, cell.method.optimizer, cell.method.update
        assert (train.batch_size, train.epochs) == (stated["batch_size"], stated["epochs"])
        assert (optimizer.lr, optimizer.weight_decay) == (stated["lr"], stated["weight_decay"])
        assert cell.task.max_tokens == stated["max_seq_len"]
        assert update.alpha == (stated["alpha"] or UNREAD[method])
        assert (update.rank, cell.method.parts) == (8, ("query", "value"))
        assert (train.warmup_ratio, train.schedule) == (0.06, "linear")
        assert train.evaluations == train.epochs
        assert (train.clip_norm, train.precision, update.dropout) == (1.0, "fp32", 0.0)
        assert (optimizer.beta1, optimizer.beta2, optimizer.eps) == (0.9, 0.999, 1e-8)


def test_another_model_takes_the_row_of_roberta_base() -> None:
    """So that the paper's recipe runs on what can be had; full fine-tuning takes smaller steps."""
    cell = composed("task=rte", "method=ft", "model=minilm_l6", "preset=paper", "data=synthetic")
    assert (cell.train.epochs, cell.train.batch_size, cell.method.optimizer.lr) == (80, 32, 2e-5)


def test_experiment_composes() -> None:
    """Its own epochs and rate take the place of the paper's table; the rest stays."""
    cell = composed("experiment=glue_minilm", "task=rte", "method=lorma_plus", "data.root=.")
    assert (cell.model.name, cell.data.source, cell.preset) == ("minilm_l6", "local", "paper")
    assert (cell.train.batch_size, cell.train.epochs) == (32, cell.train.evaluations)
    assert (cell.method.optimizer.weight_decay, cell.method.update.rank) == (0.1, 8)
    assert cell.task.max_tokens == 128
