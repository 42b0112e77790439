"""What a run tells: its log, its bars, and Weights & Biases only when asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.config import Cell
from bench.store.folder import RunFolder
from bench.tracking import UNTOLD, tracking
from bench.training.fitted import Progress


class FakeWandb:
    """Stands for the package; notes what it is told."""

    def __init__(self, *, logged_in: bool) -> None:
        self.logged_in = logged_in
        self.logged: list[dict[str, float]] = []
        self.started: dict[str, Any] = {}
        self.finished = False
        self.summary: dict[str, Any] = {}

    def login(self, **options: bool) -> bool:
        assert options == {"prompt": False, "verify": False}
        return self.logged_in

    def Settings(self, **options: Any) -> dict[str, Any]:  # noqa: N802
        return options

    def init(self, **options: Any) -> SimpleNamespace:
        self.started = options
        return SimpleNamespace(
            log=lambda values, step: self.logged.append({"step": step, **values}),
            summary=self.summary,
            finish=lambda: setattr(self, "finished", True),
        )


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run's folder."""
    return RunFolder(tmp_path / "run")


def follow(cell: Cell, folder: RunFolder) -> None:
    """A short run."""
    with tracking(cell, folder, "abc") as tracker:
        tracker.say("begins")
        tracker.training(Progress(0, 2, None, 0.0, 0))
        tracker.training(Progress(2, 2, 1.25, 0.01, 64))
        tracker.decoding(0, 3)
        tracker.decoding(3, 3)
        tracker.scores({"BLEU": 0.5})


def test_log_and_screen(
    compose_cell: Callable[..., Cell], folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines go to both; bars go to the screen; nothing else is loaded."""
    sys.modules.pop("wandb", None)
    follow(compose_cell(), folder)
    said = capsys.readouterr()
    assert said.out == "begins\n"
    assert "loss 1.250" in said.err
    log = folder.log.read_text(encoding="utf-8")
    assert " begins\n" in log
    assert " step 2/2 loss 1.2500\n" in log
    assert "wandb" not in sys.modules


@pytest.mark.parametrize(("logged_in", "mode"), [(False, "offline"), (True, None)])
def test_wandb_is_offline_unless_logged_in(
    logged_in: bool, mode: str | None, compose_cell: Callable[..., Cell], folder: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Loss, learning rate and scores arrive; its files go into the run's folder."""
    fake = FakeWandb(logged_in=logged_in)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    follow(compose_cell("logging=wandb"), folder)
    assert fake.started["mode"] == mode
    assert fake.started["settings"] == {"init_timeout": 30, **UNTOLD}
    assert fake.started["dir"] == str(folder.path)
    assert fake.logged == [{"step": 2, "train/loss": 1.25, "train/lr": 0.01}]
    assert fake.summary == {"eval/BLEU": 0.5}
    assert fake.finished


def test_a_chosen_mode_is_kept(
    compose_cell: Callable[..., Cell], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WANDB_MODE decides where it is set."""
    fake = FakeWandb(logged_in=False)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    follow(compose_cell("logging=wandb"), folder)
    assert fake.started["mode"] is None
