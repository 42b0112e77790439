"""The canaries themselves: every component has one, and today's code agrees with all."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench.canary.check import check
from bench.canary.environment import facts
from bench.canary.probes import all_probes
from bench.canary.stored import PATH, as_lines, load
from bench.canary.versions import place, versions
from bench.identity import shared_versions
from bench.nested import differences
from bench.registry import tasks


@pytest.mark.usefixtures("with_loaded_meteor")
def test_every_canary_agrees() -> None:
    """No component computes other numbers than those that are stored under its version."""
    stored = load()
    found = check(all_probes(), stored.probes)
    environment = "\n".join(
        f"  {key}: {one}, here {other}"
        for key, one, other in differences(stored.environment, facts())
    )
    told = "\n".join(found.problems)
    assert not found.problems, (
        f"\n{told}\nenvironment, stored and here:\n{environment or '  the same'}"
    )
    # What needs a package or Java that is not here has no reading, and only that.
    assert len(found.readings) + len(found.missing) == len(stored.probes)
    allowed = {"metrics e2e", "metrics triples", "cell generation", "method qlora", "method qlorma"}
    assert found.missing.keys() <= allowed


def test_every_component_has_a_canary() -> None:
    """Every task, update, selection, insert, init, base, plugin and family of metrics has."""
    shown = {name for probe in all_probes() for name in probe.components}
    assert shown == versions().keys()


def test_names_are_those_of_identities() -> None:
    """Versions that a run's identity holds are found here, under its own names."""
    today = versions()
    for key, task in tasks().items():
        shared = shared_versions(task)
        family = task.scorer.rpartition(".")[2]
        assert today[f"task {key}"] == task.version
        assert today[f"metrics {family}"] == shared.pop("metrics")
        assert {name: today[name] for name in shared} == shared


def test_names_are_unique() -> None:
    """No probe hides another's numbers."""
    assert max(Counter(probe.name for probe in all_probes()).values()) == 1


@pytest.mark.parametrize(
    ("component", "where"),
    [
        ("task e2e", "version of bench.tasks.e2e.E2E"),
        ("update lorma_plus", "version of bench.methods.lorma.LormaPlus"),
        ("metrics glue", "VERSION of bench.metrics.glue"),
        ("trainer", "VERSION of bench.training"),
    ],
)
def test_a_version_is_said_to_be_where_it_is(component: str, where: str) -> None:
    """The advice leads to the place."""
    assert place(component) == where


def test_the_file_is_as_it_is_written() -> None:
    """Nobody edited it by hand, and storing the same numbers again changes no byte."""
    text = PATH.read_text(encoding="utf-8")
    assert as_lines(json.loads(text)) + "\n" == text


def test_the_file_names_its_environment() -> None:
    """Packages, Python, processor, threads and the build of torch."""
    environment = load().environment
    assert environment.keys() >= {"packages", "python", "cpu", "threads", "torch_build", "device"}
    assert environment["threads"] == 1
    assert environment["packages"]["torch"]
