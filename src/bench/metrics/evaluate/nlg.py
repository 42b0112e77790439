"""The metrics of texts as metrics of the `evaluate` library; they need no hub."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import evaluate
from datasets import Features, Sequence, Value

if TYPE_CHECKING:
    from bench.metrics.scores import Scores

INPUTS = """
Args:
    predictions: texts, one for each input.
    references: for each prediction the list of its references.
Returns:
    Values by metric name; None where Java, which METEOR, ROUGE_L and CIDEr need, is absent.
"""


class _TextMetric(evaluate.Metric):  # type: ignore[misc]
    """Texts with one or more references each; `compute` gives the values of a scorer."""

    description: str
    citation: str
    address: str

    @abstractmethod
    def score(self, predictions: list[str], references: list[list[str]]) -> Scores:
        """Scores of the whole corpus."""

    def _info(self) -> evaluate.MetricInfo:
        features = Features(
            {"predictions": Value("string"), "references": Sequence(Value("string"))}
        )
        return evaluate.MetricInfo(
            description=self.description,
            citation=self.citation,
            inputs_description=INPUTS,
            features=features,
            reference_urls=[self.address],
        )

    def _compute(
        self, predictions: list[str], references: list[list[str]], **_: Any
    ) -> dict[str, float | None]:
        return dict(self.score(predictions, references).values)


class E2EMetric(_TextMetric):
    """`E2EMetric().compute(predictions=..., references=...)` gives the values of `score_e2e`."""

    description = "BLEU, NIST, METEOR, ROUGE-L and CIDEr as the E2E NLG challenge measures them."
    citation = "O. Dusek et al., Evaluating the state of the art in end-to-end NLG, CSL 2020"
    address = "https://github.com/tuetschek/e2e-metrics"

    def score(self, predictions: list[str], references: list[list[str]]) -> Scores:
        """The scores of `score_e2e`."""
        from bench.metrics.e2e import score_e2e

        return score_e2e(predictions, references)


class TriplesMetric(_TextMetric):
    """`TriplesMetric().compute(...)` gives the values of `score_triples`."""

    description = "BLEU, METEOR and TER as the WebNLG challenge and DART measure them."
    citation = "C. Gardent et al., The WebNLG challenge: generating text from RDF data, INLG 2017"
    address = "https://github.com/WebNLG/GenerationEval"

    def score(self, predictions: list[str], references: list[list[str]]) -> Scores:
        """The scores of `score_triples`."""
        from bench.metrics.triples import score_triples

        return score_triples(predictions, references)
