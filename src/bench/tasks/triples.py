"""What the tasks DART and WebNLG have in common: facts to text.

    Alan_Bean : occupation : Test_pilot | Alan_Bean : birthPlace : Wheeler,_Texas

A fact is a triple of subject, relation and object; the line above is what the model reads.
Lines, examples and the grouping of rows into inputs are those of the GPT-2 scripts of
microsoft/LoRA (commit c4593f0, examples/NLG/src/format_converting_{dart,webnlg}.py and
gpt2_decode.py), which LoRMA and LoDA follow: every text is an example to train on, and rows
that read the same are one input, scored against the texts of them all.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass as plain_dataclass
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.errors import DataError
from bench.metrics.scores import Scores
from bench.tasks.base import GenerationTask, MetricInfo, Pair, Query, Row, check_one_shot
from bench.tasks.items import TextItem, subsets_of
from bench.types import Count

OPTIONS = ConfigDict(extra="forbid")

ONE_SHOT = (
    "Describe the facts in English. Each fact is a subject, a relation and an object.\n\n"
    "Facts: {example.context}\nText: {example.text}\n\nFacts: {context}\nText:"
)
"""A prompt of this project's own: none is published for these tasks."""


@plain_dataclass(frozen=True, kw_only=True)
class Described:
    """A row: facts, texts that state them, and the names of what it belongs to."""

    context: str
    texts: Sequence[str]
    subsets: Sequence[str]


def linearise(triples: Sequence[Sequence[str]]) -> str:
    """Write facts as the input that the model reads.

    Raises DataError unless each has a subject, a relation and an object.
    """
    for triple in triples or [()]:
        if len(triple) != 3:
            raise DataError(
                f"triple={list(triple)!r:.200}: does not parse; it must have three parts, "
                "as in ['Alan_Bean', 'occupation', 'Test_pilot']"
            )
    return " | ".join(" : ".join(triple) for triple in triples)


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class TriplesTask(GenerationTask):
    """A task whose inputs are facts."""

    scorer = "bench.metrics.triples"
    metrics: ClassVar[tuple[MetricInfo, ...]] = (
        MetricInfo("BLEU"),
        MetricInfo("METEOR"),
        MetricInfo("TER", better="lower"),
    )
    item = TextItem
    example: ClassVar[Pair]
    """What the one-shot prompt shows, of this project's own making."""

    max_tokens: Count = 512
    """Longest training line (input, separator, text, end), in tokens; the rest is cut off."""

    @abstractmethod
    def described(self, row: Row) -> Described:
        """What a row says; raises DataError where it does not fit together."""

    def examples(self, rows: Sequence[Row]) -> list[Pair]:
        """One example for each text of each row."""
        return [Pair(one.context, text) for one in map(self.described, rows) for text in one.texts]

    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Query]:  # noqa: ARG002
        """One query per distinct input that has a text, with the texts of all its rows.

        An input belongs to the subsets of every one of these rows.
        """
        references: dict[str, list[str]] = {}
        subsets: dict[str, dict[str, None]] = {}
        for one in map(self.described, rows):
            if one.texts:
                references.setdefault(one.context, []).extend(text.strip() for text in one.texts)
                subsets.setdefault(one.context, {}).update(dict.fromkeys(one.subsets))
        return [
            Query(context=context, gold={"references": texts, "subsets": list(subsets[context])})
            for context, texts in references.items()
        ]

    def demonstrated(self, context: str, shots: int) -> str:
        """A prompt of this project's own, with one worked example."""
        check_one_shot(self.key, shots)
        return ONE_SHOT.format(example=self.example, context=context)

    def score(self, items: Sequence[TextItem]) -> Scores:
        """BLEU, METEOR and TER as the official scripts, of all items and of every subset."""
        from bench.metrics.triples import score_triples

        predictions = [one.prediction for one in items]
        return score_triples(predictions, [one.references for one in items], subsets_of(items))
