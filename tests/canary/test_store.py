"""Storing new numbers: what is kept, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.canary import store
from bench.canary.digits import Digits
from bench.canary.probe import Entry, Inputs, Probe, Reading, UnprobedError
from bench.canary.store import renew
from bench.canary.stored import Stored, load, save
from bench.canary.versions import versions
from bench.errors import StoreError

DIGITS = Digits(
    metrics={"BLEU": 0.1, "METEOR": None},
    losses=[5.5, 0.1 + 0.2],
    validation=[5.0],
    trace="ab",
    adapter="cd",
    norms={"w": 1.5},
    predictions=["a ü"],
)


def doubled(inputs: Inputs) -> Reading:
    """What the made-up component computes."""
    return {"x": 2.0 * inputs["x"]}


PROBE = Probe(
    name="cell generation", components=("trainer",), inputs=lambda: {"x": 3}, read=doubled
)


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One quick probe, and a cell that is not run."""
    monkeypatch.setattr(store, "run_cell", lambda *_: DIGITS)
    use(monkeypatch, [PROBE])


def use(monkeypatch: pytest.MonkeyPatch, probes: Sequence[Probe]) -> None:
    """Let these be all probes."""
    monkeypatch.setattr(store, "all_probes", lambda: probes)


def stored() -> Stored:
    """What is stored at first."""
    found = renew(Stored()).stored
    assert found is not None
    return found


def test_a_new_probe_is_stored() -> None:
    """Its inputs, its numbers, and the versions of what it used."""
    entry = stored().probes["cell generation"]
    assert entry == Entry(
        inputs={"x": 3}, versions={"trainer": versions()["trainer"]}, reading={"x": 6.0}
    )


def test_inputs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other inputs in the code change nothing, until the entry is deleted."""
    first = stored()
    use(monkeypatch, [replace(PROBE, inputs=lambda: {"x": 4})])
    assert renew(first).stored == first
    anew = renew(Stored()).stored
    assert anew is not None
    assert anew.probes["cell generation"].reading == {"x": 8.0}


def test_other_numbers_under_the_same_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is stored; the component, the numbers and the way out are told."""
    first = stored()
    use(monkeypatch, [replace(PROBE, read=lambda _: {"x": 6.01})])
    found = renew(first)
    assert found.stored is None
    (reason,) = found.refused
    assert reason.startswith("trainer: other numbers under the same version")
    assert "x: 6.0, here 6.01" in reason
    assert "raise the VERSION of bench.training" in reason


def test_a_raised_version_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the new numbers."""
    first = stored()
    use(monkeypatch, [replace(PROBE, read=lambda _: {"x": 7.0})])
    monkeypatch.setattr("bench.training.VERSION", 99)
    second = renew(first).stored
    assert second is not None
    assert second.probes["cell generation"].versions == {"trainer": 99}
    assert second.probes["cell generation"].reading == {"x": 7.0}


def test_a_probe_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers would be lost."""

    def lacking(_: Inputs) -> Reading:
        raise UnprobedError("no Java found")

    use(monkeypatch, [replace(PROBE, read=lacking)])
    assert renew(Stored()).refused == ["cell generation: cannot be read here: no Java found"]


def test_the_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    """Every digit and letter, and the same bytes again."""
    path = tmp_path / "stored.json"
    first = stored()
    save(first, path)
    text = path.read_text(encoding="utf-8")
    assert load(path) == first
    save(load(path), path)
    assert path.read_text(encoding="utf-8") == text
    assert json.loads(text)["digits"]["losses"] == [5.5, 0.30000000000000004]


def test_no_file_is_nothing_stored(tmp_path: Path) -> None:
    """The very first --store begins so."""
    assert load(tmp_path / "stored.json") == Stored()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"environment": {}, "digits": {}, "probes": 1}'])
def test_a_damaged_file_is_told(text: str, tmp_path: Path) -> None:
    """In one line with its name."""
    path = tmp_path / "stored.json"
    path.write_text(text)
    with pytest.raises(StoreError, match=r"stored\.json: damaged .* take it from the repository"):
        load(path)
