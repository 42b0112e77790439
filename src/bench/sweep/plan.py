"""What a list of cells comes to before anything runs: which are done, running, failed, new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from bench.config import cell_from
from bench.errors import BenchError
from bench.recording import cell_names
from bench.start import with_start
from bench.store.claim import holder
from bench.store.place import Place, place_of
from bench.summary import reason_of, title
from bench.sweep.explain import one_line
from bench.sweep.lookup import Lookups

State = Literal["finished", "running", "failed", "interrupted", "new", "waiting", "wrong"]
"""Of a cell: done; worked on by a living process; tried (also diverged, out of memory); begun;
never tried; without what it is to begin with; cannot run because of its settings, data or model."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One cell of a plan."""

    overrides: tuple[str, ...]
    title: str
    """The cell in one line, with those of its overrides that not all cells share."""
    state: State
    reason: str = ""
    """Why a cell is not finished, in one line."""
    place: Place | None = None
    """None where the settings are wrong."""
    inputs: Mapping[str, Any] | None = None
    """What identifies the run."""

    @property
    def run_id(self) -> str | None:
        """Name of the run."""
        return self.place.run_id if self.place else None


def plan(
    cells: Iterable[Sequence[str]],
    settings: Callable[[Sequence[str]], Mapping[str, Any]],
    lookups: Lookups | None = None,
) -> list[Planned]:
    """Plan the cells with the given overrides, of which `settings` makes resolved settings."""
    lookups = lookups or Lookups()
    listed = [tuple(overrides) for overrides in cells]
    shared = set.intersection(*(set(overrides) for overrides in listed)) if listed[1:] else set()
    return [plan_one(overrides, shared, settings, lookups) for overrides in listed]


def plan_one(
    overrides: tuple[str, ...],
    shared: Collection[str],
    settings: Callable[[Sequence[str]], Mapping[str, Any]],
    lookups: Lookups,
) -> Planned:
    """Plan one cell; what is wrong with its settings is its reason."""
    own = [one for one in overrides if one not in shared]
    name = f"[{' '.join(own or overrides)}]"
    try:
        cell = cell_from(settings(overrides))
        name = f"{title(cell)} {name}"
        cell = with_start(cell)
        identity = lookups.identity(cell)
        place = place_of(cell.paths.results, cell.paths.runs, cell_names(cell), identity.run_id)
        state, reason = state_of(place)
        if state not in {"finished", "running"} and (why := place.unready(cell.begin_at)):
            state, reason = "waiting", why
    except (BenchError, HydraException, OmegaConfBaseException) as error:
        reason = one_line(error, overrides)
        return Planned(overrides=overrides, title=name, state="wrong", reason=reason)
    return Planned(
        overrides=overrides,
        title=name,
        state=state,
        reason=reason,
        place=place,
        inputs=identity.inputs,
    )


def state_of(place: Place) -> tuple[State, str]:
    """How far a run is, and why not farther."""
    record, _ = place.look()
    if record is not None and place.stands(record):
        return "finished", ""
    owner = holder(place.folder.path)
    if owner is not None:
        return "running", str(owner)
    if record is None:
        return "new", ""
    if record.status in {"finished", "interrupted"}:
        return "interrupted", reason_of(record)
    return "failed", reason_of(record)
