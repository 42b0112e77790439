"""What changes a run's name, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from bench import decoding, identity, models, training
from bench.config import Cell, cell_from
from bench.identity import Identity, identify, plain
from bench.methods.lora import Lora
from bench.metrics import e2e as metrics_e2e
from tests.cells import compose_settings, hydra_settings

DATA = {"train": "a" * 64, "validation": "b" * 64, "test": "c" * 64}


def named(cell: Cell, data: dict[str, str] | None = None, weights: str = "w") -> Identity:
    """The identity of a cell on fixed data."""
    return identify(cell, data or DATA, weights)


def cell(*overrides: str) -> Cell:
    """A cell as the command line composes it."""
    return cell_from(compose_settings("method=lora", *overrides))


@pytest.mark.parametrize(
    "override",
    [
        "seed=1", "method.rank=8", "method.alpha=1", "method.optimizer.lr=1.0", "method=lorma_pi",
        "model=tiny_gpt2", "preset=paper", "train.steps=7", "train.limit=5", "eval.limit=5",
        "eval.split=validation", "train.precision=bf16", "train.label_smoothing=0.3",
        "decode.beams=3", "decode.batch_size=7", "task.max_tokens=64", "method.parts=[query]",
    ],
)  # fmt: skip
def test_what_can_change_a_result_changes_the_name(override: str) -> None:
    """Each of these gives another run."""
    assert named(cell(override)).run_id != named(cell()).run_id


@pytest.mark.parametrize(
    "override",
    [
        "paths.results=/elsewhere", "paths.runs=/elsewhere", "logging=wandb", "threads=7",
        "device=cpu", "stop_after=fit", "begin_at=score", "data=hub", "+model.path=/elsewhere",
        "time_limit=5", "checkpoint.steps=3", "checkpoint.minutes=null", "hang_minutes=1",
        "snapshots=true",
    ],
)  # fmt: skip
def test_what_cannot_change_a_result_does_not(override: str) -> None:
    """Folders, logging, threads, launchers, limits, and where rows and weights were read from."""
    base = named(cell("train.precision=fp32"))
    assert named(cell("train.precision=fp32", override)) == base


@pytest.mark.parametrize(
    "override", ["hydra/launcher=joblib", "hydra.sweep.dir=/elsewhere", "hydra.job.name=other"]
)
def test_the_launcher_does_not_matter(override: str) -> None:
    """What is Hydra's own stays out of the cell."""
    base = named(cell_from(hydra_settings("method=lora")))
    assert named(cell_from(hydra_settings("method=lora", override))) == base


def test_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, its cores, its GPU (where the arithmetic is stated), its environment."""
    stated = ("train.precision=fp32", "data=synthetic")
    base = named(cell(*stated))
    monkeypatch.setattr("bench.machine.has_gpu", lambda: True)
    monkeypatch.setattr("bench.machine.usable_cores", lambda: 96)
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    for name in ("BENCH_RESULTS", "BENCH_RUNS", "SLURM_JOB_ID", "OMP_NUM_THREADS", "USER"):
        monkeypatch.setenv(name, "7")
    assert named(cell(*stated)) == base


def test_order_of_overrides_does_not_matter() -> None:
    """A group may even stand behind its options."""
    given = ["method.rank=8", "seed=3", "train.steps=5", "method=lora", "task=e2e"]
    base = named(cell_from(compose_settings(*given)))
    for _ in given:
        given = [*given[1:], given[0]]
        assert named(cell_from(compose_settings(*given))) == base


def test_order_of_keys_does_not_matter() -> None:
    """Settings are hashed by content."""
    settings = compose_settings()
    turned = json.loads(json.dumps(settings))
    turned = {key: turned[key] for key in reversed(turned)}
    turned["train"] = {key: turned["train"][key] for key in reversed(turned["train"])}
    assert named(cell_from(turned)) == named(cell_from(settings))


def test_numbers_are_typed_before_they_are_hashed() -> None:
    """32, 32.0 and "32" are one alpha; null and an absent select are one method."""
    settings = compose_settings("method=lora")
    base = named(cell_from(settings))
    for alpha in (32, 32.0, "32"):
        settings["method"]["alpha"] = alpha
        assert named(cell_from(settings)) == base
    settings["method"]["select"] = None
    assert named(cell_from(settings)) == base


def test_parts_are_a_set() -> None:
    """Their order and repetition name no other method."""
    base = named(cell("method.parts=[query,value]"))
    assert named(cell("method.parts=[value,query,value]")) == base


def test_a_neutral_default_renames_nothing() -> None:
    """A setting that a later version adds enters only where it is not at its default."""

    @dataclass(frozen=True)
    class Old:
        rank: int

    @dataclass(frozen=True)
    class New(Old):
        added: int = 0

    assert plain(New(4)) == plain(Old(4)) == {"rank": 4}
    assert plain(New(4, added=1)) == {"rank": 4, "added": 1}


def test_data_and_weights_enter_by_content() -> None:
    """Another row or another weight is another run."""
    base = named(cell())
    assert named(cell(), data={**DATA, "test": "d" * 64}).run_id != base.run_id
    assert named(cell(), weights="v").run_id != base.run_id


@pytest.mark.parametrize("component", [training, decoding, metrics_e2e, models])
def test_raising_a_version_renames(component: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each component that computes results is part of the name."""
    base = named(cell())
    monkeypatch.setattr(component, "VERSION", 99)
    assert named(cell()).run_id != base.run_id


def test_versions_of_task_and_method_rename_only_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raising LoRA's version leaves LoRMA's runs alone."""
    lora, lorma = cell(), cell("method=lorma_pi")
    before = named(lora), named(lorma)
    monkeypatch.setattr(Lora, "version", 99)
    assert named(lora) != before[0]
    assert named(lorma) == before[1]
    monkeypatch.setattr(type(lora.task), "version", 99)
    assert named(lorma) != before[1]


def test_group_is_the_same_for_all_seeds() -> None:
    """What may be averaged shares a group; nothing else does."""
    assert named(cell("seed=1")).group == named(cell("seed=2")).group
    assert named(cell("seed=1")).group != named(cell("seed=1", "method.rank=8")).group


def test_auto_precision_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """auto on a GPU is the run that bf16 names, on a CPU the one that fp32 names."""
    for gpu, precision in ((False, "fp32"), (True, "bf16")):
        monkeypatch.setattr("bench.machine.has_gpu", lambda gpu=gpu: gpu)
        assert named(cell()) == named(cell(f"train.precision={precision}"))


def test_run_id_is_the_head_of_the_hash(compose_cell: Callable[..., Cell]) -> None:
    """Sixteen hexadecimal digits; replacing what is left out keeps them."""
    found = named(compose_cell())
    assert found.run_id == found.hash[: identity.LENGTH]
    assert int(found.run_id, 16) >= 0
    assert named(replace(compose_cell(), threads=5)).run_id == found.run_id
