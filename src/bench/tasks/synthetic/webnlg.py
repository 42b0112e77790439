"""Rows like those of WebNLG of the project's own making: for trying the harness out only.

The test split has the categories of the training split and two more. Some rows have one more
text, cut short, that is to be left out for its comment.
"""

from __future__ import annotations

from random import Random
from typing import Any

from bench.tasks.base import Split
from bench.tasks.synthetic.triples import Description, describe

SEEN = ("Airport", "Building", "Food", "University")
UNSEEN = ("Artist", "CelestialBody")
CATEGORIES: dict[Split, tuple[str, ...]] = {
    "train": SEEN,
    "validation": SEEN,
    "test": (*SEEN, *UNSEEN),
}
SEEDS: dict[Split, int] = {"train": 21, "validation": 22, "test": 23}
INPUTS: dict[Split, int] = {"train": 400, "validation": 40, "test": 60}
FAULTY_SHARE = 0.1


def generate(split: Split) -> list[dict[str, Any]]:
    """Rows of one split: the same on every machine and in every version of Python."""
    rng = Random(-SEEDS[split])  # noqa: S311  (reproducible text, nothing secret)
    described = describe(split, CATEGORIES[split], INPUTS[split], SEEDS[split])
    return [_row(one, faulty=rng.random() < FAULTY_SHARE) for one in described]


def _row(one: Description, *, faulty: bool) -> dict[str, Any]:
    cut = [one.texts[0][: len(one.texts[0]) // 2]] if faulty else []
    return {
        "category": one.category,
        "triples": [[part.replace(" ", "_") for part in triple] for triple in one.triples],
        "references": [*one.texts, *cut],
        "lex_comment": ["good"] * len(one.texts) + ["toFix"] * len(cut),
    }
