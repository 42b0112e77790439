"""Runs that differ in nothing but the seed."""

from __future__ import annotations

import pytest

from bench.report.page.groups import groups_of
from tests.report.page.page_runs import full_run
from tests.report.report_records import make_record


def test_seeds_are_one_group_and_settings_are_not() -> None:
    """Two groups of one method tell what they differ in."""
    runs = [
        full_run("lora", seed, settings={"train": {"batch_size": size}})
        for seed in (0, 1, 2)
        for size in (8, 16)
    ]
    groups = groups_of(runs)
    assert [one.label for one in groups] == [("train.batch_size=8",), ("train.batch_size=16",)]
    assert all([run.seed for run in one.counted] == [0, 1, 2] for one in groups)


def test_groups_stand_by_the_size_of_their_settings() -> None:
    """As the lines of a table do: 0.0002 before 0.001, which has the smaller last digits."""
    runs = [full_run(settings={"train": {"warmup_ratio": ratio}}) for ratio in (0.001, 0.0002)]
    assert [one.label for one in groups_of(runs)] == [
        ("train.warmup_ratio=0.0002",), ("train.warmup_ratio=0.001",),
    ]  # fmt: skip


def test_the_newest_run_of_a_seed_counts() -> None:
    """The older one is listed behind it; a seed that never finished says what happened."""
    old = full_run("lora", 0, finished="2026-01-01T00:00:00+00:00", metrics={"BLEU": 0.1})
    new = full_run(
        "lora", 0, finished="2026-02-01T00:00:00+00:00", metrics={"BLEU": 0.2}, again="x"
    )
    lost = full_run("lora", 1, status="failed", error="ValueError")
    (group,) = groups_of([new, lost, old])
    assert group.counted == (new,)
    assert group.superseded == (old,)
    assert group.unfinished == (lost,)
    assert group.problems == ("seed 1 failed: ValueError",)
    assert group.runs == (new, lost, old)


def test_what_may_not_be_compared_is_apart() -> None:
    """Synthetic from real rows, a part from all of them, presets, models."""
    runs = [
        full_run(),
        full_run(source="synthetic"),
        full_run(partial=True),
        full_run(preset="quick"),
        full_run(model="smollm2_135m"),
    ]
    groups = groups_of(runs)
    assert len({group.condition for group in groups}) == 5
    assert [group.condition.synthetic for group in groups] == [False, False, False, True, False]


def test_mean_and_sample_deviation() -> None:
    """1, 2, 3 and 6: mean 3, variance (4 + 1 + 0 + 9) / 3."""
    runs = [
        full_run("lora", seed, metrics={"BLEU": bleu}) for seed, bleu in enumerate((1, 2, 3, 6))
    ]
    (group,) = groups_of([*runs, full_run("lora", 4, metrics={"BLEU": None})])
    found = group.metric("BLEU")
    assert found is not None
    assert (found.mean, found.n) == (3, 4)
    assert found.std == pytest.approx((14 / 3) ** 0.5)
    assert group.metric("unknown") is None


def test_trained_parameters_are_without_the_head() -> None:
    """And none where the runs do not agree."""
    record = make_record()
    assert record.params["trained"] == 393216
    (group,) = groups_of([full_run(trained=70)])
    assert group.trained == 70
    (mixed,) = groups_of([full_run(trained=70), full_run("lora", 1, trained=80)])
    assert mixed.trained is None


def test_settings_are_read_by_the_ends_of_their_keys() -> None:
    """But for two keys that end alike."""
    runs = [full_run(settings={"train": {"batch_size": size}}) for size in (8, 16)]
    assert [one.brief for one in groups_of(runs)] == ["batch_size=8", "batch_size=16"]
    runs = [
        full_run(settings={"train": {"batch_size": size}, "eval": {"batch_size": size}})
        for size in (8, 16)
    ]
    assert groups_of(runs)[0].brief == "eval.batch_size=8, train.batch_size=8"
