"""GLUE: eight tasks that decide about one or two English texts (Wang et al., arXiv 1804.07461)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from bench.errors import DataError
from bench.metrics.scores import Scores
from bench.tasks.base import MetricInfo
from bench.tasks.glue_base import Glue, metrics, published, source
from bench.tasks.items import LabelItem

Value = TypeVar("Value")

ENTAILMENT = ("entailment", "not_entailment")
MATCHED, MISMATCHED = "matched", "mismatched"


class Cola(Glue):
    """Whether a sentence is acceptable English (Warstadt et al., arXiv 1805.12471)."""

    key = "cola"
    title = "CoLA (GLUE): acceptable sentences"
    texts = ("sentence",)
    classes = ("unacceptable", "acceptable")
    labels = 2
    metrics = metrics(key)
    files = published(
        source(key, "none stated; from books of linguistics, for research", texts),
        train=(8551, "0d05b26e4e00f8c47ef80a4643f653389d812e28f61b6baadab5704076b461e5"),
        validation=(1043, "2c39e75545dc3061b77130d3cd75885ea9ff8bc2dcb86dcf8e2ad6edd3994d0c"),
    )


class Sst2(Glue):
    """Whether a phrase of a film review is positive (Socher et al., EMNLP 2013)."""

    key = "sst2"
    title = "SST-2 (GLUE): sentiment"
    texts = ("sentence",)
    classes = ("negative", "positive")
    labels = 2
    metrics = metrics(key)
    files = published(
        source(key, "none stated", texts),
        train=(67349, "4f7bd17d24c6ded061d19838fb126e6204bfbe72067bddcf890a1bc705b4897a"),
        validation=(872, "32a47c8f15d36639dfc1828d4c89f3f4ebb34b8cbac207ebe9cba640b3ea2028"),
    )


class Mrpc(Glue):
    """Whether two sentences of the news say the same (Dolan and Brockett, IWP 2005)."""

    key = "mrpc"
    title = "MRPC (GLUE): paraphrases"
    texts = ("sentence1", "sentence2")
    classes = ("not_equivalent", "equivalent")
    labels = 2
    metrics = metrics(key)
    files = published(
        source(key, "MSR-SSLA: non-commercial", texts),
        train=(3668, "7b20898881126b15878b9e430b05116802b40e239b87c591ae896594d2f01bed"),
        validation=(408, "1f71e43fd38c5df25d7edf9cb4171eadf574b737bf3e5c46e3e41faaac4b88ed"),
    )


class Qqp(Glue):
    """Whether two questions ask for the same (Iyer, Dandekar and Csernai, Quora 2017)."""

    key = "qqp"
    title = "QQP (GLUE): duplicate questions"
    texts = ("question1", "question2")
    classes = ("not_duplicate", "duplicate")
    labels = 2
    metrics = metrics(key)
    files = published(
        source(key, "Quora's terms of service: non-commercial", texts),
        train=(363846, None),
        validation=(40430, None),
    )


class Qnli(Glue):
    """Whether a sentence holds the answer to a question (Rajpurkar et al., arXiv 1606.05250)."""

    key = "qnli"
    title = "QNLI (GLUE): answers in sentences"
    texts = ("question", "sentence")
    classes = ENTAILMENT
    labels = 2
    metrics = metrics(key)
    files = published(
        source(key, "CC BY-SA 4.0", texts),
        train=(104743, None),
        validation=(5463, "5f47c2f117b6f85e6f61e6dd69b694dcffb5c30093bdf5571896e9b4b7bc665e"),
    )


class Rte(Glue):
    """Whether one text entails another (PASCAL RTE 1, 2, 3 and 5)."""

    key = "rte"
    title = "RTE (GLUE): entailment"
    texts = ("sentence1", "sentence2")
    classes = ENTAILMENT
    labels = 2
    metrics = metrics(key)
    files = published(
        source(key, "none stated", texts),
        train=(2490, "64562e8433d253277f933197744c9f579f436dabc22631192ae418ad7aa35e8d"),
        validation=(277, "b27b946e07c30c4f6325466dbf189289c001a7acc2e0b017a5ec390e8a83614d"),
    )


class Mnli(Glue):
    """Whether a hypothesis follows from a premise (Williams et al., arXiv 1704.05426).

    `accuracy` is that of the matched part, whose genres are those of the training rows.
    """

    key = "mnli"
    title = "MNLI (GLUE): entailment in three classes"
    texts = ("premise", "hypothesis")
    classes = ("entailment", "neutral", "contradiction")
    labels = 3
    metrics = (*metrics(key), MetricInfo(f"accuracy_{MISMATCHED}"))
    files = published(
        source(key, "OANC and others, as MultiNLI states", texts),
        train=(392702, None),
        validation_matched=(
            9815,
            "6b3f48fc00dbca4479a2ef5defcfb319324d0c38436ff762a68ce19c2543687e",
        ),
        validation_mismatched=(9832, None),
    )

    def score(self, items: Sequence[LabelItem]) -> Scores:
        """Accuracy of the items that are not of the subset `mismatched`, and of each subset."""
        told = [
            one
            if {MATCHED, MISMATCHED} & set(one.subsets)
            else replace(one, subsets=(*one.subsets, MATCHED))
            for one in items
        ]
        scores = super().score(told)
        values, missing = renamed(scores.values), dict(scores.unavailable)
        if "accuracy" not in values:
            values = {"accuracy": None, **values}
            missing["accuracy"] = "no item of the matched part, whose accuracy this is"
        return replace(
            scores,
            values=values,
            unavailable=missing,
            errors=renamed(scores.errors),
            resampled=renamed(scores.resampled),
        )


def renamed(found: Mapping[str, Value]) -> dict[str, Value]:
    """Numbers of MNLI with those of the matched part in the place of those of all items."""
    rest = {name: value for name, value in found.items() if name != "accuracy"}
    matched = f"accuracy_{MATCHED}"
    return {"accuracy": rest.pop(matched), **rest} if matched in rest else rest


def as_printed(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of the hub, which keeps the values as 32-bit numbers: 3.799999952316284 is 3.8."""
    for row in rows:
        yield {**row, "label": float(str(np.float32(row["label"])))}


class Stsb(Glue):
    """How alike two sentences are, from 0 to 5 (Cer et al., arXiv 1708.00055)."""

    key = "stsb"
    title = "STS-B (GLUE): similarity"
    texts = ("sentence1", "sentence2")
    classes = ()
    labels = 1
    metrics = metrics(key)
    files = published(
        source(
            key, "values CC BY-SA 4.0; the texts' sources have their own", texts, float, as_printed
        ),
        train=(5749, "4717356bd563d5265d674534296bb4a08fffa68cedb3dfad45e0362eedeff461"),
        validation=(1500, "a4978c15137451374f340cfaa72ebabab27d443b3f5026fbf3069465d5b750ef"),
    )

    @property
    def allowed(self) -> str:
        """The values, for a message."""
        return "a number from 0 to 5"

    def is_label(self, value: float) -> bool:
        """Whether it is on the scale."""
        return 0 <= value <= 5

    def number(self, value: float | str, where: str) -> float:
        """Return the value: a prediction may leave the scale; a DataError for a text."""
        if isinstance(value, str):
            raise DataError(f"{where}={value}: must be {self.allowed}")
        return value
