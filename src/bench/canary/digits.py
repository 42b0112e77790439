"""Whether this environment computes the digits that were stored, in one small whole cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.canary.numbers import apart
from bench.canary.probe import Inputs


@dataclass(frozen=True, kw_only=True)
class Digits:
    """What a cell left, with every digit."""

    metrics: Mapping[str, float | None]
    losses: list[float]
    """Of every training step."""
    validation: list[float]
    """Losses of the validation passes."""
    trace: str
    """SHA-256 of the file of training losses."""
    adapter: str
    """SHA-256 of the file of trained tensors."""
    norms: Mapping[str, float]
    """2-norm of each of them."""
    predictions: list[str]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One quantity, stored and here."""

    name: str
    then: str
    now: str
    differs: str | None = None
    """How; None where it is the same to the digit."""
    far: bool = False
    """Whether it differs by more than rounding does."""
    absent: bool = False
    """Whether only one of the two has it."""


def run_cell(inputs: Inputs, device: str, precision: str) -> Digits:
    """Run the cell of the generation canary on a device in an arithmetic."""
    from bench.canary.cells import CELLS, GENERATION, losses, ran
    from bench.canary.tiny import norm
    from bench.registry import tasks
    from bench.tensors.files import read_tensors

    train = {**inputs["settings"]["train"], "precision": precision}
    kind = tasks()[CELLS[GENERATION].task]
    with ran(kind, inputs, device=device, train=train) as done:
        record, folder = done.record, done.folder
        tensors = read_tensors(folder.file("fit"))
        return Digits(
            metrics=dict(record.metrics),
            losses=losses(done),
            validation=[one["loss"] for one in record.history],
            trace=record.artifacts["trace"]["sha256"],
            adapter=record.artifacts["adapter"]["sha256"],
            norms={name: norm({name: tensor}) for name, tensor in sorted(tensors.items())},
            predictions=[one["prediction"] for one in folder.read_lines(folder.file("predict"))],
        )


def compare(then: Digits, now: Digits) -> list[Compared]:
    """Every metric, the losses, the trained tensors and the predictions."""
    return [
        *(metric(name, then, now) for name in {**then.metrics, **now.metrics}),
        hashed("training losses", then.trace, now.trace, then.losses, now.losses),
        values("validation losses", then.validation, now.validation),
        adapter(then, now),
        predictions(then.predictions, now.predictions),
    ]


def metric(name: str, then: Digits, now: Digits) -> Compared:
    """One metric; one that cannot be computed here differs."""
    old, new = then.metrics.get(name), now.metrics.get(name)
    shown: dict[str, Any] = {"name": name, "then": shown_number(old), "now": shown_number(new)}
    if old == new:
        return Compared(**shown)
    if old is None or new is None:
        differs = "not computed here" if new is None else "only computed here"
        return Compared(**shown, differs=differs, absent=True)
    return Compared(**shown, differs=f"{new - old:+.3g}", far=apart(old, new) is not None)


def values(name: str, then: list[float], now: list[float]) -> Compared:
    """A list of numbers, shown by its last."""
    how = None if then == now else first_apart(then, now)
    last = [shown_number(some[-1] if some else None) for some in (then, now)]
    far = apart(then, now) is not None
    return Compared(name=name, then=last[0], now=last[1], differs=how, far=far)


def hashed(name: str, then: str, now: str, old: list[float], new: list[float]) -> Compared:
    """A file, shown by its hash, with the numbers in it."""
    how = None if then == now else first_apart(old, new)
    far = apart(old, new) is not None
    return Compared(name=name, then=then[:8], now=now[:8], differs=how, far=far)


def adapter(then: Digits, now: Digits) -> Compared:
    """The trained tensors; by how much they differ is told by their norms."""
    shown: dict[str, Any] = {"name": "adapter", "then": then.adapter[:8], "now": now.adapter[:8]}
    if then.adapter == now.adapter:
        return Compared(**shown)
    if then.norms.keys() != now.norms.keys():
        return Compared(**shown, differs="in the names of its tensors", far=True)
    gaps = {name: abs(one - now.norms[name]) for name, one in then.norms.items()}
    worst = max(gaps, key=lambda name: gaps[name])
    how = (
        f"by {gaps[worst]:.1e} in the norm of {worst}, {then.norms[worst]:.4g}"
        if gaps[worst]
        else "by less than the norms of its tensors show"
    )
    far = apart(list(then.norms.values()), list(now.norms.values())) is not None
    return Compared(**shown, differs=how, far=far)


def predictions(then: list[str], now: list[str]) -> Compared:
    """The texts, one by one."""
    wrong = sum(a != b for a, b in zip(then, now, strict=False)) + abs(len(then) - len(now))
    shown: dict[str, Any] = {
        "name": "predictions",
        "then": f"{len(then)} texts",
        "now": f"{len(now)} texts",
    }
    return Compared(**shown, differs=f"{wrong} of them" if wrong else None, far=bool(wrong))


def first_apart(then: list[float], now: list[float]) -> str:
    """Where two lists begin to differ, and by how much they do at most."""
    if len(then) != len(now):
        return f"{len(then)} of them, here {len(now)}"
    gaps = [abs(a - b) for a, b in zip(then, now, strict=True)]
    first = next((at for at, gap in enumerate(gaps, start=1) if gap), None)
    if first is None:
        return "in how they are written"
    return f"from the {first}. on, by up to {max(gaps):.1e}"


def shown_number(value: float | None) -> str:
    """All digits of a number."""
    return "null" if value is None else repr(value)
