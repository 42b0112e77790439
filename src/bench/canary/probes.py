"""All probes, in the order in which data flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.canary import cells, decoder, methods, metrics, models, scores, tasks, trainer
from bench.canary.probe import Entry, Probe, Reading, UnprobedError
from bench.canary.tiny import one_thread


def all_probes() -> list[Probe]:
    """Tasks, models, trainer, methods, decoder, metrics, scores of tasks, whole cells."""
    modules = (tasks, models, trainer, methods, decoder, metrics, scores, cells)
    return [probe for module in modules for probe in module.probes()]


def read_all(
    probes: Iterable[Probe], stored: Mapping[str, Entry]
) -> tuple[dict[str, Reading], dict[str, str]]:
    """What each probe reads on its stored inputs, and why others cannot be read here."""
    readings, missing = {}, {}
    for probe in probes:
        if probe.name not in stored:
            continue
        try:
            readings[probe.name] = read(probe, stored[probe.name])
        except UnprobedError as error:
            missing[probe.name] = str(error)
    return readings, missing


def read(probe: Probe, entry: Entry) -> Reading:
    """The numbers of one probe; an error that it meets names it."""
    try:
        with one_thread():
            return probe.read(entry.inputs)
    except Exception as error:
        error.add_note(f"while reading the canary {probe.name}")
        raise
