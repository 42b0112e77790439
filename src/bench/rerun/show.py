"""What a repetition found, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from bench.nested import ABSENT, differences
from bench.printable import one_line, short
from bench.rerun.compare import Finding, largest
from bench.rerun.repeat import Repeated
from bench.store.record import Record

ALWAYS = ("gpu_clocks.sm", "gpu_clocks.memory", "gpu_processes")
"""Facts of a moment, which tell nothing of a machine."""

WIDEST = 48
"""Characters of a value in a table."""


def as_text(repeated: Repeated, findings: Sequence[Finding]) -> str:
    """The whole text: identity, everything that was compared, and what may explain it."""
    then, now = repeated.then.record, repeated.now.record
    lines = [*_identity(then, now), _table(findings)]
    if repeated.note:
        lines.append(one_line(repeated.note))
    different = [one for one in findings if one.differs is not None]
    if not different:
        return "\n".join([*lines, "the same to the digit"])
    if (found := largest(then, now)) is not None:
        lines.append(f"largest difference of a metric: {one_line(found[0])}, {found[1]:.3g}")
    lines.append(one_line(f"different: {', '.join(one.name for one in different)}"))
    apart = _provenance(then, now)
    if apart:
        lines += ["provenance:", _columns(apart)]
    else:
        lines.append("provenance: the same code, packages and machine, as far as it is known")
    return "\n".join(lines)


def _identity(then: Record, now: Record) -> list[str]:
    """The run_id, and by which components and settings it is another one."""
    if then.run_id == now.run_id:
        return [f"run_id {then.run_id}: the same"]
    inputs = [dict(record.identity.get("inputs") or {}) for record in (then, now)]
    lines = [f"run_id {then.run_id}, here {now.run_id}:"]
    for key, old, new in differences(*inputs):
        section, _, name = key.partition(".")
        known = f"version of {name}" if section == "versions" else key
        lines.append(f"  {one_line(known)}: {short(old, WIDEST)}, here {short(new, WIDEST)}")
    return lines


def _provenance(then: Record, now: Record) -> list[tuple[str, str, str]]:
    """What of code, packages and machine differs; an older record knows less, which is not told."""
    found = differences(then.provenance, now.provenance)
    return [one for one in found if one[0] not in ALWAYS and one[1] != ABSENT]


def _table(findings: Sequence[Finding]) -> str:
    rows = [
        [one_line(text) for text in (one.name, one.then, one.now, one.differs or "same")]
        for one in findings
    ]
    return tabulate(rows, ["", "record", "here", "difference"], "simple", disable_numparse=True)


def _columns(rows: Iterable[tuple[str, str, str]]) -> str:
    cut = [(one_line(key), short(old, WIDEST), short(new, WIDEST)) for key, old, new in rows]
    return tabulate(cut, ["", "record", "here"], "simple", disable_numparse=True)
