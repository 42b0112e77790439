"""Rows like those of DART of the project's own making: for trying the harness out only.

There are two sources, `places` and `things`; some inputs stand in two rows.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

from bench.tasks.base import Split
from bench.tasks.synthetic.triples import Description, describe

SOURCES = {"Airport": "places", "Building": "places", "Food": "things", "Artist": "things"}
"""Where the texts of each category are said to be from."""
SEEDS: dict[Split, int] = {"train": 11, "validation": 12, "test": 13}
INPUTS: dict[Split, int] = {"train": 400, "validation": 40, "test": 60}
SPLIT_SHARE = 0.2
"""Of the inputs, those whose first text stands in a row of its own."""


def generate(split: Split) -> list[dict[str, Any]]:
    """Rows of one split: the same on every machine and in every version of Python."""
    rng = Random(-SEEDS[split])  # noqa: S311  (reproducible text, nothing secret)
    rows = []
    for one in describe(split, tuple(SOURCES), INPUTS[split], SEEDS[split]):
        first = 1 if rng.random() < SPLIT_SHARE else len(one.texts)
        rows += [_row(one, texts) for texts in (one.texts[:first], one.texts[first:]) if texts]
    return rows


def _row(one: Description, texts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "tripleset": [[subject, _relation(name), value] for subject, name, value in one.triples],
        "annotations": {"source": [SOURCES[one.category]] * len(texts), "text": list(texts)},
    }


def _relation(name: str) -> str:
    """`runwayLength` as `RUNWAY_LENGTH`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
