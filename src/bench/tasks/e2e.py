"""E2E NLG Challenge: a restaurant's attributes to text (Novikova et al., arXiv 1706.09254).

    name[The Vaults], eatType[pub], priceRange[more than £30]
    name : The Vaults | Type : pub | price : more than £30

The second line is what the model reads. Order and names of the attributes are those
of the files that microsoft/LoRA (commit c4593f0, examples/NLG/data/e2e) trains on, and
LoRMA with it. Those files are also split into tokens (`£ 20 - 25`, a blank before a full
stop), in inputs and texts; here both stay as the challenge published them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.errors import ConfigError, DataError
from bench.tasks.base import MetricInfo, Pair, Query, Source, Task
from bench.tasks.e2e_synthetic import generate
from bench.types import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.scores import Scores
    from bench.tasks.base import Row, Split

RENAMED = {
    "eatType": "Type",
    "priceRange": "price",
    "familyFriendly": "family friendly",
}
"""Attributes that the input calls differently; all others keep their names."""

ONE_SHOT = (
    "Generate a restaurant description from the table. Here is an example: "
    "name: The Eagle | Type: coffee shop | food: Japanese | price: less than £20 | "
    "customer rating: low | area: riverside | family friendly: yes | near: Burger King. "
    "The generated description is like: The Eagle is a low rated coffee shop near Burger King "
    "and the riverside that is family friendly and is less than £20 for Japanese food. "
    "Now generate description for this table: "
)
"""What Liu et al. (LoDA, footnote 4, MERL TR2025-130) put before a query."""

_ATTRIBUTE = re.compile(r"([^,\[\]]+)\[([^\[\]]+)\]")
_REPRESENTATION = re.compile(rf"{_ATTRIBUTE.pattern}(?:,{_ATTRIBUTE.pattern})*")


def attributes(representation: str) -> list[tuple[str, str]]:
    """Names and values of a meaning representation, in its order.

    Raises DataError where it does not read `name[value], name[value], ...`.
    """
    text = representation.strip()
    found = [(name.strip(), value) for name, value in _ATTRIBUTE.findall(text)]
    if not _REPRESENTATION.fullmatch(text) or not all(name for name, _ in found):
        raise DataError(
            f"meaning_representation={text[:200]!r}: does not parse; "
            "it must read like name[The Vaults], eatType[pub]"
        )
    return found


def linearise(representation: str) -> str:
    """Write a meaning representation as the input that the model reads."""
    return " | ".join(
        f"{RENAMED.get(name, name)} : {value}" for name, value in attributes(representation)
    )


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class E2E(Task):
    """Restaurant descriptions from attributes."""

    key = "e2e"
    title = "E2E NLG Challenge"
    # The repository's main branch holds a script, which `datasets` no longer runs; the
    # commit is of its branch refs/convert/parquet, with one Parquet file per split.
    source = Source(
        repository="tuetschek/e2e_nlg",
        revision="a1fd8dcb2b81207ecc5b7fd886f78fcee959eebc",
        folder="e2e_nlg",
        columns=("meaning_representation", "human_reference"),
        rows={"train": 42061, "validation": 4672, "test": 4693},
        licence="CC BY-SA 4.0",
    )
    metrics = tuple(MetricInfo(name) for name in ("BLEU", "NIST", "METEOR", "ROUGE_L", "CIDEr"))

    max_tokens: Count = 512
    """Longest training line (input, separator, text, end), in tokens; the rest is cut off."""

    def synthetic(self, split: Split) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.e2e_synthetic)."""
        return generate(split)

    def pairs(self, rows: Sequence[Row]) -> list[Pair]:
        """One example a row."""
        return [
            Pair(linearise(row["meaning_representation"]), row["human_reference"].strip())
            for row in rows
        ]

    def queries(self, rows: Sequence[Row]) -> list[Query]:
        """One query per distinct meaning representation, with the texts of all its rows."""
        references: dict[str, list[str]] = {}
        for row in rows:
            texts = references.setdefault(row["meaning_representation"], [])
            texts.append(row["human_reference"].strip())
        return [Query(linearise(key), tuple(texts)) for key, texts in references.items()]

    def demonstrated(self, context: str, shots: int) -> str:
        """The one-shot prompt of LoDA, footnote 4, with the query written as its example is.

        The paper prints nothing that stands behind the query, so nothing does.
        """
        if shots != 1:
            raise ConfigError(
                f"method.shots={shots}: the published prompt of task=e2e has one example; must be 1"
            )
        return ONE_SHOT + " | ".join(
            attribute.replace(" : ", ": ", 1) for attribute in context.split(" | ")
        )

    def score(self, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
        """BLEU, NIST, METEOR, ROUGE_L and CIDEr as the official e2e-metrics."""
        from bench.metrics.e2e import score_e2e

        return score_e2e(predictions, references)
