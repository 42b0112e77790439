"""`hydra/launcher=packed`, as a person calls it and as Hydra does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bench.config import Cell, cell_from
from bench.errors import ConfigError
from bench.metrics import e2e
from bench.packed import launch as module
from bench.packed.launch import Packer
from bench.run import run
from bench.store.record import Record
from bench.store.store import Store
from tests.cells import compose_settings
from tests.packed.worker import lengths

ROOT = Path(__file__).parents[2]

SMALL = (
    "model=tiny_llama", "train.steps=6", "train.batch_size=2", "train.limit=16",
    "train.validation_limit=4", "eval.limit=4", "decode.max_new_tokens=4", "threads=1",
)  # fmt: skip
CELLS = ("method=lora,ft_qv", "seed=0,1", "method.optimizer.lr=0.01")


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A sweep in a folder that is not the checkout."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "tests.packed.worker", "-m", *SMALL, *arguments],
        capture_output=True, text=True, cwd=folder, check=False, timeout=240,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def records(folder: Path) -> dict[str, Record]:
    """All records, by run_id."""
    found, damaged = Store(folder / "results").read()
    assert damaged == []
    return {one.run_id: one for one in found}


def test_a_packed_sweep_leaves_the_records_of_runs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same runs with the same scores; cells that cannot be packed run all the same."""
    packed = bench(tmp_path / "packed", "hydra/launcher=packed", "hydra.launcher.runs=3", *CELLS)
    assert packed.returncode == 0, packed.stderr
    monkeypatch.setattr(e2e, "score_e2e", lengths)
    places = [f"paths.{name}={tmp_path / 'alone' / name}" for name in ("results", "runs")]
    for method, seed in product(("lora", "ft_qv"), (0, 1)):
        chosen = (f"method={method}", f"seed={seed}", "method.optimizer.lr=0.01")
        run(cell_from(compose_settings(*SMALL, *chosen, *places)))
    mine, theirs = records(tmp_path / "packed"), records(tmp_path / "alone")
    assert mine.keys() == theirs.keys()
    assert {one.metrics["BLEU"] for one in mine.values()} != {0.0}
    for run_id, record in mine.items():
        other = theirs[run_id]
        assert (record.status, record.metrics) == ("finished", other.metrics)
        assert record.history[-1]["loss"] == pytest.approx(other.history[-1]["loss"], abs=1e-5)
    facts = Counter(
        (one.cell["method"], one.stepping["train"].get("packed")) for one in mine.values()
    )
    assert facts == {("ft_qv", None): 2, ("lora", 2): 2}
    told = "trains by itself: ft_qv · e2e · tiny_llama · quick preset · synthetic data · seed 0: "
    assert f"{told}method.select trains the base model's own tensors\n" in packed.stdout
    assert "sweep: 4 cells: 4 done" in packed.stdout
    again = bench(tmp_path / "packed", "hydra/launcher=packed", *CELLS)
    assert again.stdout == "sweep: 4 cells: 4 finished\nsweep: 4 cells: 4 skipped\n"


@pytest.fixture
def packer(compose_cell: Callable[..., Cell]) -> Packer:
    """One that packs four cells at most."""

    def settings(overrides: Sequence[str]) -> dict[str, Any]:
        if "wrong" in overrides:
            raise ConfigError("wrong")
        return compose_cell(*overrides).settings

    return Packer(since=0.0, runs=4, other_masks=False, settings=settings)


def test_every_cell_has_its_turn(packer: Packer, capsys: pytest.CaptureFixture[str]) -> None:
    """Packs come first, then each other cell by itself, with the reason where there is one."""
    each = [["method=lora"], ["wrong"], ["method=ft"], ["method=lora", "seed=1"]]
    found = packer.packs([packer.cell(one) for one in each])
    assert found == [[0, 3], [1], [2]]
    assert capsys.readouterr().out.count("\n") == 1


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Seeds of the cells that were tried together; each try raises what is put into `errors`."""
    from bench.packed import fit

    tried: list[list[int]] = []

    def fitting(cells: Sequence[Cell], **_: Any) -> None:
        tried.append([cell.seed for cell in cells])
        if len(cells) > 2:
            raise fit.TooManyError(f"the memory does not hold {len(cells)} runs at once")

    monkeypatch.setattr(fit, "fit_together", fitting)
    return tried


def test_half_as_many_where_memory_ends(
    packer: Packer, tries: list[list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Until they fit; one that is left over is made by itself."""
    cells = [packer.cell([f"seed={seed}"]) for seed in range(5)]
    packer.fit([cell for cell in cells if cell is not None])
    assert tries == [[0, 1, 2, 3, 4], [0, 1], [2, 3, 4], [3, 4]]
    assert "does not hold 5 runs at once; going on with half of them" in capsys.readouterr().out


@pytest.mark.parametrize("error", [ConfigError("one line"), RuntimeError("of a library")])
def test_cells_that_fail_together_are_left_to_themselves(
    error: Exception, packer: Packer, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The reason is told; what is wrong with one of them, its own run finds."""
    from bench.packed import fit

    def failing(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(fit, "fit_together", failing)
    cells = [packer.cell([f"seed={seed}"]) for seed in range(2)]
    packer.fit([cell for cell in cells if cell is not None])
    shown = capsys.readouterr()
    assert "2 cells train one by one" in shown.out
    assert str(error) in shown.out + shown.err


def test_nothing_heavy_is_imported_to_plan() -> None:
    """A sweep decides who trains together without torch."""
    code = (
        "import sys, bench.packed.launch, hydra_plugins.bench_packed; print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.stdout == "False\n"
    assert module.refusal is not None
