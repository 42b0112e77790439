"""Fit: what a training is made of, and its whole course."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.attach.attach import Attached
from bench.config import TrainConfig
from bench.errors import BenchError, DivergedError, StoreError, is_out_of_memory
from bench.seeds import derive
from bench.training import chance
from bench.training.batches import Batch, Line, stream
from bench.training.divergence import ADVICE
from bench.training.fitted import Fit, Progress
from bench.training.hooks import Hooks, search_steps, set_aside
from bench.training.optimizers import build_optimizer
from bench.training.packing import pack, unpack
from bench.training.saving import NEVER, Saving
from bench.training.schedule import total_steps
from bench.training.state import State, behind
from bench.training.step import mean_loss
from bench.training.steppers import Chosen, stepper_for
from bench.training.steps import Batches, Steps
from bench.training.validation import Validation


@dataclass(frozen=True, kw_only=True)
class Course:
    """A training from its first step to its end, before it runs."""

    steps: Steps
    batches: Batches
    chosen: Chosen

    def resume(self) -> None:
        """Go on from what was saved, where there is something."""
        saved = self.steps.saving.newest()
        if saved is not None:
            go_on(self.steps.state, saved)

    def close(self) -> Fit:
        """What is done behind the last step: with select=best the best tensors are put back."""
        state = self.steps.state
        if state.best is not None:
            state.attached.load_state(state.kept)
        state.hooks.finalize()
        check_finite(state.attached)
        state.fitted.stepping = self.chosen.facts
        return state.fitted


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
    saving: Saving = NEVER,
) -> Fit:
    """Train in place; with select=best the tensors of the best validation pass are put back.

    The order of the data and the dropout masks depend on `seed` alone. `keep` is told the
    step at every validation pass, with the trained tensors as they then are. Training goes
    on from what `saving` holds, to the same end as if it had never been broken off.
    """
    course = prepare(
        attached,
        train,
        validation,
        config,
        seed=seed,
        padding=padding,
        autocast=autocast,
        observe=observe,
        keep=keep,
        saving=saving,
    )
    if course is None:
        return Fit(0)
    run_whole(course)
    return course.close()


def prepare(
    attached: Attached,
    train: Sequence[Line],
    validation: Validation | None,
    config: TrainConfig,
    *,
    seed: int,
    padding: int,
    autocast: bool,
    observe: Callable[[Progress], None],
    keep: Callable[[int], None] | None,
    saving: Saving,
) -> Course | None:
    """What `fit` is about to run, or None where there is nothing to train."""
    plugins = attached.method.plugins
    searched, held_out = set_aside(train, plugins, seed)
    steps = total_steps(config, len(train)) if attached.trained() else 0
    if steps == 0:
        return None
    search = search_steps(plugins, steps)
    smoothing = config.label_smoothing

    def batches_of(rows: Sequence[Line], begin: int) -> Iterator[tuple[float, list[Batch]]]:
        return stream(
            rows, config.batch_size, config.accumulation, seed, padding, begin=max(begin, 0)
        )

    def batches(step: int) -> Iterator[tuple[float, list[Batch]]]:
        first, second = batches_of(searched, step), train if search else searched
        return behind(first, search, batches_of(second, step - search), step)

    optimizer = build_optimizer(attached.method.optimizer, attached)
    hooks = Hooks(
        attached,
        optimizer,
        steps,
        seed=seed,
        loss_of=partial(mean_loss, attached.model, smoothing=smoothing, autocast=autocast),
        held_out=partial(batches_of, held_out) if held_out else None,
    )
    chosen = stepper_for(attached, optimizer, config, steps, padding=padding, autocast=autocast)
    chance.seed_all(derive(seed, "dropout"))
    state = State(attached=attached, optimizer=optimizer, hooks=hooks, fitted=Fit(steps))
    taken = Steps(
        state=state,
        stepper=chosen.stepper,
        config=config,
        validation=validation,
        search=search,
        observe=observe,
        keep=keep,
        saving=saving,
    )
    return Course(steps=taken, batches=batches, chosen=chosen)


def run_whole(course: Course) -> None:
    """Run every step, from a saved state where there is one, in smaller parts where memory ends."""
    steps = course.steps
    state, config = steps.state, steps.config
    # A copy, since the steps change what is captured.
    start = pack(state.capture()) if config.oom == "split" else ({}, None)
    course.resume()
    while True:
        try:
            steps.run(course.batches)
        except Exception as error:
            splits = config.oom == "split" and state.pieces < config.batch_size
            if not (splits and is_out_of_memory(error)):
                raise
        else:
            return
        # Behind the except block, since the error's traceback holds the tensors of the step.
        steps.split(unpack(*start))


def go_on(state: State, saved: Any) -> None:
    """Restore a saved state, or say in one line that it is not one of this training."""
    try:
        state.restore(saved)
    except (BenchError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise StoreError(
            f"the newest checkpoint does not fit this training ({error}); "
            "delete the folder checkpoints of the run to begin anew"
        ) from None


def check_finite(attached: Attached) -> None:
    """The last update is followed by no loss that would show what it did."""
    for name, tensor in attached.trained().items():
        if not bool(tensor.isfinite().all()):
            raise DivergedError(
                f"{name} holds values that are not finite numbers after the last step; {ADVICE}"
            )
