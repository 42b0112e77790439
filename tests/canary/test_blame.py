"""Which component a difference is laid to, on made-up probes."""

from __future__ import annotations

from bench.canary.blame import blame
from bench.canary.probe import Entry, Probe, Reading

VERSIONS = {"models": 1, "trainer": 1, "update lora": 1, "plugin p": 1, "plugin q": 1}
"""Today's."""


def probe(name: str, *components: str, rests_on: tuple[str, ...] = ()) -> Probe:
    """A probe that is never read."""
    return Probe(
        name=name, components=components, rests_on=rests_on, inputs=dict, read=lambda _: {}
    )


BELOW = ("models", "trainer")
PROBES = [
    probe("model", "models"),
    probe("trainer", "trainer", rests_on=("models",)),
    probe("lora", "update lora", rests_on=BELOW),
    probe("with p", "update lora", "plugin p", rests_on=BELOW),
    probe("with p and q", "update lora", "plugin p", "plugin q", rests_on=BELOW),
]


def suspects(*changed: str, **raised: int) -> list[tuple[str, ...]]:
    """What is named where the probes called `changed` differ."""
    stored = {
        one.name: Entry(
            inputs={}, versions={name: VERSIONS[name] for name in one.uses}, reading={"x": 1.0}
        )
        for one in PROBES
    }
    readings: dict[str, Reading] = {
        one.name: {"x": 2.0 if one.name in changed else 1.0} for one in PROBES
    }
    today = {**VERSIONS, **{name.replace("_", " "): version for name, version in raised.items()}}
    return [one.suspects for one in blame(PROBES, stored, readings, today)]


def test_nothing_differs() -> None:
    """No finding."""
    assert suspects() == []


def test_the_first_in_the_flow_explains_what_rests_on_it() -> None:
    """A change of the models changes everything, and is the one thing named."""
    assert suspects("model", "trainer", "lora", "with p", "with p and q") == [("models",)]
    assert suspects("trainer", "lora", "with p", "with p and q") == [("trainer",)]
    assert suspects("lora", "with p", "with p and q") == [("update lora",)]


def test_what_another_probe_clears_is_not_named() -> None:
    """LoRA alone agrees, so its plugin changed; where all are cleared, all are named."""
    assert suspects("with p", "with p and q") == [("plugin p",)]
    assert suspects("with p and q") == [("plugin q",)]
    assert suspects("with p") == [("update lora", "plugin p")]


def test_two_changes_are_two_findings() -> None:
    """What does not explain each other."""
    assert suspects("trainer", "with p") == [("trainer",)]
    assert suspects("model", "lora", "with p and q") == [("models",)]
    stored_apart = [probe("one", "update lora"), probe("two", "plugin p")]
    entry = Entry(inputs={}, versions={"update lora": 1, "plugin p": 1}, reading={"x": 1.0})
    found = blame(
        stored_apart,
        {"one": entry, "two": entry},
        {"one": {"x": 2.0}, "two": {"x": 2.0}},
        VERSIONS,
    )
    assert [one.suspects for one in found] == [("update lora",), ("plugin p",)]


def test_a_raised_version_explains() -> None:
    """Whoever raised it has said that numbers change, here and in all that rests on it."""
    assert suspects("lora", "with p", "with p and q", update_lora=2) == []
    assert suspects("trainer", "lora", "with p", trainer=2) == []
    assert suspects("trainer", "lora", "with p", update_lora=2) == [("trainer",)]


def test_a_finding_says_what_differs() -> None:
    """The quantities, with both values."""
    entry = Entry(inputs={}, versions={"models": 1}, reading={"loss": 1.0, "norm": 3.0})
    (found,) = blame(PROBES[:1], {"model": entry}, {"model": {"loss": 1.5, "norm": 3.0}}, VERSIONS)
    assert found.probe == "model"
    assert found.what == ("loss: 1.0, here 1.5 (relative 3.3e-01)",)
