from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.errors import MetricError

if TYPE_CHECKING:
    from pathlib import Path


def test_gives_the_values_of_score_math(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions pass through `evaluate` unchanged, offline; the data set is the config."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from bench.metrics.evaluate.math import MathMetric

    metric = MathMetric("gsm8k", cache_dir=str(tmp_path))
    found = metric.compute(
        predictions=["The answer is: 7", "#### 7\n"], references=["#### 7", "#### 7"]
    )
    assert found == {"accuracy_metamath": 0.5, "accuracy_strict": 0.5, "accuracy_symbolic": 1.0}


def test_another_data_set_is_refused(tmp_path: Path) -> None:
    from bench.metrics.evaluate.math import MathMetric

    with pytest.raises(MetricError, match="allowed: gsm8k, math"):
        MathMetric("svamp", cache_dir=str(tmp_path))
