"""What a person sees of a run: progress bars, the run's log, and Weights & Biases if asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from bench.config import Cell
from bench.recording import now, without_places
from bench.store.files import append_line
from bench.store.folder import RunFolder
from bench.store.redact import redact, redacted

if TYPE_CHECKING:
    from bench.training.fitted import Progress

WANDB_PATIENCE = 30
"""Seconds that Weights & Biases may take to answer."""

UNTOLD = {
    "console": "off",
    "disable_code": True,
    "disable_git": True,
    "x_disable_machine_info": True,
    "x_disable_meta": True,
    "host": "",
}
"""Settings of Weights & Biases that keep names and folders of this machine, and all that is
printed, from being sent; the record tells of the machine."""

LOG_EVERY = 50
"""Steps between lines of the log."""


class Tracker:
    """Follows one run until it is closed: bars on the screen, lines in the log."""

    def __init__(self, folder: RunFolder, wandb_run: Any = None) -> None:
        self._log = folder.log
        self._wandb = wandb_run
        self._bar: tqdm[Any] | None = None
        self._tokens_before = 0

    def close(self) -> None:
        """Close bars and the run at Weights & Biases."""
        self._close_bar()
        if self._wandb is not None:
            self._wandb.finish()

    def say(self, text: str) -> None:
        """One line on the screen and in the log, without secrets."""
        self._close_bar()
        text = redact(text)
        print(text, flush=True)
        append_line(self._log, f"{now()} {text}")

    def training(self, progress: Progress) -> None:
        """Observe training."""
        bar = self._open_bar("train", progress.steps, "step")
        if progress.loss is None:
            self._tokens_before = progress.tokens
            bar.update(progress.step - bar.n)
            return
        rate = (progress.tokens - self._tokens_before) / max(bar.format_dict["elapsed"], 1e-9)
        bar.set_postfix_str(f"loss {progress.loss:.3f}, {rate:.0f} tokens/s", refresh=False)
        bar.update(progress.step - bar.n)
        if self._wandb is not None:
            self._wandb.log({"train/loss": progress.loss, "train/lr": progress.lr}, progress.step)
        if progress.step % LOG_EVERY == 0 or progress.step == progress.steps:
            line = f"step {progress.step}/{progress.steps} loss {progress.loss:.4f}"
            append_line(self._log, f"{now()} {line}")

    def decoding(self, done: int, total: int) -> None:
        """Observe generation."""
        bar = self._open_bar("decode", total, "input")
        bar.update(done - bar.n)

    def scores(self, values: Mapping[str, float | None]) -> None:
        """Send the final scores to Weights & Biases."""
        if self._wandb is not None:
            self._wandb.summary.update({f"eval/{name}": value for name, value in values.items()})

    def _open_bar(self, name: str, total: int, unit: str) -> tqdm[Any]:
        if self._bar is None or self._bar.desc != name:
            self._close_bar()
            self._bar = tqdm(total=total, desc=name, unit=unit, mininterval=1.0)
            self._bar.desc = name
        return self._bar

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _start_wandb(cell: Cell, folder: RunFolder, run_id: str) -> Any:
    """Start a Weights & Biases run: offline unless a login is found.

    Logging never stops a run: where it cannot start, that is said, and the run goes on.
    """
    import wandb

    folder.path.mkdir(parents=True, exist_ok=True)
    try:
        return _wandb_run(wandb, cell, folder, run_id)
    except Exception as error:  # noqa: BLE001  (told, and the run goes on without)
        reason = redact(str(error))
        print(f"logging=wandb: not started, the run goes on ({reason})", file=sys.stderr)
        return None


def _wandb_run(wandb: Any, cell: Cell, folder: RunFolder, run_id: str) -> Any:
    chosen = os.environ.get("WANDB_MODE")
    logged_in = chosen is not None or wandb.login(prompt=False, verify=False)
    return wandb.init(
        mode=None if logged_in else "offline",
        settings=wandb.Settings(init_timeout=WANDB_PATIENCE, **UNTOLD),
        project=cell.logging.project,
        id=run_id,
        name=f"{cell.method.name} {cell.task.key} {cell.model.name} seed {cell.seed}",
        dir=str(folder.path),
        config=redacted(without_places(cell.settings)),
        resume="allow",
    )


@contextmanager
def tracking(cell: Cell, folder: RunFolder, run_id: str) -> Iterator[Tracker]:
    """Follow one run until the block ends."""
    run = _start_wandb(cell, folder, run_id) if cell.logging.kind == "wandb" else None
    tracker = Tracker(folder, run)
    try:
        yield tracker
    finally:
        tracker.close()
