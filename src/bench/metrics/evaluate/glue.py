"""The GLUE metrics as a metric of the `evaluate` library; needs no hub."""

from __future__ import annotations

from typing import Any

import evaluate
from datasets import Features, Value

from bench.errors import MetricError
from bench.metrics.glue import METRICS, measure_glue

DESCRIPTION = "Accuracy, F1, Matthews, Pearson and Spearman correlation of the GLUE tasks."
INPUTS = """
Args:
    predictions: index of the class for each item, or its value for stsb.
    references: the true ones.
Returns:
    Values by metric name.
"""
CITATION = "A. Wang et al., GLUE: a multi-task benchmark, ICLR 2019"


class GlueMetric(evaluate.Metric):  # type: ignore[misc]
    """`GlueMetric("mrpc").compute(predictions=..., references=...)`."""

    def _info(self) -> evaluate.MetricInfo:
        if self.config_name not in METRICS:
            raise MetricError(f"config_name={self.config_name}: allowed: {', '.join(METRICS)}")
        kind = Value("float64" if self.config_name == "stsb" else "int64")
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=CITATION,
            inputs_description=INPUTS,
            features=Features({"predictions": kind, "references": kind}),
            reference_urls=["https://gluebenchmark.com"],
        )

    def _compute(
        self, predictions: list[float], references: list[float], **_: Any
    ) -> dict[str, float]:
        measures = measure_glue(self.config_name, predictions, references)
        return {name: one.value for name, one in measures.items()}
