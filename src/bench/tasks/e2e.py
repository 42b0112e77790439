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
from typing import TYPE_CHECKING, Any, cast

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from bench.errors import DataError
from bench.tasks.base import GenerationTask, MetricInfo, Pair, Query, Split, check_one_shot
from bench.tasks.items import TextItem
from bench.tasks.published import File, Source
from bench.tasks.synthetic.e2e import generate
from bench.types import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.scores import Scores
    from bench.tasks.base import Row

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


SOURCE = Source(
    repository="tuetschek/e2e_nlg",
    # The repository's main branch holds a script, which `datasets` no longer runs; the
    # commit is of its branch refs/convert/parquet, with one Parquet file per split.
    revision="a1fd8dcb2b81207ecc5b7fd886f78fcee959eebc",
    licence="CC BY-SA 4.0",
    folder="e2e_nlg",
    columns={"meaning_representation": str, "human_reference": str},
)
PATH = "default/%s/0000.parquet"
PUBLISHED: dict[Split, tuple[int, str]] = {
    "train": (42061, "02593d7ceaa0963629ed5531b73026539a34a708430e8a0ad8b205bc7a3325cb"),
    "validation": (4672, "7e0cf0f31f99e45abb9458376be53395d7b37e0996763bbb9dff9856adf30eda"),
    "test": (4693, "30431dcc6f78bd9597ac1757009e3780087b8c5f800d34728d3a9f050026f419"),
}
"""Rows and content hash of every split."""
FILES = {
    split: (File(source=SOURCE, name=split, rows=rows, sha256=digest, paths=(PATH % split,)),)
    for split, (rows, digest) in PUBLISHED.items()
}
METRICS = ("BLEU", "NIST", "NIST_mteval", "METEOR", "ROUGE_L", "CIDEr")


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class E2E(GenerationTask):
    """Restaurant descriptions from attributes."""

    key = "e2e"
    title = "E2E NLG Challenge"
    files = FILES
    scorer = "bench.metrics.e2e"
    metrics = tuple(MetricInfo(name) for name in METRICS)
    protocol = (
        "each distinct input is decoded once, beam 10, and scored against all its references by "
        "e2e-metrics (LoRA, arXiv 2106.09685; LoRMA, arXiv 2506.07621, Table 3)"
    )
    item = TextItem

    max_tokens: Count = 512
    """Longest training line (input, separator, text, end), in tokens; the rest is cut off."""

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.synthetic.e2e)."""
        return generate(cast("Split", file.name))

    def examples(self, rows: Sequence[Row]) -> list[Pair]:
        """One example a row."""
        return [
            Pair(linearise(row["meaning_representation"]), row["human_reference"].strip())
            for row in rows
        ]

    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Query]:  # noqa: ARG002
        """One query per distinct meaning representation, with the texts of all its rows."""
        references: dict[str, list[str]] = {}
        for row in rows:
            texts = references.setdefault(row["meaning_representation"], [])
            texts.append(row["human_reference"].strip())
        return [
            Query(context=linearise(key), gold={"references": texts})
            for key, texts in references.items()
        ]

    def demonstrated(self, context: str, shots: int) -> str:
        """The one-shot prompt of LoDA, footnote 4, with the query written as its example is.

        The paper prints nothing that stands behind the query, so nothing does.
        """
        check_one_shot(self.key, shots)
        return ONE_SHOT + " | ".join(
            attribute.replace(" : ", ": ", 1) for attribute in context.split(" | ")
        )

    def score(self, items: Sequence[TextItem]) -> Scores:
        """BLEU, NIST, METEOR, ROUGE_L and CIDEr as the official e2e-metrics."""
        from bench.metrics.e2e import score_e2e

        return score_e2e([one.prediction for one in items], [one.references for one in items])
