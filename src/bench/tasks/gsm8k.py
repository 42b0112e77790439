"""GSM8K: word problems of primary school (K. Cobbe et al., arXiv 2110.14168).

    Natalia sold 48/2 = <<48/2=24>>24 clips in May. ... #### 72

The papers that are reproduced here train on MetaMathQA alone (task=metamath); training on
these rows is this project's own, in the same prompts, with the whole question as instruction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Strict
from pydantic.dataclasses import dataclass

from bench.tasks.base import MetricInfo, Pair, Query, Split
from bench.tasks.items import AnswerItem, subsets_of
from bench.tasks.math_base import OPTIONS, RULES, MathTask
from bench.tasks.math_prompt import (
    WORD_PROBLEM,
    evaluation_prompt,
    gsm8k_response,
    one_shot,
    training_prompt,
)
from bench.tasks.published import File, Source
from bench.tasks.synthetic.gsm8k import generate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.scores import Scores
    from bench.tasks.base import Row

SOURCE = Source(
    repository="openai/gsm8k",
    revision="740312add88f781978c0658806c59bc2815b9866",
    licence="MIT",
    folder="gsm8k",
    columns={"question": str, "answer": str},
)
PATH = "main/%s-00000-of-00001.parquet"
PUBLISHED: dict[Split, tuple[int, str]] = {
    "train": (7473, "dca449882e67a1e7716b5da453650a7b16588a1f2d1a0d82394a43d75ea7e9ca"),
    "test": (1319, "32c548f08195e19e33408b844dd7be6aa4bcae457d957bc05909ff4bd4a00595"),
}
"""Rows and content hash of every split."""
FILES = {
    split: (File(source=SOURCE, name=split, rows=rows, sha256=digest, paths=(PATH % split,)),)
    for split, (rows, digest) in PUBLISHED.items()
}


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class GSM8K(MathTask):
    """Word problems whose answer is a whole number."""

    key = "gsm8k"
    title = "GSM8K"
    files = FILES
    metrics = tuple(MetricInfo(name) for name in RULES)
    protocol = (
        "greedy, at most 512 new tokens, MetaMath's prompt and rule (eval_gsm8k.py, arXiv "
        "2309.12284; LoRMA, arXiv 2506.07621, Table 4, after training on MetaMathQA-40K)"
    )

    annotations: Annotated[bool, Strict()] = False
    """Train on the calculator's annotations (`<<48/2=24>>`) too."""

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.synthetic.gsm8k)."""
        return generate(cast("Split", file.name))

    def examples(self, rows: Sequence[Row]) -> list[Pair]:
        """One example a row: the solution, ending in `#### 72` and `The answer is: 72`."""
        return [
            Pair(
                training_prompt(row["question"]),
                gsm8k_response(row["answer"], annotations=self.annotations),
            )
            for row in rows
        ]

    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Query]:  # noqa: ARG002
        """One query a row."""
        return [
            Query(
                context=evaluation_prompt(row["question"], step_by_step=self.step_by_step),
                gold={"answer": row["answer"]},
            )
            for row in rows
        ]

    def demonstrated(self, context: str, shots: int) -> str:
        """A prompt of this project's own, with one worked word problem."""
        return one_shot(self.key, WORD_PROBLEM, context, shots)

    def score(self, items: Sequence[AnswerItem]) -> Scores:
        """Three accuracies: MetaMath's rule, `#### 72` letter by letter, math-verify's equality."""
        from bench.metrics.math import score_math

        predictions, answers = [one.prediction for one in items], [one.answer for one in items]
        return score_math("gsm8k", predictions, answers, subsets_of(items))
