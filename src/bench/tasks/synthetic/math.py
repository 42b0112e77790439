r"""Problems in LaTeX of the project's own making: for trying the harness out, not for results.

Each is one of eight questions with small numbers, in MATH's columns and form: the last
`\boxed{}` of the solution holds the answer, a whole number or a reduced fraction. All splits
are cut from one list of different problems, so none is in two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from random import Random
from typing import TYPE_CHECKING

from bench.tasks.synthetic.draw import number, pick

if TYPE_CHECKING:
    from bench.tasks.base import Split


SEED = 13
ROWS: dict[Split, int] = {"train": 480, "test": 60}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A kind of problem; `write` gives a problem and its solution."""

    type: str
    level: int
    write: Callable[[Random], tuple[str, str]]


def generate(split: Split) -> list[dict[str, str]]:
    """Rows of one split: the same on every machine and in every version of Python."""
    rng = Random(SEED)  # noqa: S311  (reproducible numbers, nothing secret)
    rows: dict[str, dict[str, str]] = {}
    while len(rows) < sum(ROWS.values()):
        kind = pick(rng, QUESTIONS)
        problem, solution = kind.write(rng)
        row = {"problem": problem, "level": f"Level {kind.level}", "type": kind.type}
        rows.setdefault(problem, {**row, "solution": solution})
    found = list(rows.values())
    return found[ROWS["test"] :] if split == "train" else found[: ROWS["test"]]


def _latex(value: Fraction) -> str:
    r"""`-\frac{3}{4}`, or a whole number as itself."""
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _boxed(value: Fraction | int) -> str:
    return rf"\boxed{{{_latex(Fraction(value))}}}"


def _sum(rng: Random) -> tuple[str, str]:
    below, first, second = number(rng, 3, 12), number(rng, 1, 9), number(rng, 1, 9)
    both = first + second
    return (
        (
            rf"Compute $\frac{{{first}}}{{{below}}} + \frac{{{second}}}{{{below}}}$ as a reduced "
            "fraction."
        ),
        (
            rf"The sum is $\frac{{{first} + {second}}}{{{below}}} = \frac{{{both}}}{{{below}}} = "
            rf"{_boxed(Fraction(both, below))}$."
        ),
    )


def _linear(rng: Random) -> tuple[str, str]:
    factor, root, added = number(rng, 2, 9), number(rng, 1, 12), number(rng, 1, 20)
    right = factor * root
    return (
        rf"Solve ${factor}x + {added} = {right + added}$ for $x$.",
        (
            rf"Subtracting {added} gives ${factor}x = {right}$. Dividing by {factor} gives "
            rf"$x = {_boxed(root)}$."
        ),
    )


def _slope(rng: Random) -> tuple[str, str]:
    x, y = number(rng, 0, 5), number(rng, 0, 9)
    run, rise = number(rng, 1, 6), number(rng, -5, 9)
    return (
        rf"What is the slope of the line through $({x},{y})$ and $({x + run},{y + rise})$?",
        (
            rf"The slope is $\frac{{{y + rise} - {y}}}{{{x + run} - {x}}} = "
            rf"\frac{{{rise}}}{{{run}}} = {_boxed(Fraction(rise, run))}$."
        ),
    )


def _remainder(rng: Random) -> tuple[str, str]:
    by, times = number(rng, 3, 9), number(rng, 2, 10)
    left = number(rng, 0, by - 1)
    dividend, multiple = by * times + left, by * times
    return (
        rf"What is the remainder when ${dividend}$ is divided by ${by}$?",
        (
            rf"The largest multiple of {by} that is not above {dividend} is ${by} \cdot {times} = "
            rf"{multiple}$. The remainder is ${dividend} - {multiple} = {_boxed(left)}$."
        ),
    )


def _divisor(rng: Random) -> tuple[str, str]:
    common = number(rng, 2, 9)
    first, second = number(rng, 1, 6), number(rng, 1, 6)
    shared = common * gcd(first, second)
    one, other = common * first, common * second
    return (
        rf"Find the greatest common divisor of ${one}$ and ${other}$.",
        (
            rf"We have ${one} = {shared} \cdot {one // shared}$ and ${other} = {shared} \cdot "
            rf"{other // shared}$. The greatest common divisor is ${_boxed(shared)}$."
        ),
    )


def _triangle(rng: Random) -> tuple[str, str]:
    base, height = number(rng, 2, 12), number(rng, 2, 10)
    area = Fraction(base * height, 2)
    return (
        rf"A triangle has base ${base}$ and height ${height}$. What is its area?",
        (
            rf"The area is $\frac{{{base} \cdot {height}}}{{2}} = \frac{{{base * height}}}{{2}} = "
            rf"{_boxed(area)}$."
        ),
    )


def _urn(rng: Random) -> tuple[str, str]:
    red, blue = number(rng, 1, 9), number(rng, 1, 9)
    return (
        (
            rf"A bag holds ${red}$ red and ${blue}$ blue tiles. One tile is drawn at random. What "
            "is the probability that it is red?"
        ),
        (
            rf"There are ${red} + {blue} = {red + blue}$ tiles. The probability is "
            rf"$\frac{{{red}}}{{{red + blue}}} = {_boxed(Fraction(red, red + blue))}$."
        ),
    )


def _value(rng: Random) -> tuple[str, str]:
    square, line, at = number(rng, 1, 4), number(rng, 1, 9), number(rng, 1, 5)
    first, second = square * at * at, line * at
    return (
        rf"Let $f(x) = {square}x^2 + {line}x$. Find $f({at})$.",
        (
            rf"We have $f({at}) = {square} \cdot {at * at} + {line} \cdot {at} = "
            rf"{first} + {second} = {_boxed(first + second)}$."
        ),
    )


QUESTIONS = (
    Question(type="Prealgebra", level=1, write=_sum),
    Question(type="Algebra", level=2, write=_linear),
    Question(type="Algebra", level=3, write=_slope),
    Question(type="Number Theory", level=2, write=_remainder),
    Question(type="Number Theory", level=4, write=_divisor),
    Question(type="Geometry", level=2, write=_triangle),
    Question(type="Counting & Probability", level=3, write=_urn),
    Question(type="Intermediate Algebra", level=5, write=_value),
)
