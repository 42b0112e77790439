"""The GLUE metrics: against scikit-learn and scipy, which the official scorer calls."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ConstantInputWarning, pearsonr, rankdata, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from bench.errors import BenchError
from bench.metrics.glue import METRICS, Order, measure_glue
from bench.metrics.resampling import draws, sampling_errors

RNG = np.random.Generator(np.random.PCG64(3))
BINARY = (RNG.integers(0, 2, 60).tolist(), RNG.integers(0, 2, 60).tolist())
THREE = (RNG.integers(0, 3, 60).tolist(), RNG.integers(0, 3, 60).tolist())
VALUES = (RNG.normal(2.0, 1.5, 60).round(1).tolist(), RNG.integers(0, 26, 60) / 5)
GIVEN = dict.fromkeys(METRICS, BINARY) | {"stsb": VALUES, "mnli": THREE}

# What huggingface/evaluate @ a7dd338, metrics/glue/glue.py prints for these numbers with
# scikit-learn 1.9.1 and scipy 1.17.1; there they are called matthews_correlation and spearmanr.
# It keeps values as 32-bit numbers, which these are exactly, and sums them as such.
PREDICTED = [1, 0, 1, 1, 0, 1, 1, 0, 1, 1]
TRUE = [1, 0, 0, 1, 1, 1, 0, 0, 1, 1]
SCALE = [4.125, 0.25, 2.25, 2.25, 5.5, -0.5, 3.0]
RATED = [5.0, 0.0, 2.5, 1.75, 4.25, 0.0, 3.75]
OFFICIAL = {
    "cola": {"matthews": 0.3563483225498992},
    "mrpc": {"f1": 0.7692307692307693, "accuracy": 0.7},
    "sst2": {"accuracy": 0.7},
    "stsb": {"pearson": 0.9308386445045471, "spearman": 0.9454545454545454},
}

ORACLES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": lambda p, t: accuracy_score(t, p),
    "f1": lambda p, t: f1_score(t, p, zero_division=0.0),
    "matthews": lambda p, t: matthews_corrcoef(t, p),
    "pearson": lambda p, t: pearsonr(p, t)[0],
    "spearman": lambda p, t: spearmanr(p, t)[0],
}
CASES = [(key, name) for key, names in METRICS.items() for name in names]


@pytest.mark.parametrize("key", METRICS)
def test_values_are_those_of_the_official_program(key: str) -> None:
    """Ten labels, and seven values with ties and beyond the scale."""
    given = (SCALE, RATED) if key == "stsb" else (PREDICTED, TRUE)
    found = {name: one.value for name, one in measure_glue(key, *given).items()}
    assert list(found) == list(METRICS[key])
    kind = {"cola": "cola", "stsb": "stsb", "mrpc": "mrpc", "qqp": "mrpc"}.get(key, "sst2")
    official = OFFICIAL[kind]
    assert official.keys() <= found.keys()
    exact = 2**-24 if key == "stsb" else 1e-15
    for name, value in official.items():
        assert found[name] == pytest.approx(value, rel=0, abs=exact), name


@pytest.mark.parametrize(("key", "name"), CASES)
def test_every_resample_is_scored_as_a_corpus_of_its_own(key: str, name: str) -> None:
    """Fifty draws written out, item by item, for scikit-learn and scipy."""
    p, t = map(np.array, GIVEN[key])
    measure = measure_glue(key, p, t)[name]
    counts = next(draws(len(p)))[:50]
    drawn = [np.repeat(np.arange(len(p)), row.astype(int)) for row in counts]
    expected = [ORACLES[name](p[chosen], t[chosen]) for chosen in drawn]
    assert measure.resampled(counts) == pytest.approx(expected, rel=0, abs=1e-12)
    assert measure.value == pytest.approx(ORACLES[name](p, t), rel=0, abs=1e-12)
    assert measure.resampled(np.ones((1, len(p))))[0] == pytest.approx(measure.value, abs=1e-12)


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_subset_is_scored_by_itself(key: str, name: str) -> None:
    """The odd items, as scikit-learn and scipy score them."""
    p, t = map(np.array, GIVEN[key])
    odd = range(1, len(p), 2)
    part = measure_glue(key, p, t)[name].of_subset(odd, len(p))
    assert part.value == pytest.approx(ORACLES[name](p[1::2], t[1::2]), rel=0, abs=1e-12)


def test_ranks_are_mid_ranks_of_the_multiset() -> None:
    """scipy.stats.rankdata of the values written out; what does not occur has no rank."""
    values = np.array([3.0, 1.0, 3.0, -2.0, 8.0, 1.0])
    counts = np.array([[1.0, 2.0, 3.0, 0.0, 1.0, 1.0], [4.0, 0.0, 0.0, 2.0, 0.0, 1.0]])
    found = Order(values).ranks(counts)
    for row, ranks in zip(counts.astype(int), found, strict=True):
        written = rankdata(np.repeat(values, row))
        assert np.array_equal(np.repeat(ranks, row), written)


@pytest.mark.parametrize("key", METRICS)
def test_items_say_what_is_right(key: str) -> None:
    """1 and 0 for classes; a value has no score by itself."""
    p, t = GIVEN[key]
    for measure in measure_glue(key, p, t).values():
        if key == "stsb":
            assert measure.items is None
        else:
            assert measure.items == tuple(float(a == b) for a, b in zip(p, t, strict=True))


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_guess_without_choice_scores_zero_and_no_nan(key: str, name: str) -> None:
    """Constant predictions: what scikit-learn gives, and 0.0 where scipy has no number."""
    t = np.array(GIVEN[key][1])
    p = np.zeros(len(t))
    measure = measure_glue(key, p, t)[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        expected = np.nan_to_num(ORACLES[name](p, t))
    assert measure.value == expected
    if name != "accuracy":
        assert measure.value == 0.0
        assert not measure.resampled(next(draws(len(t)))).any()


@pytest.mark.parametrize("value", [0.1, -0.1])
@pytest.mark.parametrize("name", METRICS["stsb"])
def test_a_resample_of_equal_values_scores_zero(name: str, value: float) -> None:
    """Not what rounding leaves of their differences from their mean, in either argument."""
    equal, other = [value, value, value, 0.7], [1.0, 2.0, 4.0, 3.0]
    counts = np.array([[3.0, 5.0, 6.0, 0.0], [1.0, 1.0, 1.0, 0.0], [7.0, 1.0, 2.0, 0.0]])
    for pair in ((equal, other), (other, equal)):
        assert not measure_glue("stsb", *pair)[name].resampled(counts).any()


LABELS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PAIRS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=8)


def check(key: str, pairs: list[tuple[float, float]], lowest: float) -> None:
    """Finite, within the range, the same in any order; perfect predictions have the maximum."""
    p, t = (list(side) for side in zip(*pairs, strict=True))
    n = len(p)
    found = measure_glue(key, p, t)
    turned = measure_glue(key, p[::-1], t[::-1])
    for name, one in found.items():
        assert lowest <= one.value <= 1
        assert turned[name].value == pytest.approx(one.value, abs=1e-9)
    for error in sampling_errors(found, n).values():
        assert np.isfinite([error.std, error.low, error.high]).all()
    perfect = measure_glue(key, t, t)
    for name, one in perfect.items():
        degenerate = 1 not in t if name == "f1" else len(set(t)) == 1 and name != "accuracy"
        assert one.value == (0.0 if degenerate else pytest.approx(1.0, abs=1e-12))


@settings(max_examples=40, deadline=None)
@given(LABELS)
def test_properties_of_classes(pairs: list[tuple[int, int]]) -> None:
    """Any labels, one item included, under all metrics of classes."""
    for key in ("cola", "mrpc"):
        check(key, list(pairs), -1 if key == "cola" else 0)


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_properties_of_values(pairs: list[tuple[float, float]]) -> None:
    """Any finite values, from the smallest to the largest numbers."""
    check("stsb", pairs, -1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "no predictions"),
        (([1], [1, 0]), "1 predictions but 2 labels"),
        (([1.0, float("nan")], [1.0, 2.0]), "prediction 2 is nan; give a finite number"),
        (([1.0], [float("-inf")]), "label 1 is -inf"),
    ],
)
def test_bad_input_is_named(given: tuple[list[float], ...], message: str) -> None:
    """One line that says where."""
    with pytest.raises(BenchError, match=message):
        measure_glue("stsb", *(given or ([], [])))


def test_an_unknown_task_names_the_known() -> None:
    """wnli is no task of the papers."""
    with pytest.raises(BenchError, match=r"task=wnli: no such task of GLUE.*rte"):
        measure_glue("wnli", [1], [1])


@pytest.mark.parametrize("key", ["cola", "stsb"])
def test_evaluate_metric_gives_the_same(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the `evaluate` library, offline; values keep their precision."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from bench.metrics.evaluate.glue import GlueMetric

    p, t = GIVEN[key]
    found = GlueMetric(key, cache_dir=str(tmp_path)).compute(predictions=p, references=t)
    assert found == {name: one.value for name, one in measure_glue(key, p, t).items()}
    with pytest.raises(BenchError, match=r"config_name=wnli: allowed: cola"):
        GlueMetric("wnli", cache_dir=str(tmp_path))
