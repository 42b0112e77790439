"""Facts and texts of the project's own making: for trying the harness out, not for results.

Names, relations, values and sentences are inventions of this project; dart.py and
webnlg.py beside it write them as rows. A thing has 1 to 4 facts, and the person or company in
one of them may have another. Names of the three splits are disjoint, so a model must copy them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from bench.tasks.base import Split
from bench.tasks.synthetic.draw import pick, shuffled

Triple = tuple[str, str, str]

WORDS: dict[Split, tuple[str, ...]] = {
    "train": (
        *("Abbenfold", "Brackwater", "Cindermoss", "Dunlarrow", "Elverstead", "Foxhollin"),
        *("Grenmarsh", "Harrowick", "Ivelcombe", "Juddenham", "Kestermead", "Larkfen"),
    ),
    "validation": ("Mossgarth", "Netherquoy", "Orrinsby"),
    "test": ("Pellowick", "Rookmoor", "Selwaite", "Thornabbot"),
}
"""What the name of every thing has in it."""
TOWNS = ("Port Veil", "Wick Sound", "Saint Orla", "Upper Tamsin", "Quarrel Bay")
PEOPLE = ("Odile Marchbank", "Tobias Quill", "Ingrid Vossler", "Amos Tarleton")
FIRMS = ("Greywing Group", "Halcyon Lines", "Tern and Sons")
YEARS = ("1874", "1903", "1936", "1958", "1987", "2004")

Phrases = tuple[str, str]
"""Two ways to say a relation of its subject; `{}` is the object."""


@dataclass(frozen=True)
class Relation:
    """What may stand as the object, and how that is said."""

    objects: tuple[str, ...]
    phrases: Phrases


@dataclass(frozen=True)
class Category:
    """A kind of things: what one is called, how it is named, what is known of it."""

    noun: str
    name: str
    relations: Mapping[str, Relation]


CATEGORIES = {
    "Airport": Category(
        "airport",
        "{} Airfield",
        {
            "location": Relation(TOWNS, ("is in {}", "lies in {}")),
            "runwayLength": Relation(
                ("1450", "1820", "2390", "3105"),
                ("has a runway of {} metres", "has a runway that is {} metres long"),
            ),
            "operator": Relation(FIRMS, ("is run by {}", "is operated by {}")),
            "openingYear": Relation(YEARS, ("was opened in {}", "has been open since {}")),
        },
    ),
    "Building": Category(
        "building",
        "{} Hall",
        {
            "location": Relation(TOWNS, ("stands in {}", "is found in {}")),
            "architect": Relation(PEOPLE, ("was designed by {}", "is the work of {}")),
            "floorCount": Relation(("3", "7", "12", "26"), ("has {} floors", "is {} floors high")),
            "completionYear": Relation(YEARS, ("was completed in {}", "was finished in {}")),
        },
    ),
    "Food": Category(
        "dish",
        "{} Pudding",
        {
            "region": Relation(TOWNS, ("comes from {}", "is a dish of {}")),
            "ingredient": Relation(
                ("barley", "smoked eel", "hazelnuts", "sour plums"),
                ("is made with {}", "contains {}"),
            ),
            "course": Relation(
                ("dessert", "starter", "main course"), ("is served as a {}", "is eaten as a {}")
            ),
            "creator": Relation(PEOPLE, ("was invented by {}", "was first made by {}")),
        },
    ),
    "University": Category(
        "university",
        "{} College",
        {
            "city": Relation(TOWNS, ("is in {}", "has its campus in {}")),
            "rector": Relation(PEOPLE, ("is led by {}", "has {} as its rector")),
            "numberOfStudents": Relation(
                ("640", "2150", "8300"), ("has {} students", "teaches {} students")
            ),
            "established": Relation(YEARS, ("was founded in {}", "was established in {}")),
        },
    ),
    "Artist": Category(
        "artist",
        "Mirela {}",
        {
            "birthPlace": Relation(TOWNS, ("was born in {}", "comes from {}")),
            "genre": Relation(("marsh folk", "slow jazz", "chamber pop"), ("plays {}", "sings {}")),
            "recordLabel": Relation(FIRMS, ("records for {}", "has a contract with {}")),
            "activeSince": Relation(YEARS, ("has been active since {}", "first sang in {}")),
        },
    ),
    "CelestialBody": Category(
        "asteroid",
        "18 {}",
        {
            "discoverer": Relation(PEOPLE, ("was discovered by {}", "was first seen by {}")),
            "discovered": Relation(YEARS, ("was discovered in {}", "was first seen in {}")),
            "orbitalPeriod": Relation(
                ("212", "590", "1340"), ("has an orbit of {} days", "needs {} days for an orbit")
            ),
        },
    ),
}

FURTHER = {
    **dict.fromkeys(FIRMS, ("headquarters", ("is based in {}", "has its office in {}"))),
    **dict.fromkeys(PEOPLE, ("residence", ("lives in {}", "has a house in {}"))),
}
"""What else may be known of an object: a relation to a town."""


@dataclass(frozen=True)
class Description:
    """Facts and distinct texts, each of which states them all."""

    category: str
    triples: tuple[Triple, ...]
    texts: tuple[str, ...]


def describe(split: Split, categories: Sequence[str], count: int, seed: int) -> list[Description]:
    """Descriptions of distinct facts: the same on every machine, in every version of Python."""
    rng = Random(seed)  # noqa: S311  (reproducible text, nothing secret)
    found: dict[tuple[Triple, ...], Description] = {}
    while len(found) < count:
        category = pick(rng, categories)
        triples = _triples(rng, CATEGORIES[category], pick(rng, WORDS[split]))
        texts: dict[str, None] = {}
        wanted = pick(rng, (2, 2, 3, 3))
        while len(texts) < wanted:
            texts[_text(rng, CATEGORIES[category], triples)] = None
        found.setdefault(triples, Description(category, triples, tuple(texts)))
    return list(found.values())


def _triples(rng: Random, category: Category, word: str) -> tuple[Triple, ...]:
    name = category.name.format(word)
    chosen = shuffled(rng, list(category.relations))[: pick(rng, (1, 2, 2, 3, 3, 4))]
    triples = [(name, one, pick(rng, category.relations[one].objects)) for one in chosen]
    linked = [value for _, _, value in triples if value in FURTHER]
    further = [(one, FURTHER[one][0], pick(rng, TOWNS)) for one in linked if rng.random() < 0.4]
    return (*triples, *further)


def _text(rng: Random, category: Category, triples: Sequence[Triple]) -> str:
    """One or two facts of the thing in each sentence; then one for each further fact."""
    name = triples[0][0]
    own = shuffled(rng, [triple for triple in triples if triple[0] == name])
    subject = pick(rng, (name, name, f"The {category.noun} {name}"))
    sentences = []
    while own:
        size = pick(rng, (1, 2, 2))
        said = [_said(rng, category.relations[one].phrases, value) for _, one, value in own[:size]]
        sentences.append(f"{subject} {' and '.join(said)}.")
        subject, own = f"The {category.noun}", own[size:]
    for who, _, town in triples:
        if who != name:
            sentences.append(f"{who} {_said(rng, FURTHER[who][1], town)}.")
    return " ".join(sentences)


def _said(rng: Random, phrases: Phrases, value: str) -> str:
    return pick(rng, phrases).format(value)
