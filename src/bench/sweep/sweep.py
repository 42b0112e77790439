"""`python -m bench -m …`: plan the cells, run what is not done, tell what became of each.

Any number of processes may be given the same sweep, on one host or on several that share
the folders: each takes the cells that nobody has, and all end when nothing is left to take.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hydra.core.plugins import Plugins
from hydra.types import HydraContext
from omegaconf import OmegaConf

from bench.outcome import SweepEnded
from bench.store.clock import folder_now
from bench.sweep.compose import Composer, QuickLoader
from bench.sweep.dispatch import Dispatch
from bench.sweep.plan import Planned, plan
from bench.sweep.stopping import Stopping
from bench.sweep.summary import outcome, report
from bench.sweep.task import SweepTask

if TYPE_CHECKING:
    from omegaconf import DictConfig


def sweep(cells: Sequence[Sequence[str]], config: DictConfig, context: HydraContext) -> None:
    """Run the cells with the given overrides; a SweepEnded with the exit code if it is not 0."""
    always = cast("list[str]", OmegaConf.to_container(config.hydra.overrides.hydra))
    loader = cast("Any", context.config_loader)
    composer = Composer(loader, config.hydra.job.config_name, always)
    since = folder_now(Path(config.paths.results))
    planned = {one.overrides: one for one in once_each(plan(cells, composer.settings))}
    print(opening(planned.values()), flush=True)
    stopping = Stopping(Path(config.hydra.sweep.dir) / f"{secrets.token_hex(8)}.stop")
    launcher = Plugins.instance().instantiate_launcher(
        hydra_context=HydraContext(
            config_loader=cast("Any", QuickLoader(config)), callbacks=context.callbacks
        ),
        task_function=SweepTask(
            composer=composer,
            since=since,
            mark=stopping.mark,
            launcher=os.getpid(),
            places={one.overrides: one.place for one in planned.values() if one.place},
        ),
        config=config,
    )
    dispatch = Dispatch(since, lambda todo: launcher.launch(todo, initial_job_idx=0), stopping)
    todo = [one for one in planned.values() if one.state != "waiting"]
    try:
        while todo:
            dispatch.run(todo)
            # A cell may start from one that had to run before.
            wrong = [one.overrides for one in planned.values() if one.state == "wrong"]
            todo = [one for one in plan(wrong, composer.settings) if one.state != "wrong"]
            planned |= {one.overrides: one for one in todo}
    finally:
        ended = partial(outcome, since=since, reasons=dispatch.reasons, broken=dispatch.broken)
        code = report([ended(one) for one in planned.values()])
    if code:
        raise SweepEnded(code)


def once_each(planned: Sequence[Planned]) -> list[Planned]:
    """The plan with every run once, though settings that change no result made it twice."""
    kept: dict[str, Planned] = {}
    for one in planned:
        first = kept.setdefault(one.run_id or " ".join(one.overrides), one)
        if first is not one:
            print(f"the same run twice: {first.title} and {one.title}")
    return list(kept.values())


def opening(planned: Collection[Planned]) -> str:
    """The sweep in one line, before it runs."""
    counts = Counter(one.state for one in planned)
    shown = ", ".join(f"{number} {state}" for state, number in counts.items())
    return f"sweep: {len(planned)} cells: {shown}"
