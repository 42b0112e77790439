"""Any value of any setting is used, or refused in one line that names the setting."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bench.config import Cell, cell_from
from bench.errors import ConfigError
from bench.paths import config_folder
from tests.cells import compose_settings
from tests.fuzz.effort import SOAK, cases
from tests.fuzz.places import Place, changed, places, without
from tests.fuzz.told import told
from tests.fuzz.values import nested, texts, values

FEW = ("lorma_plus", "adalora", "dorma", "prefix", "svft_r", "one_shot", "ft_top2", "qlora")
"""Methods that have every kind of part between them: composing takes a tenth of a second."""


@cache
def composed(choice: str) -> dict[str, Any]:
    """The configuration of the tiny model with a method or a task."""
    settings = compose_settings("model=tiny_llama", choice)
    del settings["stated"]
    return settings


def choices(group: str) -> list[str]:
    """Every override of a group that names one of its files."""
    return [f"{group}={path.stem}" for path in sorted((config_folder() / group).glob("*.yaml"))]


def any_choice() -> st.SearchStrategy[str]:
    """A method, or a task."""
    methods = choices("method") if SOAK else [f"method={name}" for name in FEW]
    return st.sampled_from([*methods, *choices("task")])


def names_the(place: Place, message: str) -> bool:
    """Whether a message names the key at a place, the sections above it, or what is in it."""
    return any(key in message for key in place if isinstance(key, str))


@st.composite
def settings_of_any_cell(draw: st.DrawFn) -> tuple[str, Place]:
    """A choice, and one of the places of its configuration."""
    choice = draw(any_choice())
    return choice, draw(st.sampled_from(list(places(composed(choice)))))


@cases(80)
@given(where=settings_of_any_cell(), value=values())
@example(where=("method=lora", ("method",)), value=None)
@example(where=("method=lora", ("method", "update")), value=[None])
@example(where=("method=lora", ("method", "plugins")), value={"": None})
@example(where=("task=gsm8k", ("task",)), value=" ")
@example(where=("task=gsm8k", ("task",)), value=None)
@example(where=("task=gsm8k", ("train", "schedule")), value="a\nb")
@example(where=("task=gsm8k", ("train", "steps")), value=10**5000)
@example(where=("task=gsm8k", ("train", "select")), value="a" * 5000)
@example(where=("task=gsm8k", ("decode", "stop")), value=nested(200))
def test_any_value_of_any_setting(where: tuple[str, Place], value: Any) -> None:
    """A cell, or a ConfigError of one line that names the key."""
    choice, place = where
    settings = composed(choice)
    found = told(lambda: cell_from(changed(settings, place, value)), ConfigError)
    assert isinstance(found, Cell) or names_the(place, found), (place, found)


@cases(30)
@given(where=settings_of_any_cell())
def test_any_setting_left_out(where: tuple[str, Place]) -> None:
    """A key that is missing has a default, or is named."""
    choice, place = where
    settings = composed(choice)
    found = told(lambda: cell_from(without(settings, place)), ConfigError)
    assert isinstance(found, Cell) or names_the(place, found), (place, found)


@cases(30)
@given(where=settings_of_any_cell(), name=texts())
@example(where=("task=gsm8k", ("train", "steps")), name="\n")
@example(where=("task=gsm8k", ("seed",)), name="a" * 5000)
def test_any_further_setting(where: tuple[str, Place], name: str) -> None:
    """A key that does not exist, beside one that does, is refused or an option of a model."""
    choice, place = where
    assume(isinstance(place[-1], str))
    found = told(lambda: cell_from(changed(composed(choice), (*place[:-1], name), 1)), ConfigError)
    free = place[:2] == ("model", "architecture") or "settings" in place
    assert isinstance(found, str) or free or (*place[:-1], name) in places(composed(choice))


@cases(6, times=1)
@given(choice=st.sampled_from(choices("method") + choices("task")))
def test_settings_that_stand_in_conf(choice: str) -> None:
    """What is changed above is a configuration that can be used as it is."""
    assert isinstance(cell_from(composed(choice)), Cell)
