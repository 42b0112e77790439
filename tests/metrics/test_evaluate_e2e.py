from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.metrics.e2e import score_e2e

if TYPE_CHECKING:
    from pathlib import Path

    from tests.metrics.conftest import Corpus


@pytest.mark.usefixtures("without_java")
def test_equals_score_e2e(whole: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ragged references, scripts and empty texts pass through `evaluate` unchanged, offline.

    Java is left out, for METEOR's loading time; None passes through like a number.
    """
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from bench.metrics.evaluate_e2e import E2EMetric

    metric = E2EMetric(cache_dir=str(tmp_path))
    found = metric.compute(predictions=whole.predictions, references=whole.references)
    assert found == score_e2e(whole.predictions, whole.references).values
    assert found["BLEU"] == pytest.approx(whole.official["BLEU"], rel=1e-12)


@pytest.mark.usefixtures("without_java")
def test_batches_add_up(whole: Corpus, tmp_path: Path) -> None:
    """`add_batch` and `compute` score the whole corpus, not the mean of batches."""
    from bench.metrics.evaluate_e2e import E2EMetric

    metric = E2EMetric(cache_dir=str(tmp_path))
    for half in (slice(8), slice(8, None)):
        metric.add_batch(predictions=whole.predictions[half], references=whole.references[half])
    assert metric.compute()["NIST"] == pytest.approx(whole.official["NIST"], rel=1e-12)
