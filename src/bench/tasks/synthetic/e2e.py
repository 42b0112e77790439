"""E2E-style rows of the project's own making: for trying the harness out, not for results.

Names, places, values and sentences are inventions of this project. A meaning representation
has a name and 2 to 7 further attributes, each of which every one of its 3 to 6 texts states.
Names of the three splits are disjoint, so a model must copy them to do well.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from bench.tasks.synthetic.draw import pick, shuffled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.tasks.base import Split

Representation = dict[str, str]
"""Values by attribute, in the order of the meaning representation."""

FIRST_WORDS: dict[Split, tuple[str, ...]] = {
    "train": (
        *("Amber", "Brass", "Crooked", "Drowsy", "Flint", "Gilded", "Hollow"),
        *("Juniper", "Lofty", "Marigold", "Nimble", "Quiet", "Rustic", "Thistle"),
    ),
    "validation": ("Pewter", "Velvet", "Winding"),
    "test": ("Saffron", "Tidal", "Umber"),
}
SECOND_WORDS = ("Anvil", "Beacon", "Ferret", "Kettle", "Lantern", "Orchard", "Spoon", "Weaver")
SEEDS: dict[Split, int] = {"train": 1, "validation": 2, "test": 3}
REPRESENTATIONS: dict[Split, int] = {"train": 450, "validation": 45, "test": 60}

VALUES = {
    "eatType": ("bistro", "canteen", "diner", "inn", "tea room", "wine bar"),
    "food": ("Ethiopian", "Korean", "Lebanese", "Peruvian", "Polish", "vegan"),
    "priceRange": ("low", "modest", "steep", "under £12", "£12-18", "over £40"),
    "customer rating": ("poor", "fair", "excellent", "2 stars", "4 stars"),
    "area": ("harbour district", "market quarter", "old town", "university district"),
    "familyFriendly": ("yes", "no"),
    "near": (
        *("Alder Library", "Fenwick Bridge", "Millrace Park"),
        *("Oriel Theatre", "Station Arcade", "Tollgate Museum"),
    ),
}
"""Every attribute besides the name, in the order of a meaning representation."""

PREDICATES = {
    "food": ("serves {} food", "has {} dishes on its menu"),
    "area": ("is in the {}", "can be found in the {}"),
    "near": ("is near {}", "stands close to {}"),
    "price word": ("has {} prices", "keeps its prices {}"),
    "price amount": ("charges {} for a meal", "sells meals for {}"),
    "rating word": ("has {article} {} customer rating", "is rated {} by its customers"),
    "rating stars": ("has a customer rating of {}", "is rated {} by its customers"),
    "yes": ("is family-friendly", "welcomes families"),
    "no": ("is not family-friendly", "is for adults only"),
}
"""What a sentence says of its subject; `{}` is the value."""

FOOD_TAILS = (" serving {} food", " that serves {} food", " with {} dishes on its menu")


def generate(split: Split) -> list[dict[str, str]]:
    """Rows of one split: the same on every machine and in every version of Python."""
    rng = Random(SEEDS[split])  # noqa: S311  (reproducible text, nothing secret)
    texts: dict[str, list[str]] = {}
    while len(texts) < REPRESENTATIONS[split]:
        representation = _representation(rng, split)
        texts.setdefault(_written(representation), _texts(rng, representation))
    return [
        {"meaning_representation": written, "human_reference": text}
        for written, variants in texts.items()
        for text in variants
    ]


def _representation(rng: Random, split: Split) -> Representation:
    chosen = shuffled(rng, list(VALUES))[: pick(rng, (2, 3, 4, 4, 5, 5, 6, 7))]
    name = f"{pick(rng, FIRST_WORDS[split])} {pick(rng, SECOND_WORDS)}"
    values = {key: pick(rng, VALUES[key]) for key in VALUES if key in chosen}
    return {"name": name, **values}


def _written(representation: Representation) -> str:
    return ", ".join(f"{key}[{value}]" for key, value in representation.items())


def _texts(rng: Random, representation: Representation) -> list[str]:
    wanted = pick(rng, (3, 4, 5, 6))
    texts: dict[str, None] = {}
    while len(texts) < wanted:
        texts[_text(rng, representation)] = None
    return list(texts)


def _text(rng: Random, representation: Representation) -> str:
    """Write an opening sentence that states some attributes, and further ones for the rest."""
    rest = [key for key in representation if key not in ("name", "eatType")]
    inline = [key for key in rest if key not in ("priceRange", "customer rating")]
    stated = shuffled(rng, inline)[: pick(rng, (0, 1, 1, 2, 2, 3))]
    sentences = [_opening(rng, representation, stated)]
    waiting = shuffled(rng, [key for key in rest if key not in stated])
    noun = representation.get("eatType", "place")
    while waiting:
        size = pick(rng, (2, 2, 3))
        said = [_predicate(rng, key, representation[key]) for key in waiting[:size]]
        waiting = waiting[size:]
        sentences.append(f"{pick(rng, ('It', 'It', f'The {noun}'))} {_joined(said)}.")
    return " ".join(sentences)


def _opening(rng: Random, representation: Representation, stated: Sequence[str]) -> str:
    name, kind = representation["name"], representation.get("eatType", "place")
    if "familyFriendly" in stated:
        welcome = {"yes": "family-friendly", "no": "adults-only"}
        kind = f"{welcome[representation['familyFriendly']]} {kind}"
    kind = f"{_article(kind)} {kind}"
    food = pick(rng, FOOD_TAILS).format(representation["food"]) if "food" in stated else ""
    places = [f"in the {representation['area']}"] if "area" in stated else []
    if "near" in stated:
        places.append(f"{pick(rng, ('near', 'close to'))} {representation['near']}")
    where = " ".join(places)
    tail = f"{food} {where}".rstrip()
    plans = [f"{name} is {kind}{tail}.", f"There is {kind} called {name}{tail}."]
    if where:
        front = where[0].upper() + where[1:]
        plans.append(f"{front} there is {kind} called {name}{food}.")
        plans.append(f"{front} you will find {name}, {kind}{food}.")
    return pick(rng, plans)


def _predicate(rng: Random, key: str, value: str) -> str:
    forms = {
        "priceRange": "price amount" if "£" in value else "price word",
        "customer rating": "rating stars" if "stars" in value else "rating word",
        "familyFriendly": value,
    }
    return pick(rng, PREDICATES[forms.get(key, key)]).format(value, article=_article(value))


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _joined(parts: Sequence[str]) -> str:
    """Join as `a`, `a and b` or `a, b and c`."""
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
