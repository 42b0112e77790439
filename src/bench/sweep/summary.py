"""What became of the cells of a sweep, told by their records: the same for every launcher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.outcome import DONE, FAILED, UNDONE, WRONG
from bench.store.claim import holder, left_behind
from bench.store.record import Record
from bench.summary import reason_of
from bench.sweep.plan import Planned

CODES = {
    "done": DONE,
    "skipped": DONE,
    "stopped": DONE,
    "running elsewhere": UNDONE,
    "interrupted": UNDONE,
    "waiting": UNDONE,
    "not started": UNDONE,
    "wrong settings": WRONG,
    "failed": FAILED,
    "diverged": FAILED,
    "out of memory": FAILED,
    "no record": FAILED,
}
"""The exit code that each outcome calls for; of several, `WORST` decides."""

WORST = (FAILED, WRONG, UNDONE, DONE)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one cell ended."""

    planned: Planned
    name: str
    """One of CODES."""
    reason: str = ""

    def __str__(self) -> str:
        """One line."""
        place = self.planned.place
        record = f" · {place.record}" if place is not None and place.record.exists() else ""
        return f"  {self.name:<18}{self.planned.title}: {self.reason}{record}"


def outcome(one: Planned, since: float, reasons: Mapping[str, str], broken: str = "") -> Outcome:
    """How a planned cell ended in a sweep that began at `since`.

    `reasons` are those that left no record, by run_id; `broken` is why the launcher broke.
    """
    if one.place is None:
        return Outcome(planned=one, name="wrong settings", reason=one.reason)
    record, written = one.place.look()
    if record is not None and record.status == "finished":
        name = "skipped" if one.state == "finished" else "done"
        reason = "" if one.place.stands(record) else reason_of(record)
    elif (owner := holder(one.place.folder.path)) is not None:
        name, reason = "running elsewhere", str(owner)
    elif record is not None and written > since:
        name, reason = _of_record(record)
    elif one.state == "waiting":
        name, reason = "waiting", one.reason
    elif one.place.run_id in reasons:
        name, reason = "wrong settings", reasons[one.place.run_id]
    elif left_behind(one.place.folder.path):
        name, reason = "no record", "left no record (killed?)"
    elif broken:
        name, reason = "no record", broken
    else:
        name, reason = "not started", "the sweep ended before its turn"
    return Outcome(planned=one, name=name, reason=reason)


def _of_record(record: Record) -> tuple[str, str]:
    """The outcome and its reason of a run that did not finish."""
    if (record.error or {}).get("type") == "StoppedError":
        return "stopped", ""
    return record.status.replace("_", " "), reason_of(record)


def report(outcomes: Sequence[Outcome]) -> int:
    """Print counts, and a line for each cell that is not done; the exit code of the sweep."""
    counts = Counter(one.name for one in outcomes)
    shown = ", ".join(f"{counts[name]} {name}" for name in CODES if counts[name])
    print(f"sweep: {len(outcomes)} cells: {shown}")
    for one in outcomes:
        if one.reason:
            print(one)
    codes = {CODES[name] for name in counts}
    return next((code for code in WORST if code in codes), DONE)
