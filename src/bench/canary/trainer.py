"""Probes of the trainer: steps without any method, and with all that the loop can do."""

from __future__ import annotations

from collections.abc import Sequence

from bench.attach.attach import Attached
from bench.canary.probe import Inputs, Probe, Reading
from bench.canary.steps import OPTIMIZER, train_config, trained
from bench.canary.tiny import LABELLED, PAIRS, tiny
from bench.methods.compose import MethodConfig, OptimizerConfig
from bench.models.heads import CausalHead, ClassifierHead
from bench.models.load import Loaded
from bench.models.parts import linears
from bench.training.batches import Line
from bench.training.label import tokenise_labelled
from bench.training.text import tokenise

HELD = 6
"""Lines that are set aside for validation."""


def probes() -> list[Probe]:
    """One for each kind of line."""
    return [
        Probe(name=name, components=("trainer",), rests_on=("models",), inputs=dict, read=read)
        for name, read in (("trainer on texts", on_texts), ("trainer on labels", on_labels))
    ]


def on_texts(_: Inputs) -> Reading:
    """A language model: warm-up, clipping, accumulation, smoothing; the best adapter is kept."""
    loaded = tiny("gpt2", CausalHead())
    lines = tokenise(loaded.tokenizer, PAIRS, 48)
    config = train_config(
        warmup_steps=2,
        clip_norm=0.5,
        accumulation=2,
        label_smoothing=0.1,
        select="best",
        evaluations=3,
    )
    # The pass with the highest loss is not the last one: other tensors are put back.
    found = trained(bare(loaded, 0.01), *apart(lines), padding(loaded), config, better="higher")
    return {**found, **first_line(lines)}


def on_labels(_: Inputs) -> Reading:
    """A classifier, whose head trains too."""
    loaded = tiny("roberta", ClassifierHead(labels=2))
    lines = tokenise_labelled(loaded.tokenizer, LABELLED, 40)
    config = train_config(schedule="cosine", warmup_ratio=0.3)
    found = trained(bare(loaded, 0.003), *apart(lines), padding(loaded), config)
    return {**found, **first_line(lines)}


def bare(loaded: Loaded, lr: float) -> Attached:
    """A model whose own weights of query and value train, without the help of any selection."""
    for _, _, _, _, linear in linears(loaded.model, ("query", "value")):
        linear.weight.requires_grad_()
    for name, parameter in loaded.model.named_parameters():
        if name in loaded.head:
            parameter.requires_grad_()
    method = MethodConfig(
        name="canary",
        parts=(),
        update=None,
        select=None,
        optimizer=OptimizerConfig(lr=lr, eps=OPTIMIZER["eps"], weight_decay=0.1),
        plugins=(),
    )
    return Attached(loaded.model, method, loaded.head)


def apart(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """Lines to train on, and lines to validate on."""
    return lines[:-HELD], lines[-HELD:]


def padding(loaded: Loaded) -> int:
    """The padding token."""
    return int(loaded.tokenizer.pad_token_id)


def first_line(lines: Sequence[Line]) -> Reading:
    """The tokens of the first line."""
    return {"first line": " ".join(map(str, lines[0].ids))}
