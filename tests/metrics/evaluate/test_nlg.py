from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.metrics.e2e import score_e2e
from bench.metrics.triples import score_triples

if TYPE_CHECKING:
    from pathlib import Path

    from tests.metrics.conftest import Corpus

# Java is left out, for METEOR's loading time; None passes through like a number.
pytestmark = pytest.mark.usefixtures("without_java")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may look for a hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_e2e_equals_score_e2e(whole: Corpus, tmp_path: Path) -> None:
    """Ragged references, scripts and empty texts pass through `evaluate` unchanged."""
    from bench.metrics.evaluate.nlg import E2EMetric

    metric = E2EMetric(cache_dir=str(tmp_path))
    found = metric.compute(predictions=whole.predictions, references=whole.references)
    assert found == score_e2e(whole.predictions, whole.references).values
    assert found["BLEU"] == pytest.approx(whole.official["BLEU"], rel=1e-12)


def test_triples_equal_score_triples(whole: Corpus, tmp_path: Path) -> None:
    """The same for the metrics of WebNLG and DART."""
    from bench.metrics.evaluate.nlg import TriplesMetric

    metric = TriplesMetric(cache_dir=str(tmp_path))
    found = metric.compute(predictions=whole.predictions, references=whole.references)
    assert found == score_triples(whole.predictions, whole.references).values
    assert found.keys() == {"BLEU", "METEOR", "TER"}


def test_batches_add_up(whole: Corpus, tmp_path: Path) -> None:
    """`add_batch` and `compute` score the whole corpus, not the mean of batches."""
    from bench.metrics.evaluate.nlg import E2EMetric

    metric = E2EMetric(cache_dir=str(tmp_path))
    for half in (slice(8), slice(8, None)):
        metric.add_batch(predictions=whole.predictions[half], references=whole.references[half])
    assert metric.compute()["NIST"] == pytest.approx(whole.official["NIST"], rel=1e-12)
