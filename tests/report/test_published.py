"""The committed published numbers against the transcript of the paper, and the schema."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bench.errors import ConfigError
from bench.paths import config_folder
from bench.report.published import load_published

TRANSCRIPT = Path(__file__).parents[3] / "shared" / "papers" / "lorma.yaml"


@pytest.mark.skipif(not TRANSCRIPT.is_file(), reason=f"no transcript of the paper: {TRANSCRIPT}")
def test_table_3_equals_the_transcript():
    """Every number, mark and parameter count of the table, under its printed heading."""
    printed = yaml.safe_load(TRANSCRIPT.read_text(encoding="utf-8"))["tables"]["table_3"]
    ours = load_published(config_folder() / "published", "lorma", "table_3")
    assert list(ours.columns.values()) == printed["columns"]
    assert len(ours.rows) == len(printed["rows"])
    for row, wanted in zip(ours.rows, printed["rows"], strict=True):
        found = {ours.columns[name]: value for name, value in row.values.items()}
        facts = {"model": row.model, "method": row.method, "params": row.params}
        assert {**facts, "source": row.source, **found} == wanted


def test_numbers_read_off_the_paper():
    """LoRMA (arXiv 2506.07621), Table 3, the rows LoRMA_+ and FT*."""
    table = load_published(config_folder() / "published", "lorma", "table_3")
    plus, full = table.row("gpt2_medium", "lorma_plus"), table.row("gpt2_medium", "ft")
    assert list(plus.values.values()) == [69.3, 8.75, 46.3, 70.8, 2.51]
    assert (full.source, full.params, full.values["BLEU"]) == ("quoted", "354.92M", 68.2)


def minimal(**changes: object) -> dict[str, object]:
    """One table with one row."""
    row = {"model": "m", "method": "lora", "source": "measured", "params": None}
    table = {"number": "Table 1", "title": "t", "columns": {"BLEU": "BLEU"}, "aggregation": "a"}
    paper = {"title": "t", "authors": ["a"], "arxiv": None, "venue": "v"}
    rows = [{**row, "values": {"BLEU": 1.0}, **changes}]
    return {"paper": paper, "tables": {"table_1": {**table, "rows": rows}}}


def load(folder: Path, values: object):
    (folder / "some.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return load_published(folder, "some", "table_1")


def test_std_and_variant_have_a_place(tmp_path):
    """Papers that print deviations, and rows that model and method do not tell apart."""
    row = load(tmp_path, minimal(std={"BLEU": 0.3}, variant="r8")).row("m", "lora", "r8")
    assert (row.values["BLEU"], (row.std or {})["BLEU"]) == (1.0, 0.3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": {"BLUE": 1.0}}, "did you mean BLEU"),
        ({"values": {"BLEU": "many"}}, "some.table_1.rows.0.values.BLEU=many: must be"),
        ({"values": {"BLEU": float("nan")}}, "must be a finite number"),
        ({"source": "guessed"}, "allowed: measured, quoted"),
        ({"parms": "1M"}, "did you mean some.table_1.rows.0.params"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, changes, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, minimal(**changes))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_row_that_occurs_twice_is_named(tmp_path):
    values = minimal()
    values["tables"]["table_1"]["rows"] *= 2
    with pytest.raises(ConfigError, match=r"lora.*occurs twice"):
        load(tmp_path, values)


def test_missing_table_paper_and_row_name_what_there_is(tmp_path):
    table = load(tmp_path, minimal())
    with pytest.raises(ConfigError, match="did you mean m lora"):
        table.row("m", "lorra")
    with pytest.raises(ConfigError, match="allowed: table_1"):
        load_published(tmp_path, "some", "table_2")
    with pytest.raises(ConfigError, match="allowed: some"):
        load_published(tmp_path, "other", "table_1")
