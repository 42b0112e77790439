"""Rows like those of GLUE of the project's own making: for trying the harness out only.

Every task speaks of scenes: somebody did something to a thing, somewhere, some day. The people
of the files of a task are disjoint, so no text is in two of them. Labels take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from bench.tasks.synthetic.draw import pick, shuffled

Scene = Mapping[str, str]
"""A value for each of SLOTS."""
Texts = tuple[str, ...]

TRAINING, OTHER = 480, 120
"""Rows of a file."""

PEOPLE = {
    "train": (
        *("baker", "sailor", "tailor", "farmer", "painter", "dentist", "plumber", "gardener"),
        *("librarian", "carpenter", "musician", "postman", "chemist", "weaver", "miner", "cook"),
    ),
    "validation": ("barber", "pilot", "sculptor", "surgeon", "brewer", "teacher"),
    "validation_mismatched": ("knight", "wizard", "pirate", "duchess", "giant", "hermit"),
}
"""Those of `validation_matched` are those of `validation`: no task has both."""

VERBS = {
    "repair": ("repaired", "fixed"),
    "buy": ("bought", "purchased"),
    "hide": ("hid", "concealed"),
    "clean": ("cleaned", "washed"),
    "lose": ("lost", "misplaced"),
    "find": ("found", "discovered"),
    "draw": ("drew", "sketched"),
    "throw": ("threw", "tossed"),
}
"""Two ways to say that it is done."""

CHOICES = {
    "verb": tuple(VERBS),
    "thing": ("ladder", "drum", "kite", "clock", "canoe", "teapot", "lamp", "saddle"),
    "place": ("in the attic", "behind the mill", "at the harbour", "under the bridge"),
    "day": ("on Monday", "last night", "in March", "at noon"),
}
"""All of a scene but the person."""
SLOTS = ("who", *CHOICES)
CORE = ("who", "verb", "thing")
"""What every sentence about a scene states."""

PRAISE = ("wonderful", "charming", "brilliant", "delightful", "superb", "touching", "splendid")
BLAME = ("dreadful", "tedious", "clumsy", "boring", "awful", "pointless", "dismal")
OPINIONS = (
    "the {who} gave a {} talk about the {thing}",
    "what a {} {thing} the {who} showed us {day}",
    "the {who} 's story of the {thing} {place} is {}",
    "{place} the {who} played a {} tune",
)
ADDITIONS = ("for a wager", "to please a cousin", "without any help", "for the third time")


def generate(key: str, name: str) -> list[dict[str, Any]]:
    """Rows of the file `name` of a task: the same on every machine and in every version."""
    columns, labels, make = MAKERS[key]
    people = PEOPLE.get(name, PEOPLE["validation"])
    rng = Random(f"{key} {name}")  # noqa: S311  (reproducible text, nothing secret)
    rows: dict[Texts, float] = {}
    while len(rows) < (TRAINING if name == "train" else OTHER):
        label = labels[len(rows) % len(labels)]
        rows.setdefault(make(rng, people, label), label)
    return [dict(zip((*columns, "label"), (*texts, rows[texts]), strict=True)) for texts in rows]


def scene(rng: Random, people: Sequence[str]) -> dict[str, str]:
    """Draw a scene."""
    return {"who": pick(rng, people), **{key: pick(rng, CHOICES[key]) for key in CHOICES}}


def changed(
    rng: Random, given: Scene, people: Sequence[str], slots: int, among: Sequence[str] = SLOTS
) -> dict[str, str]:
    """The same scene with some slots of another value."""
    choices = {"who": people, **CHOICES}
    chosen = shuffled(rng, among)[:slots]
    other = {k: pick(rng, [v for v in choices[k] if v != given[k]]) for k in chosen}
    return {**given, **other}


def told(one: Scene, way: int = 0, said: Sequence[str] = ("place", "day")) -> str:
    """A sentence that states a scene, or less of it, in the first or second way."""
    where, when = (one[slot] if slot in said else "" for slot in ("place", "day"))
    core = f"the {one['who']} {VERBS[one['verb']][way]} the {one['thing']} {where}"
    return sentence(f"{when}, {core}" if way and when else f"{core} {when}")


def sentence(words: str, end: str = ".") -> str:
    """Words with a capital, single blanks and an end."""
    text = " ".join(words.split())
    return f"{text[0].upper()}{text[1:]}{end}"


def cola(rng: Random, people: Sequence[str], label: float) -> Texts:
    """Unacceptable are two neighbours that changed places, and a verb left out."""
    one = scene(rng, people)
    words = told(one, said=pick(rng, (("place",), ("place", "day")))).rstrip(".").split()
    at = pick(rng, range(5))
    if label == 0 and at == 4:
        del words[2]
    elif label == 0:
        words[at : at + 2] = words[at + 1].lower(), words[at].lower()
    return (sentence(" ".join(words)),)


def sst2(rng: Random, people: Sequence[str], label: float) -> Texts:
    """One word of praise or blame, in lower case as the reviews are."""
    word = pick(rng, PRAISE if label == 1 else BLAME)
    return (pick(rng, OPINIONS).format(word, **scene(rng, people)),)


def mrpc(rng: Random, people: Sequence[str], label: float) -> Texts:
    """The same scene in other words, or one that differs in two things."""
    one = scene(rng, people)
    other = one if label == 1 else changed(rng, one, people, 2)
    way = pick(rng, (0, 1))
    return told(one, way), told(other, 1 - way)


def stsb(rng: Random, people: Sequence[str], label: float) -> Texts:
    """As many equal slots as the label says."""
    one = scene(rng, people)
    return told(one), told(changed(rng, one, people, 5 - int(label)), pick(rng, (0, 1)))


def qqp(rng: Random, people: Sequence[str], label: float) -> Texts:
    """Two ways to ask for the reason of one scene, or of two that differ in two things."""
    one = scene(rng, people)
    other = one if label == 1 else changed(rng, one, people, 2)
    first = "why did the {who} {verb} the {thing} {place}".format(**one)
    reason = "for what reason did the {who} {verb} the {thing} {place}".format(**other)
    return sentence(first, "?"), sentence(reason, "?")


def qnli(rng: Random, people: Sequence[str], label: float) -> Texts:
    """A sentence with the place or day that is asked for, or one about another scene."""
    one = scene(rng, people)
    word, slot = pick(rng, (("where", "place"), ("when", "day")))
    question = sentence(f"{word} did the {one['who']} {one['verb']} the {one['thing']}", "?")
    answer = one if label == 0 else changed(rng, one, people, 2, CORE)
    return question, told(answer, said=(slot,))


def rte(rng: Random, people: Sequence[str], label: float) -> Texts:
    """Less of the same scene, or of one that differs in two of three things."""
    one = scene(rng, people)
    other = one if label == 0 else changed(rng, one, people, 2, CORE)
    return told(one), told(other, 1, pick(rng, ((), ("place",))))


def mnli(rng: Random, people: Sequence[str], label: float) -> Texts:
    """Less of the premise, more than it says, or its denial."""
    one = scene(rng, people)
    less = told(one, pick(rng, (0, 1)), ()).rstrip(".")
    denial = "the {who} did not {verb} the {thing}".format(**one)
    said = (less, f"{less} {pick(rng, ADDITIONS)}", denial)[int(label)]
    return told(one, pick(rng, (0, 1))), sentence(said)


Maker = Callable[[Random, Sequence[str], float], Texts]

MAKERS: dict[str, tuple[tuple[str, ...], tuple[float, ...], Maker]] = {
    "cola": (("sentence",), (0, 1), cola),
    "sst2": (("sentence",), (0, 1), sst2),
    "mrpc": (("sentence1", "sentence2"), (0, 1), mrpc),
    "stsb": (("sentence1", "sentence2"), (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), stsb),
    "qqp": (("question1", "question2"), (0, 1), qqp),
    "qnli": (("question", "sentence"), (0, 1), qnli),
    "rte": (("sentence1", "sentence2"), (0, 1), rte),
    "mnli": (("premise", "hypothesis"), (0, 1, 2), mnli),
}
"""Columns of the texts, labels, and what writes the texts for a label."""
