"""Probes of methods: a few steps of each on a tiny GPT-2."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bench.attach.attach import attach
from bench.canary.probe import Inputs, Probe, Reading, UnprobedError
from bench.canary.steps import OPTIMIZER, logits, shown, train_config, trained
from bench.canary.tiny import PAIRS, tiny
from bench.canary.trainer import apart, padding
from bench.list.files import group_files
from bench.machine import quiet_optional_kernels
from bench.methods.compose import MethodConfig, method_from
from bench.models.heads import CausalHead
from bench.training.text import Frame, tokenise

EVERY = {"plugins": {"rank_allocation": {"interval": 1}}}
FAST = {"optimizer": {"lr": 0.1}}

TINY: Mapping[str, Mapping[str, Any]] = {
    "adalora": EVERY,
    "adalorma": {**EVERY, **FAST, "alpha": 320},
    "autolorma": FAST,
    "dylorma": FAST,
    "olora": {"rank": 8},
    "r_loda": {"base": {"low_rank": {"rank": 16}}},
    "r_loda_plus": {"base": {"low_rank": {"rank": 16}}},
    "vera": FAST,
}
"""Options that hidden size 48 and few steps need in place of a method's own: every change must
be far above the rounding of the logits."""


def probes() -> list[Probe]:
    """One for each file of conf/method, those with fewer components first."""
    found = [_probe(path.stem, values) for path, values in group_files("method")]
    return sorted(found, key=lambda probe: len(probe.components))


def _probe(name: str, values: Mapping[str, Any]) -> Probe:
    return Probe(
        name=f"method {name}",
        components=tuple(method_from(values).components),
        rests_on=("models", "trainer"),
        inputs=partial(inputs, name, values),
        read=read,
    )


def inputs(name: str, values: Mapping[str, Any]) -> Inputs:
    """The method's settings, made fit for a tiny model."""
    return {"method": joined(joined(values, {"optimizer": OPTIMIZER}), TINY.get(name, {}))}


def joined(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others put over them, sections joined."""
    found = dict(values)
    for key, value in given.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = joined(found[key], value) if both else value
    return found


def read(inputs: Inputs) -> Reading:
    """Losses, norms and logits, and the logits of what the method merges to."""
    method = method_from(inputs["method"])
    quiet_optional_kernels()
    check_available(method)
    loaded = tiny("gpt2", CausalHead())
    attached = attach(loaded.model, method, 0, loaded.head)
    before, behind = attached.virtual_tokens
    lines = tokenise(loaded.tokenizer, PAIRS, 64, Frame(before=before, behind=behind))
    train, held = apart(lines)
    start = logits(attached, held, padding(loaded))
    found = trained(attached, train, held, padding(loaded), train_config())
    if attached.merge() is None:
        merged = logits(attached, held, padding(loaded))
        found["change of the logits, merged"] = shown(merged - start)
    return found


def check_available(method: MethodConfig) -> None:
    """Raise where a transform of the base needs a package that is not here."""
    for base in method.base:
        if (reason := base.available()) is not None:
            raise UnprobedError(reason)
