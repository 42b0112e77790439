"""The single runs: what a reader sees on opening one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.printable import one_line, printable
from bench.report.page.commands import another
from bench.report.page.groups import hardware
from bench.report.page.points import GIB
from bench.report.settings import text
from bench.store.record import is_number, peak_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.report.page.groups import Group
    from bench.report.runs import Run

LONGEST = 240
"""Characters of a text of a prediction, which the record has in full."""
FIELDS = 6
"""Of a prediction."""
SECONDS = ("load", "train", "predict", "score", "total")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One run, as far as it is told without a script."""

    run: Run
    at: str
    """Its place in the page."""
    index: int
    """Its place in the data that a script adds."""


def anchors(runs: Sequence[Run]) -> dict[str, str]:
    """A place in the page for each run, by the link to its record; no two are the same."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for run in runs:
        count = seen[run.run_id] = seen.get(run.run_id, 0) + 1
        found[run.link] = f"run-{run.run_id}" if count == 1 else f"run-{run.run_id}-{count}"
    return found


def details(groups: Sequence[Group]) -> dict[str, Any]:
    """What the script shows of every run, in the order of the groups; shared texts stand once."""
    bases: list[Mapping[str, str]] = []
    machines: dict[str, int] = {}
    runs: list[dict[str, Any]] = []
    last = None
    for group in groups:
        if (group.condition, group.method) != last:
            last = (group.condition, group.method)
            bases.append(_settings(group.first))
        for run in group.runs:
            machine = machines.setdefault(environment(run), len(machines))
            runs.append(_details(group, run, bases[-1]) | {"base": len(bases) - 1, "on": machine})
    return {"settings": bases, "machines": list(machines), "runs": runs}


def _details(group: Group, run: Run, base: Mapping[str, str]) -> dict[str, Any]:
    """What is told of a run, without what is empty."""
    own = _settings(run)
    found = {
        "command": another(group, run),
        "scores": {one_line(k): f"{v:.6g}" for k, v in run.metrics.items() if v is not None},
        "absent": {one_line(k): one_line(v)[:LONGEST] for k, v in run.unavailable.items()},
        "took": took(run),
        "stale": [one_line(reason)[:LONGEST] for reason in run.stale],
        "error": one_line(f"{run.error or ''} {run.reason}"),
        "own": {key: value for key, value in own.items() if base.get(key) != value},
        "unset": [key for key in base if key not in own],
        "sample": [_prediction(one) for one in run.sample],
    }
    return {key: value for key, value in found.items() if value}


def _settings(run: Run) -> dict[str, str]:
    """The resolved configuration as text, but for the seed."""
    return {
        one_line(key): one_line(text(value))[:LONGEST]
        for key, value in run.settings.items()
        if key != "seed"
    }


def _prediction(fields: Mapping[str, Any]) -> dict[str, str]:
    """What was predicted, and what it is scored against: texts cut, the first of several."""
    return {one_line(str(key)): _shown(value) for key, value in list(fields.items())[:FIELDS]}


def _shown(value: object) -> str:
    if isinstance(value, list) and value:
        more = f" (and {len(value) - 1} more)" if len(value) > 1 else ""
        return _shown(value[0]) + more
    shown = printable(value if isinstance(value, str) else text(value))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def environment(run: Run) -> str:
    """The machine and the code of a run, in one line."""
    held = run.provenance
    packages = held.get("packages")
    versions = packages if isinstance(packages, dict) else {}
    parts = [hardware(run)]
    if run.sharing:
        parts.append(f"shared with {run.sharing} other processes")
    parts += [f"{name} {versions[name]}" for name in ("torch", "transformers") if name in versions]
    if held.get("python"):
        parts.append(f"Python {held['python']}")
    if held.get("git_sha"):
        changed = " (changed)" if held.get("dirty") is True else ""
        parts.append(f"git {str(held['git_sha'])[:12]}{changed}")
    return one_line(" · ".join(parts))[:LONGEST]


def took(run: Run) -> str:
    """Times and peak memory, in one line."""
    seconds = [
        f"{name} {run.time[name]:,.0f} s" for name in SECONDS if is_number(run.time.get(name))
    ]
    step, peak = run.time.get("step_ms_median"), peak_of(run.memory)
    steps = [f"a step {step:,.0f} ms"] if step is not None else []
    gib = [f"peak {peak / GIB:,.1f} GiB"] if peak is not None else []
    return ", ".join([*seconds, *steps, *gib])
