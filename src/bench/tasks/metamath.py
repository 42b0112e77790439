"""MetaMathQA-40K: rewritten problems to train on, GSM8K and MATH to test on.

L. Yu et al., "MetaMath" (arXiv 2309.12284). LoRMA (arXiv 2506.07621, Table 4) and SVFT (arXiv
2405.19597) train on all 40,000 rows once and test the same model on both data sets, each by
its own rule; there is no score of both together. The two test sets share one decoding here:
GSM8K's outputs may be as long as MATH's, 2048 new tokens, where eval_gsm8k.py cuts at 512.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from pydantic.dataclasses import dataclass

from bench.metrics.maths.answers import Kind
from bench.tasks.base import MetricInfo, Pair, Query, Split
from bench.tasks.gsm8k import GSM8K
from bench.tasks.math import Math
from bench.tasks.math_base import OPTIONS, RULES, MathTask
from bench.tasks.math_prompt import (
    WORD_PROBLEM,
    gsm8k_response,
    math_response,
    one_shot,
    training_prompt,
)
from bench.tasks.published import File, Source
from bench.tasks.synthetic import gsm8k as gsm8k_synthetic
from bench.tasks.synthetic import math as math_synthetic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.metrics.scores import Scores
    from bench.tasks.base import Row
    from bench.tasks.items import AnswerItem

TESTED: dict[str, type[GSM8K | Math]] = {"gsm8k": GSM8K, "math": Math}
SOURCE = Source(
    repository="meta-math/MetaMathQA-40K",
    revision="bcd31225a65ef3b9fe372089cd0b69dde52168c5",
    licence="MIT",
    folder="metamath",
    columns={"query": str, "response": str},
)
TRAIN = File(source=SOURCE, name="train", rows=40_000, sha256=None, paths=("MetaMathQA-40K.json",))
FILES: Mapping[Split, tuple[File, ...]] = {
    "train": (TRAIN,),
    "test": tuple(
        replace(task.files["test"][0], name=f"test_{kind}", stem="test", subset=kind)
        for kind, task in TESTED.items()
    ),
}


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class MetaMath(MathTask):
    """MetaMathQA-40K, tested on GSM8K and MATH."""

    key = "metamath"
    title = "MetaMathQA-40K (GSM8K and MATH)"
    files = FILES
    metrics = tuple(MetricInfo(f"{rule}_{kind}") for rule in RULES for kind in get_args(Kind))
    protocol = (
        "2 epochs on MetaMathQA-40K, greedy, GSM8K's and MATH's test sets by MetaMath's rules "
        "(LoRMA, arXiv 2506.07621, Tables 4 and 17; SVFT, arXiv 2405.19597)"
    )

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """The synthetic rows of GSM8K and MATH, in turn, to train on in MetaMathQA's columns."""
        if file.subset == "gsm8k":
            return gsm8k_synthetic.generate("test")
        if file.subset == "math":
            return math_synthetic.generate("test")
        words, boxes = gsm8k_synthetic.generate("train"), math_synthetic.generate("train")
        solved = (
            (
                (word["question"], gsm8k_response(word["answer"], annotations=False)),
                (box["problem"], math_response(box["solution"])),
            )
            for word, box in zip(words, boxes, strict=True)
        )
        return [{"query": query, "response": text} for pair in solved for query, text in pair]

    def examples(self, rows: Sequence[Row]) -> list[Pair]:
        """One example a row; of a query in several lines the first is the instruction."""
        split = [(*row["query"].partition("\n"), row["response"]) for row in rows]
        return [Pair(training_prompt(first, rest), response) for first, _, rest, response in split]

    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Query]:
        """One query a row, in its test set's subset and in those of it (math_level_5)."""
        found = TESTED[subset](step_by_step=self.step_by_step).queries(rows)
        return [
            replace(
                query,
                gold={
                    "answer": query.gold["answer"],
                    "subsets": [subset, *(f"{subset}_{n}" for n in query.gold.get("subsets", ()))],
                },
            )
            for query in found
        ]

    def demonstrated(self, context: str, shots: int) -> str:
        """The prompt of this project's own for GSM8K, before problems of MATH as well."""
        return one_shot(self.key, WORD_PROBLEM, context, shots)

    def score(self, items: Sequence[AnswerItem]) -> Scores:
        """Three accuracies of each test set, by its own rules; none of both together.

        Raises a MetricError where an item is in neither test set or in both.
        """
        from bench.tasks.metamath_scores import score_by_kind

        return score_by_kind(items)
