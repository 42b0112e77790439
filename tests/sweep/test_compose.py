"""Composing quickly gives what Hydra itself composes."""

from __future__ import annotations

import pickle

import pytest
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode

from bench.sweep.compose import Composer, QuickLoader
from tests.cells import hydra_settings

CELLS = [
    ["method=lora", "seed=3"],
    ["seed=4", "method=lora", "method.rank=2"],
    ["method=lora"],
    ["model=tiny_gpt2", "task=rte", "train.steps=7", "decode.stop=[a,b]"],
    ["preset=paper", "task=cola", "model=roberta_base", "method=lorma_plus"],
    ["preset=paper", "task=cola", "model=roberta_base", "method=lorma_plus", "train.epochs=1"],
    ["data=local", "data.root=/rows", "+stated.more=1", "paths.runs=/elsewhere"],
    ["logging=wandb", "logging.project=name", "++method.rank=5", "decode={beams: 2}"],
    ["~stated", "train.limit=${seed}", "seed=11"],
]


def test_it_is_what_hydra_composes(composer: Composer) -> None:
    """Groups, values, added and removed keys, references; no cell shows in the next."""
    for overrides in [*CELLS, *reversed(CELLS)]:
        assert composer.settings(overrides) == hydra_settings(*overrides)


def test_groups_are_composed_once(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydra is asked for each choice of groups, not for each cell."""
    asked = []
    real = composer._loader.load_configuration

    def counted(**given: object) -> object:
        asked.append(given["overrides"])
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(composer._loader, "load_configuration", counted)
    for seed in range(5):
        for method in ("lora", "lorma_plus"):
            composer.settings([f"seed={seed}", f"method={method}"])
    assert asked == [["method=lora"], ["method=lorma_plus"]]


def test_errors_are_hydras(composer: Composer) -> None:
    """A key that is not there is refused as Hydra refuses it."""
    with pytest.raises(ConfigCompositionException, match=r"Could not override 'method\.rnk'"):
        composer.settings(["method.rnk=3"])


def test_another_process_composes_the_same(composer: Composer) -> None:
    """A composer travels to workers, and is small."""
    composer.settings(CELLS[0])
    away = pickle.dumps(composer)
    assert len(away) < 50_000
    assert pickle.loads(away).settings(CELLS[1]) == hydra_settings(*CELLS[1])  # noqa: S301


def test_a_launcher_gets_what_starts_a_job(composer: Composer) -> None:
    """Hydra's section resolves, its own type is kept, and the overrides of the cell are there."""
    from hydra.conf import HydraConf
    from omegaconf import OmegaConf

    master = composer._loader.load_configuration(
        "config", ["paths.runs=/there", "hydra.job.name=x"], run_mode=RunMode.MULTIRUN
    )
    loader = pickle.loads(pickle.dumps(QuickLoader(master)))  # noqa: S301
    for overrides in (["seed=1"], ["seed=2", "method=lora"]):
        config = loader.load_sweep_config(master, overrides)
        assert OmegaConf.get_type(config, "hydra") is HydraConf
        assert config.hydra.sweep.dir == "/there/sweeps"
        assert config.overrides == config.hydra.overrides.task == overrides
