"""Word problems of the project's own making: for trying the harness out, not for results.

Each is one of six stories in two steps with small numbers, in GSM8K's columns and form: a
calculator's annotation in every step, `#### 42` at the end. Who the stories are about differs
between the splits, so no problem is in two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from bench.tasks.synthetic.draw import number, pick

if TYPE_CHECKING:
    from bench.tasks.base import Split

Story = Callable[[Random, str], tuple[str, str]]

NAMES: dict[Split, tuple[str, ...]] = {
    "train": ("Anouk", "Bastian", "Chidi", "Dagny", "Emre", "Farah", "Goran", "Hilde", "Ines"),
    "test": ("Jorun", "Kemal", "Liang", "Maren"),
}
THINGS = ("buttons", "candles", "marbles", "pencils", "postcards", "seashells", "stickers")
SHELVED = ("jars", "lamps", "mugs", "puzzles", "radios")
BAKED = ("buns", "pies", "rolls", "waffles")
SEEDS: dict[Split, int] = {"train": 11, "test": 12}
ROWS: dict[Split, int] = {"train": 480, "test": 60}


def generate(split: Split) -> list[dict[str, str]]:
    """Rows of one split: the same on every machine and in every version of Python."""
    rng = Random(SEEDS[split])  # noqa: S311  (reproducible numbers, nothing secret)
    rows: dict[str, str] = {}
    while len(rows) < ROWS[split]:
        question, answer = pick(rng, STORIES)(rng, pick(rng, NAMES[split]))
        rows.setdefault(question, answer)
    return [{"question": question, "answer": answer} for question, answer in rows.items()]


def _step(left: int, sign: str, right: int) -> tuple[str, int]:
    """`3 * 4 = <<3*4=12>>12` and 12."""
    value = {"+": left + right, "-": left - right, "*": left * right, "/": left // right}[sign]
    return f"{left} {sign} {right} = <<{left}{sign}{right}={value}>>{value}", value


def _boxes(rng: Random, name: str) -> tuple[str, str]:
    thing, had = pick(rng, THINGS), number(rng, 5, 30)
    boxes, each = number(rng, 2, 6), number(rng, 2, 10)
    first, bought = _step(boxes, "*", each)
    second, total = _step(had, "+", bought)
    return (
        (
            f"{name} has {had} {thing} and buys {boxes} boxes with {each} {thing} in each box. "
            f"How many {thing} does {name} have now?"
        ),
        f"The boxes hold {first} {thing}.\n{name} now has {second} {thing}.\n#### {total}",
    )


def _gifts(rng: Random, name: str) -> tuple[str, str]:
    thing, friends, each = pick(rng, THINGS), number(rng, 2, 6), number(rng, 2, 8)
    had = friends * each + number(rng, 1, 30)
    first, given = _step(friends, "*", each)
    second, left = _step(had, "-", given)
    return (
        (
            f"{name} has {had} {thing} and gives {each} of them to each of {friends} friends. "
            f"How many {thing} are left?"
        ),
        f"{name} gives away {first} {thing}.\nThere are {second} {thing} left.\n#### {left}",
    )


def _change(rng: Random, name: str) -> tuple[str, str]:
    thing, count, price = pick(rng, SHELVED), number(rng, 2, 6), number(rng, 2, 9)
    paid = -(-count * price // 10) * 10 + 10
    first, cost = _step(count, "*", price)
    second, back = _step(paid, "-", cost)
    return (
        (
            f"{name} buys {count} {thing} for ${price} each and pays with ${paid}. "
            "How many dollars of change are due?"
        ),
        f"The {thing} cost {first} dollars.\nThe change is {second} dollars.\n#### {back}",
    )


def _bakery(rng: Random, name: str) -> tuple[str, str]:
    thing, rate, hours = pick(rng, BAKED), number(rng, 3, 10), number(rng, 2, 6)
    sold = number(rng, 1, rate * hours - 1)
    first, baked = _step(rate, "*", hours)
    second, left = _step(baked, "-", sold)
    return (
        (
            f"{name} bakes {rate} {thing} an hour for {hours} hours and sells {sold} of them. "
            f"How many {thing} remain?"
        ),
        f"{name} bakes {first} {thing}.\nThere remain {second} {thing}.\n#### {left}",
    )


def _shares(rng: Random, name: str) -> tuple[str, str]:
    thing, people, each = pick(rng, THINGS), number(rng, 2, 6), number(rng, 4, 10)
    lost = number(rng, 1, 3)
    first, share = _step(people * each, "/", people)
    second, left = _step(share, "-", lost)
    return (
        (
            f"{people} children share {people * each} {thing} equally. {name} is one of them and "
            f"loses {lost}. How many {thing} does {name} have then?"
        ),
        f"Each child gets {first} {thing}.\n{name} then has {second} {thing}.\n#### {left}",
    )


def _halves(rng: Random, name: str) -> tuple[str, str]:
    thing, later = pick(rng, THINGS), number(rng, 2, 20)
    first, half = _step(2 * later, "/", 2)
    second, total = _step(2 * later, "+", half)
    return (
        (
            f"{name} found {2 * later} {thing} on Monday and half as many on Tuesday. "
            f"How many {thing} did {name} find in all?"
        ),
        f"On Tuesday it was {first} {thing}.\nIn all it was {second} {thing}.\n#### {total}",
    )


STORIES: tuple[Story, ...] = (_boxes, _gifts, _change, _bakery, _shares, _halves)
