"""The E2E metrics as a metric of the `evaluate` library; needs no hub."""

from __future__ import annotations

from typing import Any

import evaluate
from datasets import Features, Sequence, Value

from bench.metrics.e2e import score_e2e

DESCRIPTION = "BLEU, NIST, METEOR, ROUGE-L and CIDEr as the E2E NLG challenge measures them."
INPUTS = """
Args:
    predictions: texts, one for each input.
    references: for each prediction the list of its references.
Returns:
    Values by metric name; None where Java, which METEOR, ROUGE_L and CIDEr need, is absent.
"""
CITATION = "O. Dusek et al., Evaluating the state of the art in end-to-end NLG, CSL 2020"


class E2EMetric(evaluate.Metric):  # type: ignore[misc]
    """`E2EMetric().compute(predictions=..., references=...)` gives the values of `score_e2e`."""

    def _info(self) -> evaluate.MetricInfo:
        features = Features(
            {"predictions": Value("string"), "references": Sequence(Value("string"))}
        )
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=CITATION,
            inputs_description=INPUTS,
            features=features,
            reference_urls=["https://github.com/tuetschek/e2e-metrics"],
        )

    def _compute(
        self, predictions: list[str], references: list[list[str]], **_: Any
    ) -> dict[str, float | None]:
        return dict(score_e2e(predictions, references).values)
