"""Rows of the whole cells: few enough words that a tiny model learns some of them."""

from __future__ import annotations

from typing import Any

NAMES = ("Cotto", "Aromi", "The Mill", "Alimentum", "Zizzi", "Wildwood")
DESCRIPTIONS = (("cafe", "It is a cafe by the sea."), ("pub", "It is a pub in the town."))
WORDS = ("good", "bad")

Rows = list[dict[str, Any]]


def descriptions() -> dict[str, Rows]:
    """Rows of E2E, the same in every split."""
    rows: Rows = [
        {"meaning_representation": f"name[{name}], eatType[{kind}]", "human_reference": text}
        for name in NAMES
        for kind, text in DESCRIPTIONS
    ]
    return {"train": rows, "validation": rows, "test": rows}


def paraphrases() -> dict[str, Rows]:
    """Rows of MRPC; one in five of the validation split has the wrong label."""
    rows: Rows = [
        {
            "sentence1": f"{name} is {WORDS[word]}.",
            "sentence2": f"{name} is {WORDS[(word + place) % 2]}.",
            "label": int((word + place) % 2 == word),
        }
        for place, name in enumerate(NAMES)
        for word in (0, 1)
    ]
    wrong: Rows = [
        {**row, "label": 1 - row["label"]} if place % 5 == 0 else row
        for place, row in enumerate(rows)
    ]
    return {"train": rows, "validation": wrong}
