"""What the command line of bench.speed asks for."""

from __future__ import annotations

import pytest

from bench.errors import ConfigError
from bench.speed.settings import chosen_methods, known_methods, settings_from


def test_own_settings_are_told_from_those_of_cells() -> None:
    """Whole numbers are read, everything else goes on to the cells, on synthetic rows."""
    settings, overrides = settings_from(["rounds=3", "model=tiny_gpt2", "seed=2"])
    assert settings.rounds == 3
    assert overrides == ["model=tiny_gpt2", "seed=2", "data=synthetic"]
    assert chosen_methods(settings) == known_methods()


def test_rows_that_are_named_are_kept() -> None:
    """data=local is not overruled."""
    assert settings_from(["data=local"])[1] == ["data=local"]


def test_a_shape_names_the_model() -> None:
    """The shapes are those of conf/model, whatever model= says."""
    settings, overrides = settings_from(["model=tiny_gpt2", "shape=gpt2_medium"])
    assert settings.shape == "gpt2_medium"
    assert overrides == ["model=gpt2_medium", "data=synthetic"]


def test_each_way_has_its_methods() -> None:
    """All by default, none or some where so asked; eager steps always."""
    settings, _ = settings_from(["compiled=lora,dora", "dense=none"])
    assert [settings.wants("compiled", name) for name in ("lora", "dora", "loda")] == [1, 1, 0]
    assert not settings.wants("dense", "lora")
    assert settings.wants("graph", "lora")
    assert settings.wants("eager", "lora")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("methods=lorra", "methods=lorra: no such method; did you mean lora?"),
        ("dense=lorra", "dense=lorra: no such method; did you mean lora?"),
        ("methods=none", "methods=none: no such method"),
        ("rounds=0", "rounds=0: must be"),
        ("dropout=on", "dropout=on: no such choice"),
        ("rounds", "rounds: give KEY=VALUE"),
        ("method=lora", "methods=NAME"),
        ("label=../x", "label=../x: must be a name"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(word: str, said: str) -> None:
    """The key, the value, and what is allowed."""
    with pytest.raises(ConfigError) as error:
        settings_from([word])
    assert said in str(error.value)
    assert "\n" not in str(error.value)
