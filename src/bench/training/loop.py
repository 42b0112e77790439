"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, islice

import torch
from torch import Tensor

from bench.attach.attach import Attached
from bench.config import TrainConfig
from bench.errors import DivergedError
from bench.seeds import derive
from bench.training.batches import Batch, Line, stream
from bench.training.fitted import Fit, Progress
from bench.training.hooks import Hooks, phase, search_steps, set_aside, settled
from bench.training.optimizers import build_optimizer
from bench.training.schedule import lr_factor, total_steps
from bench.training.step import mean_loss, optimizer_step
from bench.training.validation import Validation, evaluation_steps

STEPS_AHEAD = 10
"""Steps that a GPU may run before the loop looks at their losses: each look waits for it."""


def fit(
    attached: Attached,
    train: Sequence[Line],
    validation: Validation | None,
    config: TrainConfig,
    *,
    seed: int,
    padding: int,
    autocast: bool,
    observe: Callable[[Progress], None],
    keep: Callable[[int], None] | None = None,
) -> Fit:
    """Train in place; with select=best the tensors of the best validation pass are put back.

    The order of the data and the dropout masks depend on `seed` alone. `keep` is told the
    step at every validation pass, with the trained tensors as they then are.
    """
    plugins = attached.method.plugins
    searched, held_out = set_aside(train, plugins, seed)
    steps = total_steps(config, len(train)) if attached.trained() else 0
    fitted = Fit(steps)
    if steps == 0:
        return fitted
    model = attached.model
    device = next(model.parameters()).device
    optimizer = build_optimizer(attached.method.optimizer, attached)
    peak = attached.method.optimizer.lr
    stops = evaluation_steps(steps, config.evaluations)
    ahead = 1 if device.type == "cpu" else STEPS_AHEAD
    best: dict[str, float] | None = None
    kept: dict[str, Tensor] = {}
    search = search_steps(plugins, steps)
    first, second = (
        stream(rows, config.batch_size, config.accumulation, seed, padding)
        for rows in (searched, train if search else searched)
    )
    batches = chain(islice(first, search), second)
    hooks = Hooks(
        attached,
        optimizer,
        steps,
        seed=seed,
        loss_of=partial(mean_loss, model, smoothing=config.label_smoothing, autocast=autocast),
        held_out=stream(held_out, config.batch_size, config.accumulation, seed, padding)
        if held_out
        else None,
    )
    torch.manual_seed(derive(seed, "dropout"))
    observe(Progress(0, steps, None, 0.0, 0))
    for step in range(1, steps + 1):
        epoch, held = next(batches)
        lr = peak * lr_factor(config, *phase(step, steps, search)) * hooks.lr_factor(step)
        started = time.perf_counter()
        set_lr(optimizer, lr / peak)
        model.train()
        rows = [batch.to(device) for batch in held]
        hooks.begin(step, rows)
        loss = optimizer_step(
            attached,
            optimizer,
            hooks,
            rows,
            smoothing=config.label_smoothing,
            clip_norm=config.clip_norm,
            autocast=autocast,
        )
        note_step(fitted, step, lr, loss, held)
        if step % ahead == 0 or step == steps or step in stops:
            fitted.settle()
            observe(Progress(step, steps, fitted.loss, lr, fitted.tokens))
        fitted.step_seconds.append(time.perf_counter() - started)
        if step in stops and validation is not None:
            measured = validation.measure()
            fitted.history.append({"step": step, "epoch": epoch, "split": "validation", **measured})
            wanted = config.select == "best" and step >= settled(plugins, steps)
            if wanted and validation.improves(measured, best):
                best, kept = measured, attached.state()
        if step in stops and keep is not None:
            keep(step)
    if best is not None:
        attached.load_state(kept)
    hooks.finalize()
    check_finite(attached)
    return fitted


def check_finite(attached: Attached) -> None:
    """The last update is followed by no loss that would show what it did."""
    for name, tensor in attached.trained().items():
        if not bool(tensor.isfinite().all()):
            raise DivergedError(
                f"{name} holds values that are not finite numbers after the last step; "
                "lower method.optimizer.lr or set train.clip_norm=1.0"
            )


def set_lr(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set each group's learning rate to `factor` of its peak."""
    for group in optimizer.param_groups:
        group["lr"] = factor * group.setdefault("peak_lr", group["lr"])


def note_step(fitted: Fit, step: int, lr: float, loss: Tensor, batches: Sequence[Batch]) -> None:
    """Add a step to the trace; its loss stays on the device until it is looked at."""
    fitted.trace.append({"step": step, "lr": lr})
    fitted.waiting.append(loss)
    fitted.tokens += sum(batch.tokens for batch in batches)
