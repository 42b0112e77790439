"""Whose difference it is: the first component in the flow of data that explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.canary.numbers import differences
from bench.canary.probe import Entry, Probe, Reading


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Components that compute something else under the same version."""

    probe: str
    suspects: tuple[str, ...]
    """One of them changed: those that no other probe shows unchanged, where there are any."""
    what: tuple[str, ...]
    """Quantities that differ."""


def blame(
    probes: Sequence[Probe],
    stored: Mapping[str, Entry],
    readings: Mapping[str, Reading],
    versions: Mapping[str, int],
) -> list[Finding]:
    """One finding for each change that no raised version explains.

    `probes` are in the order of the data flow, the simpler ones of a kind first. Probes that
    have no reading, or nothing stored, are left out.
    """
    compared = [probe for probe in probes if probe.name in readings and probe.name in stored]
    apart = {
        probe.name: differences(stored[probe.name].reading, readings[probe.name])
        for probe in compared
    }
    cleared = {name for probe in compared if not apart[probe.name] for name in probe.components}
    named: set[str] = set()
    findings = []
    for probe in compared:
        explained = named | raised(probe, stored[probe.name], versions)
        if not apart[probe.name] or explained.intersection(probe.uses):
            continue
        suspects = tuple(one for one in probe.components if one not in cleared) or probe.components
        named.update(suspects)
        what = tuple(apart[probe.name])
        findings.append(Finding(probe=probe.name, suspects=suspects, what=what))
    return findings


def raised(probe: Probe, entry: Entry, versions: Mapping[str, int]) -> set[str]:
    """The components of a probe whose version is another one than its numbers were made with."""
    return {name for name in probe.uses if entry.versions.get(name) != versions[name]}
