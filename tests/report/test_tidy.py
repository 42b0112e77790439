"""The CSV, read back with pandas."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from bench.report.runs import read_runs
from bench.report.tables import blocks_of
from bench.report.tidy import COLUMNS, render
from tests.report.report_records import make_record, write


def frame(spec, results, *records):
    """The table as pandas reads it."""
    write(results, *records)
    return pd.read_csv(StringIO(render(spec, blocks_of(spec, read_runs(results)[0]))))


def test_one_row_for_each_block_line_and_metric(spec, results):
    table = frame(spec, results, make_record(), make_record(source="synthetic"))
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 5 * 5
    assert not table.duplicated(["model", "preset", "data", "rows", "method", "metric"]).any()


def test_numbers_and_records_of_one_cell(spec, results):
    records = [make_record(seed=seed, metrics={"BLEU": 0.6 + seed / 10}) for seed in (0, 1)]
    table = frame(spec, results, *records)
    row = table[(table.method == "lora") & (table.metric == "BLEU")].iloc[0]
    assert (row["mean"], row["n"], row["published"]) == (65.0, 2, 69.1)
    assert row["std"] == pytest.approx(50**0.5, rel=1e-9)
    assert (row["unit"], row["data"], row["status"]) == ("x100", "real", "finished")
    assert row["run_ids"].split() == [record.run_id for record in records]
    assert int(row["trained_params"]) == 393216


def test_a_hole_has_no_number(spec, results):
    table = frame(spec, results, make_record("ft", status="diverged", error="DivergedError"))
    hole = table[table.method == "ft"]
    assert hole["mean"].isna().all()
    assert set(hole.status) == {"diverged"}
    assert set(table[table.method == "lora"].status) == {"not run"}
