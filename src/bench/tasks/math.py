r"""MATH: problems of mathematical competitions (D. Hendrycks et al., arXiv 2103.03874).

    ... which means that the sum is $\boxed{\frac{3}{4}}$.

The papers that are reproduced here train on MetaMathQA alone (task=metamath); training on
these rows is this project's own, in the same prompts, with the whole problem as instruction.
The hub's rows are in another order than the original's files, so their content hash differs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pydantic.dataclasses import dataclass

from bench.tasks.base import MetricInfo, Pair, Query, Split
from bench.tasks.items import AnswerItem, subsets_of
from bench.tasks.math_base import OPTIONS, RULES, MathTask
from bench.tasks.math_prompt import (
    BOXED_PROBLEM,
    evaluation_prompt,
    math_response,
    one_shot,
    training_prompt,
)
from bench.tasks.published import File, Source
from bench.tasks.synthetic.math import generate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.scores import Scores
    from bench.tasks.base import Row

SOURCE = Source(
    repository="EleutherAI/hendrycks_math",
    revision="21a5633873b6a120296cce3e2df9d5550074f4a3",
    licence="MIT (the problems come from competitions hosted by AoPS)",
    folder="math",
    columns={"problem": str, "level": str, "type": str, "solution": str},
)
SUBJECTS = (
    *("algebra", "counting_and_probability", "geometry", "intermediate_algebra"),
    *("number_theory", "prealgebra", "precalculus"),
)
PATH = "%s/%s-00000-of-00001.parquet"
PUBLISHED: dict[Split, tuple[int, str]] = {
    "train": (7500, "5405c1b0439502f1701f8ef8d2c9b1bb92c2b9909ad784d1e38d497e7e6fa914"),
    "test": (5000, "7167ca2513cd2da2b3d2147fd58c96ca449283a6276f5cd9650c7c6a14650838"),
}
"""Rows and content hash of every split."""
FILES = {
    split: (
        File(
            source=SOURCE,
            name=split,
            rows=rows,
            sha256=digest,
            paths=tuple(PATH % (subject, split) for subject in SUBJECTS),
        ),
    )
    for split, (rows, digest) in PUBLISHED.items()
}

_NO_WORD = re.compile(r"[^a-z0-9]+")


def word(name: str) -> str:
    """`Counting & Probability` as counting_probability."""
    return _NO_WORD.sub("_", name.lower()).strip("_")


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Math(MathTask):
    """Competition problems whose answer is an expression."""

    key = "math"
    title = "MATH"
    files = FILES
    metrics = tuple(MetricInfo(name) for name in RULES)
    protocol = (
        "greedy, at most 2048 new tokens, MetaMath's prompt and rule (eval_math.py, arXiv "
        "2309.12284; LoRMA, arXiv 2506.07621, Table 4, after training on MetaMathQA-40K)"
    )

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.synthetic.math)."""
        return generate(cast("Split", file.name))

    def examples(self, rows: Sequence[Row]) -> list[Pair]:
        r"""One example a row: the solution with its \boxed{x}, ending in `The answer is: x`."""
        return [
            Pair(training_prompt(row["problem"]), math_response(row["solution"])) for row in rows
        ]

    def queries(self, rows: Sequence[Row], subset: str = "") -> list[Query]:  # noqa: ARG002
        """One query a row, in the subsets of its level (level_5) and subject (algebra)."""
        return [
            Query(
                context=evaluation_prompt(row["problem"], step_by_step=self.step_by_step),
                gold={
                    "answer": row["solution"],
                    "subsets": [word(row["level"]), word(row["type"])],
                },
            )
            for row in rows
        ]

    def demonstrated(self, context: str, shots: int) -> str:
        """A prompt of this project's own, with one worked problem in LaTeX."""
        return one_shot(self.key, BOXED_PROBLEM, context, shots)

    def score(self, items: Sequence[AnswerItem]) -> Scores:
        r"""Three accuracies: MetaMath's rule, the last \boxed{}, math-verify's equality."""
        from bench.metrics.math import score_math

        predictions, answers = [one.prediction for one in items], [one.answer for one in items]
        return score_math("math", predictions, answers, subsets_of(items))
