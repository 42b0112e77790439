"""Which cells can train together, and the reason for every other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from bench.config import Cell
from bench.packed.together import packs, refusal, shared

Compose = Callable[..., Cell]

PACKABLE = (
    "lora", "lorma_plus", "lorma_pi", "lorma_none", "complete", "dora", "dorma", "loda",
    "loda_plus", "svft_p", "svft_r", "lora_xs", "prolora", "adalora", "adalorma", "lora_plus",
    "qlora", "qlorma", "s_loda", "r_loda", "s_loda_plus", "r_loda_plus",
)  # fmt: skip

REFUSED = {
    ("method=ft",): "method.select trains the base model's own tensors",
    ("method=bitfit",): "method.select trains the base model's own tensors",
    ("method=prefix",): "method.insert changes the model as a whole",
    ("method=prompt",): "method.insert changes the model as a whole",
    ("method=vera",): "method.insert changes the model as a whole",
    ("method=parallel_adapter",): "method.insert changes the model as a whole",
    ("method=olora",): "method.init changes the frozen weights",
    ("method=dylora",): "rank_sampling draws another rank for each step",
    ("method=autolora",): "rank_search",
    ("method=relora",): "restarts changes tensors that do not train",
    ("train.oom=split",): "train.oom=split cuts batches of one run",
    ("train.step=graph",): "train.step=graph captures the steps of one run",
    ("train.compile=true",): "train.compile=true compiles the steps of one run",
    ("train.steps=0",): "nothing trains",
    ("begin_at=predict",): "begin_at=predict begins behind the training",
    ("logging=wandb",): "logging=wandb follows one run of a process",
    ("task=rte", "model=tiny_roberta"): "task=rte trains a head",
    ("method=lora", "method.dropout=0.1"): "method.dropout=0.1 draws other masks than in a run by "
    "itself; allow them with hydra.launcher.dropout=other_masks",
}


@pytest.mark.parametrize("method", PACKABLE)
def test_plain_updates_can(method: str, compose_cell: Compose) -> None:
    """With their magnitudes, gates, transformed bases and plugins that act on tensors in place."""
    assert refusal(compose_cell(f"method={method}"), other_masks=False) is None


@pytest.mark.parametrize("overrides", REFUSED, ids=" ".join)
def test_others_tell_why(overrides: tuple[str, ...], compose_cell: Compose) -> None:
    """One line that names the setting or the plugin."""
    reason = refusal(compose_cell(*overrides), other_masks=False)
    assert reason is not None
    assert reason.startswith(REFUSED[overrides])


def test_other_masks_can_be_allowed(compose_cell: Compose) -> None:
    """Then a method's dropout is no reason."""
    assert refusal(compose_cell("method=lora", "method.dropout=0.1"), other_masks=True) is None


@pytest.mark.parametrize(
    ("own", "same"),
    [
        ("seed=3", True), ("method=dora", True), ("method.rank=2", True),
        ("method.optimizer.lr=0.1", True), ("train.warmup_steps=2", True), ("train.steps=9", True),
        ("train.schedule=cosine", True), ("train.clip_norm=1.0", True), ("decode.beams=1", True),
        ("method=s_loda", False), ("method=qlora", False), ("model=tiny_gpt2", False),
        ("task=dart", False), ("train.batch_size=3", False), ("train.accumulation=2", False),
        ("train.limit=8", False), ("train.precision=bf16", False),
        ("train.label_smoothing=0.1", False), ("train.step=eager", False), ("time_limit=5", False),
    ],
)  # fmt: skip
def test_what_must_be_shared(own: str, same: bool, compose_cell: Compose) -> None:
    """The frozen model, the rows and their batches; not what each run has for itself."""
    assert (shared(compose_cell()) == shared(compose_cell(own))) is same


def test_packs_hold_so_many_and_put_equal_updates_together(compose_cell: Compose) -> None:
    """Every cell once, none with one that it shares too little with."""
    cells = {
        f"{method} {seed} {size}": compose_cell(
            f"method={method}", f"seed={seed}", f"train.batch_size={size}"
        )
        for seed in (0, 1) for method in ("lora", "dora", "loda") for size in (2, 3)
    }  # fmt: skip
    found = packs(list(cells.items()), 4)
    assert sorted(name for pack in found for name in pack) == sorted(cells)
    assert sorted(map(len, found)) == [3, 3, 3, 3]
    for pack in found:
        assert len({shared(cells[name]) for name in pack}) == 1
        methods = [name.split()[0] for name in pack]
        assert sum(a != b for a, b in pairwise(methods)) < len(set(methods))
