"""A quick choice of the probes, and what they show."""

from __future__ import annotations

from bench.canary.check import Checked, check
from bench.canary.probe import Probe
from bench.canary.probes import all_probes
from bench.canary.stored import load

SLOW = {"metrics e2e", "metrics triples", "cell generation", "scores of math", "scores of metamath"}
"""They wait for other programs, or show what quicker ones do."""

METHODS = ("lora", "lorma_plus", "adalora", "dora", "loda", "s_loda")


def quick_probes() -> list[Probe]:
    """All but the slow ones, and some of the methods."""
    methods = {f"method {name}" for name in METHODS}
    return [
        probe
        for probe in all_probes()
        if probe.name not in SLOW and (probe.name in methods or "method " not in probe.name)
    ]


def check_quickly() -> Checked:
    """These probes against the numbers in the package."""
    probes = quick_probes()
    stored = load().probes
    return check(probes, {probe.name: stored[probe.name] for probe in probes})
