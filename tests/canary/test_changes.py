"""A change in one component of each kind: exactly this component is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.canary.check import check
from bench.canary.probe import Inputs, Probe, Reading, UnprobedError
from bench.errors import MetricError
from tests.canary.probing import check_quickly, quick_probes

Patch = pytest.MonkeyPatch


def wrap(patch: Patch, owner: Any, name: str, change: Callable[[Any], Any]) -> None:
    """Let a function return something else."""
    original = getattr(owner, name)

    def changed(*args: Any, **kwargs: Any) -> Any:
        return change(original(*args, **kwargs))

    patch.setattr(owner, name, changed)


def loss_mask(patch: Patch) -> None:
    """The first token of the text bears no loss."""
    from bench.canary import methods, trainer
    from bench.training import text

    def later(lines: list[text.TextLine]) -> list[text.TextLine]:
        return [replace(line, start=line.start + 1) for line in lines]

    for module in (trainer, methods):
        wrap(patch, module, "tokenise", later)


def label_loss(patch: Patch) -> None:
    """The loss of a classification is one part in a thousand larger."""
    from bench.training.label import LabelBatch

    wrap(patch, LabelBatch, "summed_loss", lambda loss: loss * 1.001)


def task_text(patch: Patch) -> None:
    """An input of E2E has another separator."""
    from bench.tasks import e2e

    wrap(patch, e2e, "linearise", lambda text: text.replace(" | ", " || "))


def task_label(patch: Patch) -> None:
    """CoLA's sentences end in a blank."""
    from bench.tasks.glue import Cola

    def blank(made: list[Any]) -> list[Any]:
        return [replace(one, first=f"{one.first} ") for one in made]

    wrap(patch, Cola, "queries", blank)


def update_forward(patch: Patch) -> None:
    """LoRMA's change is one part in a hundred larger."""
    from bench.methods.lorma import LormaPlus

    wrap(patch, LormaPlus, "change", lambda y: 1.01 * y)


def update_merge(patch: Patch) -> None:
    """LoRMA merges to one part in a hundred more than it computes."""
    from bench.methods.lorma import LormaPlus

    wrap(patch, LormaPlus, "difference", lambda w: 1.01 * w)


def magnitude(patch: Patch) -> None:
    """DoRA starts with other norms."""
    from bench.methods.magnitude import Magnitude

    def larger(tensors: dict[str, Any]) -> dict[str, Any]:
        return {k: v * 1.01 if v.dim() == 1 else v for k, v in tensors.items()}

    wrap(patch, Magnitude, "tensors", larger)


def plugin(patch: Patch) -> None:
    """AdaLoRA's penalty is twice as large."""
    from bench.methods.rank_allocation import RankAllocation

    wrap(patch, RankAllocation, "extra_loss", lambda loss: None if loss is None else 2 * loss)


def base(patch: Patch) -> None:
    """A sparse base keeps a little less."""
    from bench.methods.bases import SparseWeight

    transform = SparseWeight.transform

    def sparser(self: SparseWeight, model: Any) -> None:
        transform(replace(self, keep=self.keep / 2), model)

    patch.setattr(SparseWeight, "transform", sparser)


def model(patch: Patch) -> None:
    """Random weights are a little larger."""
    from bench.models import random_weights

    weights = random_weights.random_configuration

    def other(*args: Any) -> Any:
        found = weights(*args)
        found.initializer_range = 0.021
        return found

    patch.setattr(random_weights, "random_configuration", other)


def decoder_rule(patch: Patch) -> None:
    """Longer hypotheses score higher."""
    from bench.decoding.search import Search

    def longer(settings: Any) -> Any:
        if settings.num_beams > 1:
            settings.length_penalty += 0.5
        return settings

    wrap(patch, Search, "settings", longer)


def metric(patch: Patch) -> None:
    """Accuracy is one part in a thousand smaller."""
    from bench.metrics import glue

    def smaller(found: dict[str, Any]) -> dict[str, Any]:
        return {k: replace(v, value=0.999 * v.value) for k, v in found.items()}

    from bench.canary import metrics
    from bench.tasks import glue_base

    for module in (glue, metrics, glue_base):
        wrap(patch, module, "measure_glue", smaller)


def scoring(patch: Patch) -> None:
    """MNLI's subsets have other names."""
    from bench.tasks import glue

    wrap(patch, glue, "renamed", lambda found: {f"{name}_": one for name, one in found.items()})


def grader(patch: Patch) -> None:
    """MetaMath's rule refuses all."""
    from bench.metrics import math

    wrap(patch, math, "right_metamath", lambda _: False)


CHANGES: list[tuple[Callable[[Patch], None], str]] = [
    (loss_mask, "trainer"),
    (label_loss, "trainer"),
    (task_text, "task e2e"),
    (task_label, "task cola"),
    (scoring, "task mnli"),
    (update_forward, "update lorma_plus"),
    (update_merge, "update lorma_plus"),
    (magnitude, "update magnitude"),
    (plugin, "plugin rank_allocation"),
    (base, "base sparse"),
    (model, "models"),
    (decoder_rule, "decoder"),
    (metric, "metrics glue"),
    (grader, "metrics math"),
]


QUICKLY = {loss_mask, task_text, update_forward, model, decoder_rule, metric}
"""One of each kind for the suite; make soak tries all."""


@pytest.mark.parametrize(
    ("change", "component"),
    [one for one in CHANGES if one[0] in QUICKLY or os.environ.get("BENCH_SOAK") == "1"],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_a_change_names_its_component(
    change: Callable[[Patch], None], component: str, monkeypatch: Patch
) -> None:
    """It and nothing else, with where to raise its version."""
    change(monkeypatch)
    found = check_quickly()
    assert [one.suspects for one in found.findings] == [(component,)]
    (problem,) = found.problems
    assert problem.startswith(f"{component}: other numbers under the same version")
    assert "python -m bench.canary --store" in problem


def test_a_raised_version_asks_for_new_numbers(monkeypatch: Patch) -> None:
    """Whoever raised it meant the change; only storing is left to do."""
    from bench.methods.lorma import LormaPlus

    update_forward(monkeypatch)
    monkeypatch.setattr(LormaPlus, "version", LormaPlus.version + 1)
    assert check_quickly().problems == [
        "version raised: update lorma_plus; run python -m bench.canary --store"
    ]


def test_what_cannot_be_read_here_is_told() -> None:
    """A missing package is no difference."""

    def lacking(_: Inputs) -> Reading:
        raise UnprobedError("no such package")

    (first, *_) = quick_probes()
    from bench.canary.stored import load

    held = {first.name: load().probes[first.name]}
    found = check([replace(first, read=lacking)], held)
    assert (found.problems, found.missing) == ([], {first.name: "no such package"})


def test_a_scorer_that_does_not_load_is_no_difference(monkeypatch: Patch) -> None:
    """The package of the symbolic rule is missing: its canaries are not read."""
    from bench.canary import scores
    from bench.metrics import math

    def absent(*_: object) -> None:
        raise MetricError("math-verify did not load")

    monkeypatch.setattr(math, "right_symbolic", absent)
    (probe,) = [one for one in scores.probes() if one.name == "scores of math"]
    with pytest.raises(UnprobedError, match="accuracy_symbolic: math-verify did not load"):
        probe.read(probe.inputs())


def test_new_and_removed_probes_are_told() -> None:
    """Nothing is stored of the one, and there is no more of the other."""
    from bench.canary.stored import load

    probe = Probe(name="task new", components=("task e2e",), inputs=dict, read=lambda _: {})
    held = {"task e2e": load().probes["task e2e"]}
    assert check([probe], held).problems == [
        "not stored yet: task new; run python -m bench.canary --store",
        "stored, but no such canary: task e2e; run python -m bench.canary --store",
    ]


def test_an_error_names_its_probe() -> None:
    """A component that fails is found by the canary's name."""

    def failing(_: Inputs) -> Reading:
        raise ZeroDivisionError

    from bench.canary.stored import load

    (first, *_) = quick_probes()
    with pytest.raises(ZeroDivisionError) as caught:
        check([replace(first, read=failing)], {first.name: load().probes[first.name]})
    assert caught.value.__notes__ == [f"while reading the canary {first.name}"]
