"""The accuracies of GSM8K and MATH as a metric of the `evaluate` library; needs no hub."""

from __future__ import annotations

from typing import Any, cast

import evaluate
from datasets import Features, Value

from bench.errors import MetricError
from bench.metrics.math import score_math
from bench.metrics.maths.answers import Kind

DESCRIPTION = "Accuracy under MetaMath's grader, the data set's own, and math-verify."
INPUTS = r"""
Args:
    predictions: worked solutions.
    references: for each the published solution (`... #### 42`, `...\boxed{42}...`) or answer.
Returns:
    Values by metric name; None where math-verify, which accuracy_symbolic needs, does not work.
"""
CITATION = "K. Cobbe et al., 2021; D. Hendrycks et al., NeurIPS 2021; L. Yu et al., ICLR 2024"


class MathMetric(evaluate.Metric):  # type: ignore[misc]
    """`MathMetric("gsm8k").compute(predictions=..., references=...)`, or with `"math"`."""

    def _info(self) -> evaluate.MetricInfo:
        if self.config_name not in ("gsm8k", "math"):
            raise MetricError(f"config_name={self.config_name}: allowed: gsm8k, math")
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=CITATION,
            inputs_description=INPUTS,
            features=Features({"predictions": Value("string"), "references": Value("string")}),
            reference_urls=["https://github.com/meta-math/MetaMath"],
        )

    def _compute(
        self, predictions: list[str], references: list[str], **_: Any
    ) -> dict[str, float | None]:
        kind = cast("Kind", self.config_name)
        return dict(score_math(kind, predictions, references).values)
