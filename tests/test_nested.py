"""Nested data by dotted keys: walked, and compared with what another side holds."""

from __future__ import annotations

from bench.nested import ABSENT, differences, flatten


def test_flatten_joins_keys_and_keeps_what_is_empty() -> None:
    """A mapping without keys is a value: it would be lost otherwise."""
    nested = {"a": {"b": {"c": 1}, "d": {}}, "e": [{"f": 2}]}
    assert dict(flatten(nested)) == {"a.b.c": 1, "a.d": {}, "e": [{"f": 2}]}


def test_equal_data_do_not_differ() -> None:
    """Whatever the order of their keys."""
    assert list(differences({"a": {"b": None}, "c": 1}, {"c": 1, "a": {"b": None}})) == []


def test_differences_stand_in_the_order_of_their_keys() -> None:
    """A key that one side lacks is told like any other, and no value like an absent one."""
    then = {"z": 1, "a": {"b": None, "same": 3}}
    now = {"new": "x", "a": {"b": 2, "same": 3}}
    assert list(differences(then, now)) == [
        ("a.b", "null", "2"),
        ("new", ABSENT, "x"),
        ("z", "1", ABSENT),
    ]
