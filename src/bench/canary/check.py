"""Every probe against what is stored of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.canary.blame import Finding, blame, raised
from bench.canary.probe import Entry, Probe, Reading
from bench.canary.probes import read_all
from bench.canary.versions import place, versions

STORE = "python -m bench.canary --store"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the probes show."""

    findings: Sequence[Finding]
    readings: Mapping[str, Reading]
    missing: Mapping[str, str]
    """Why a probe cannot be read here, by its name."""
    new: Sequence[str]
    """Probes of which nothing is stored."""
    gone: Sequence[str]
    """What is stored of probes that there are no more."""
    outdated: Sequence[str]
    """Components whose version was raised since their numbers were stored."""

    @property
    def problems(self) -> list[str]:
        """What is wrong, and what to do: one text each. None where every probe agrees."""
        found = [told(one) for one in self.findings]
        if self.outdated:
            found.append(f"version raised: {', '.join(self.outdated)}; run {STORE}")
        if self.new:
            found.append(f"not stored yet: {', '.join(self.new)}; run {STORE}")
        if self.gone:
            found.append(f"stored, but no such canary: {', '.join(self.gone)}; run {STORE}")
        return found


def check(probes: Sequence[Probe], stored: Mapping[str, Entry]) -> Checked:
    """Read every probe that is stored, and compare."""
    readings, missing = read_all(probes, stored)
    today = versions()
    known = [probe for probe in probes if probe.name in stored]
    outdated = {name for probe in known for name in raised(probe, stored[probe.name], today)}
    return Checked(
        findings=blame(probes, stored, readings, today),
        readings=readings,
        missing=missing,
        new=[probe.name for probe in probes if probe.name not in stored],
        gone=sorted(stored.keys() - {probe.name for probe in probes}),
        outdated=sorted(outdated),
    )


def told(finding: Finding) -> str:
    """A finding as a person reads it."""
    which = " or ".join(finding.suspects)
    where = " or ".join(f"the {place(name)}" for name in finding.suspects)
    what = "".join(f"\n    {one}" for one in finding.what)
    return (
        f"{which}: other numbers under the same version; the canary {finding.probe} shows{what}"
        f"\n  raise {where}, then {STORE}; or undo the change"
    )
