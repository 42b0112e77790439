"""What a repetition found, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from bench.printable import one_line
from bench.report.runs import flatten
from bench.rerun.compare import Finding, largest
from bench.rerun.repeat import Repeated
from bench.store.record import Record

ALWAYS = ("gpu_clocks.sm", "gpu_clocks.memory")
"""Facts of a moment, which tell nothing of a machine."""

ABSENT = "not there"


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
    apart = list(differences(then.provenance, now.provenance))
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
    apart = list(differences(*inputs, all_keys=True))
    lines = [f"run_id {then.run_id}, here {now.run_id}:"]
    for key, old, new in apart:
        section, _, name = key.partition(".")
        known = f"version of {name}" if section == "versions" else key
        lines.append(f"  {one_line(known)}: {old}, here {new}")
    return lines


def differences(
    then: Mapping[str, Any], now: Mapping[str, Any], *, all_keys: bool = False
) -> Iterator[tuple[str, str, str]]:
    """Dotted keys whose values differ, with both values.

    A key that the first one lacks is left out unless `all_keys`: older records know less.
    """
    old, new = dict(flatten(then)), dict(flatten(now))
    for key in sorted(old.keys() | (new.keys() if all_keys else set())):
        if key not in ALWAYS and old.get(key, ABSENT) != new.get(key, ABSENT):
            yield one_line(key), _text(old.get(key, ABSENT)), _text(new.get(key, ABSENT))


def _text(value: object) -> str:
    """A value in a cell of a table."""
    text = one_line("null" if value is None else str(value))
    return text if len(text) <= 48 else f"{text[:45]}..."


def _table(findings: Sequence[Finding]) -> str:
    rows = [
        [one_line(text) for text in (one.name, one.then, one.now, one.differs or "same")]
        for one in findings
    ]
    return tabulate(rows, ["", "record", "here", "difference"], "simple", disable_numparse=True)


def _columns(rows: Iterable[tuple[str, str, str]]) -> str:
    return tabulate(list(rows), ["", "record", "here"], "simple", disable_numparse=True)
