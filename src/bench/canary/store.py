"""`--store`: new numbers, unless a component has other ones under its old version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bench.canary.cells import GENERATION
from bench.canary.check import check, told
from bench.canary.digits import run_cell
from bench.canary.environment import facts
from bench.canary.probe import Entry, Probe
from bench.canary.probes import all_probes
from bench.canary.stored import Stored
from bench.canary.versions import versions


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """New numbers, or why there are none."""

    stored: Stored | None
    refused: Sequence[str]


def renew(old: Stored) -> Renewed:
    """Read every probe. Those of which nothing is stored get inputs; the others keep theirs.

    To have a probe that itself was changed made anew, delete its entry from the file.
    """
    probes = all_probes()
    today = versions()
    known = {probe.name: old.probes.get(probe.name) or first_entry(probe) for probe in probes}
    checked = check(probes, known)
    refused = [told(one) for one in checked.findings]
    refused += [f"{name}: cannot be read here: {why}" for name, why in checked.missing.items()]
    if refused:
        return Renewed(stored=None, refused=refused)
    entries = {
        probe.name: Entry(
            inputs=known[probe.name].inputs,
            versions={name: today[name] for name in probe.uses},
            reading=checked.readings[probe.name],
        )
        for probe in probes
    }
    digits = run_cell(entries[GENERATION].inputs, "cpu", "fp32")
    return Renewed(stored=Stored(environment=facts(), digits=digits, probes=entries), refused=())


def first_entry(probe: Probe) -> Entry:
    """The inputs of a new probe, as they come back from the file.

    It has no versions, which explains any difference from its numbers.
    """
    return Entry(inputs=json.loads(json.dumps(probe.inputs())), versions={}, reading={})
