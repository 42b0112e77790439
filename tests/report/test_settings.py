"""What tells groups of runs apart, in the words of the command line."""

from __future__ import annotations

from bench.report.runs import run_from
from bench.report.settings import deviations, labels, text
from tests.report.report_records import make_record


def run(**options):
    """The run of a made-up record."""
    record = make_record(**options)
    cell = record.cell
    path = f"{cell['task']}/{cell['model']}/{cell['method']}/{record.run_id}.json"
    return run_from(record, path)


def test_only_settings_that_differ_are_named():
    one = run(settings={"train": {"steps": 100}})
    two = run(settings={"train": {"steps": 200}}, seed=3)
    assert labels([one, two]) == [("train.steps=100",), ("train.steps=200",)]


def test_a_setting_that_one_lacks_is_unset():
    one, two = run(), run(settings={"method": {"rank": 8}})
    assert labels([one, two]) == [("method.rank=unset",), ("method.rank=8",)]


def test_a_default_that_the_identity_leaves_out_is_read_from_the_configuration():
    """An option of an update, which a record's configuration has directly below its method."""
    one, two = run(settings={"method": {"order": "pre"}}), run(settings={"method": {"rank": 8}})
    del one.inputs["method.order"]
    two.inputs["method.update.order"] = "post"
    assert labels([one, two]) == [
        ("method.rank=unset", "method.update.order=pre"),
        ("method.rank=8", "method.update.order=post"),
    ]


def test_an_older_component_is_told_by_its_version():
    """Nothing in the settings differs, yet the results may."""
    one, two = run(versions={"trainer": 1}), run(versions={"trainer": 2})
    assert labels([one, two]) == [("versions.trainer=1",), ("versions.trainer=2",)]


def test_the_hash_tells_apart_what_nothing_else_does():
    one, two = run(), run()
    object.__setattr__(two, "group", "f" * 64)
    assert labels([one, two]) == [(f"group={one.group[:8]}",), ("group=ffffffff",)]


def test_a_single_group_needs_no_label():
    assert labels([run()]) == [()]


def test_deviations_name_both_values_and_skip_what_a_run_does_not_have():
    stated = {"decode.beams": 10, "train.steps": None, "method.rank": 4, "train.epochs": 5.0}
    settings = {"decode.beams": 1, "train.steps": 40, "train.epochs": 5}
    assert deviations(settings, stated) == (
        "decode.beams=1 (paper: 10)",
        "train.steps=40 (paper: null)",
    )


def test_settings_read_as_on_the_command_line():
    values = [None, True, 0.5, ["query", "value"], "linear", "0123456789abcdef"]
    assert [text(value) for value in values] == [
        "null",
        "true",
        "0.5",
        '["query", "value"]',
        "linear",
        "01234567",
    ]
