"""Which runs meet in a number, and which never do."""

from __future__ import annotations

import pytest

from bench.paths import config_folder
from bench.report.blocks import Setting
from bench.report.runs import read_runs
from bench.report.spec import load_spec
from bench.report.tables import blocks_of
from tests.report.report_records import make_record, write


def blocks(spec, results, *records):
    """The blocks of the table from the given records."""
    write(results, *records)
    runs, damaged = read_runs(results)
    assert damaged == []
    return blocks_of(spec, runs)


def lines(block, method):
    """Our lines of one method."""
    return next(entry.lines for entry in block.entries if entry.row.method == method)


def test_the_papers_setting_comes_first_even_without_any_record(spec, results):
    (block,) = blocks(spec, results)
    assert block.paper
    assert block.model_title == "GPT-2 medium"
    assert [entry.row.method for entry in block.entries] == [row.method for row in spec.rows]
    assert {line.status for entry in block.entries for line in entry.lines} == {"not run"}


def test_mean_and_sample_deviation_over_seeds(spec, results):
    """BLEU 68.1, 69.1, 69.4: mean 206.6/3; squared deviations 0.926667, over 2, root 0.680686."""
    scores = [0.681, 0.691, 0.694]
    records = [make_record(seed=seed, metrics={"BLEU": x}) for seed, x in enumerate(scores)]
    (line,) = lines(blocks(spec, results, *records)[0], "lora")
    assert line.values[0].mean == pytest.approx(68.8666666667, abs=1e-9)
    assert line.values[0].std == pytest.approx(0.6806859286, abs=1e-9)
    assert line.values[1].mean == pytest.approx(8.7, abs=1e-12)
    assert [run.seed for run in line.counted] == [0, 1, 2]


def test_one_seed_has_no_deviation(spec, results):
    (line,) = lines(blocks(spec, results, make_record())[0], "lora")
    assert (line.values[0].mean, line.values[0].std, line.values[0].n) == (69.0, None, 1)


def test_a_row_may_take_some_runs_of_a_method_only(results):
    """Adapter^L has two published rows; a run is in the one whose `where` it has, or in none."""
    conf = config_folder()
    spec = load_spec(conf / "table" / "loda_table_1.yaml", conf / "published")
    records = [
        make_record("adapter_l", settings={"method": {"bottleneck": size}}, metrics={"BLEU": bleu})
        for size, bleu in ((6, 0.6), (224, 0.7), (100, 0.8))
    ]
    (block,) = blocks(spec, results, *records)
    entries = [entry for entry in block.entries if entry.row.method == "adapter_l"]
    assert [entry.published.params for entry in entries] == ["0.37M", "11.09M"]
    assert [entry.lines[0].values[0].mean for entry in entries] == [60.0, 70.0]
    assert [len(entry.lines) for entry in entries] == [1, 1]


def test_what_differs_in_kind_never_shares_a_block(spec, results):
    """Synthetic and real rows, quick and paper presets, part and all rows, other models."""
    found = blocks(
        spec,
        results,
        make_record(metrics={"BLEU": 0.1}),
        make_record(metrics={"BLEU": 0.2}, source="synthetic"),
        make_record(metrics={"BLEU": 0.3}, preset="quick"),
        make_record(metrics={"BLEU": 0.4}, partial=True),
        make_record(metrics={"BLEU": 0.5}, model="smollm2_135m", preset="quick"),
    )
    means = {}
    for block in found:
        (line,) = lines(block, "lora")
        assert line.values[0].n == 1
        means[block.setting] = line.values[0].mean
    setting = {"model": "gpt2_medium", "preset": "paper", "real": True, "partial": False}
    other = {**setting, "model": "smollm2_135m", "preset": "quick"}
    assert means == {
        Setting(**setting): 10.0,
        Setting(**{**setting, "real": False}): 20.0,
        Setting(**{**setting, "preset": "quick"}): 30.0,
        Setting(**{**setting, "partial": True}): 40.0,
        Setting(**other): 50.0,
    }
    assert [block.paper for block in found] == [True, False, False, False, False]


def test_hub_and_local_rows_are_both_real(spec, results):
    """The same rows from two places make one group of the identity, hence one mean."""
    first, second = make_record(seed=0, source="hub"), make_record(seed=1, source="local")
    (block,) = blocks(spec, results, first, second)
    (line,) = lines(block, "lora")
    assert line.values[0].n == 2


def test_groups_that_differ_are_never_averaged(spec, results):
    """Each group has its own line, in the order of the numbers that tell them apart."""
    records = [
        make_record(seed=seed, settings={"train": {"steps": steps}}, metrics={"BLEU": steps / 1000})
        for steps in (200, 50, 1000)
        for seed in (0, 1)
    ]
    found = lines(blocks(spec, results, *records)[0], "lora")
    assert [line.label for line in found] == [
        ("train.steps=50",),
        ("train.steps=200",),
        ("train.steps=1000",),
    ]
    assert [line.values[0].mean for line in found] == [5.0, 20.0, 100.0]
    assert [line.values[0].n for line in found] == [2, 2, 2]


def test_the_newest_of_two_runs_of_a_seed_counts(spec, results):
    """Times in two time zones: 12:30+02:00 is earlier than 11:00 UTC."""
    old = make_record(metrics={"BLEU": 0.1}, finished="2026-01-01T12:30:00+02:00")
    new = make_record(metrics={"BLEU": 0.2}, finished="2026-01-01T11:00:00+00:00", again="x")
    (line,) = lines(blocks(spec, results, old, new)[0], "lora")
    assert (line.values[0].mean, line.values[0].n) == (20.0, 1)
    assert [run.run_id for run in line.superseded] == [old.run_id]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("failed", "failed: ValueError"),
        ("diverged", "diverged"),
        ("interrupted", "interrupted"),
        ("out_of_memory", "out of memory"),
    ],
)
def test_a_hole_says_what_happened(spec, results, status, words):
    (line,) = lines(
        blocks(spec, results, make_record(status=status, error="ValueError"))[0], "lora"
    )
    assert (line.status, line.values, line.counted) == (words, (), ())
    assert len(line.unfinished) == 1


def test_a_failed_attempt_of_a_finished_seed_is_past(spec, results):
    failed = make_record(status="failed", error="ValueError", again="x", finished="2027-01-01")
    (line,) = lines(blocks(spec, results, failed, make_record())[0], "lora")
    assert (line.status, line.unfinished) == ("finished", ())


def test_a_seed_that_diverged_stays_visible_beside_those_that_finished(spec, results):
    """Leaving it out silently would make the mean better than the method is."""
    lost = make_record(seed=1, status="diverged", error="DivergedError")
    (line,) = lines(blocks(spec, results, make_record(seed=0), lost)[0], "lora")
    assert (line.values[0].n, line.problems) == (1, ("diverged",))


def test_a_null_metric_gives_its_reason(spec, results):
    record = make_record(metrics={"METEOR": None}, unavailable={"METEOR": "no Java"})
    (line,) = lines(blocks(spec, results, record)[0], "lora")
    assert (line.values[2].mean, line.values[2].note) == (None, "METEOR: no Java")
    assert line.values[0].mean == 69.0


def test_a_metric_that_some_seeds_lack_says_which(spec, results):
    lacking = make_record(seed=7, metrics={"METEOR": None}, unavailable={"METEOR": "no Java"})
    (line,) = lines(blocks(spec, results, make_record(), lacking)[0], "lora")
    meteor = line.values[2]
    assert (meteor.mean, meteor.n, meteor.note) == (46.0, 1, "METEOR: no Java; absent for seed 7")


def test_other_tasks_and_methods_make_no_block(spec, results):
    other = make_record("dora", model="smollm2_135m")
    dart = make_record(model="smollm2_135m", again="x")
    dart.cell = {**dart.cell, "task": "dart"}
    assert len(blocks(spec, results, other, dart)) == 1


def test_a_run_that_leaves_the_papers_setting_is_marked(spec, results):
    """What all lines share is said once for the block; what one alone has stays with it."""
    greedy = {"decode": {"beams": 1}}
    short = {**greedy, "train": {"steps": 40}}
    one, two = make_record("lora", settings=greedy), make_record("ft", settings=short)
    (block,) = blocks(spec, results, one, two)
    assert block.shared == ("decode.beams=1 (paper: 10)",)
    assert "train.steps=40 (paper: null)" in lines(block, "ft")[0].deviations
