"""Table specs: what the project ships, and what is refused."""

from __future__ import annotations

import pytest
import yaml

from bench.errors import ConfigError
from bench.paths import config_folder
from bench.report.spec import load_spec, load_specs


def test_every_shipped_spec_is_valid_and_named_after_its_file():
    names = [spec.name for spec in load_specs(config_folder())]
    assert "lorma_table_3" in names
    assert names == sorted(names)


def test_rows_and_columns_in_the_order_of_the_paper(spec):
    """LoRMA (arXiv 2506.07621), Table 3."""
    assert [row.method for row in spec.rows] == [
        "ft",
        "adapter_h",
        "lora",
        "lorma_pi",
        "lorma_plus",
    ]
    assert [(column.metric, column.scale, column.digits) for column in spec.columns] == [
        ("BLEU", 100, 1),
        ("NIST", 1, 2),
        ("METEOR", 100, 1),
        ("ROUGE_L", 100, 1),
        ("CIDEr", 1, 2),
    ]


def change(path: list[str | int], value: object):
    """A function that puts `value` at `path` of nested data."""

    def apply(data):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["columns", 0, "scale"], 0, "some.columns.0.scale=0: must be greater than 0"),
        (["columns", 0, "better"], "upper", "allowed: higher, lower"),
        (["columns", 0, "metric"], "BLUE", "did you mean BLEU"),
        (["columns", 1, "metric"], "BLEU", "some.columns: e2e BLEU occurs twice"),
        (["rows", 0, "method"], "lora", "some.rows: lora occurs twice"),
        (["rows", 0, "method"], "fft", "no such published row; did you mean gpt2_medium ft"),
        (["rows", 0, "lable"], "FT", "did you mean some.rows.0.label"),
        (["rows"], "lora", "a list is needed here"),
        (["published"], "lorma", "a section with keys is needed here"),
        (["published", "table"], "table_99", "did you mean table_"),
        (["taks"], "e2e", "did you mean some.task"),
    ],
)
def test_a_wrong_entry_is_named_in_one_line(tmp_path, path, value, message):
    conf = config_folder()
    data = yaml.safe_load((conf / "table" / "lorma_table_3.yaml").read_text(encoding="utf-8"))
    change(path, value)(data)
    (tmp_path / "some.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_spec(tmp_path / "some.yaml", conf / "published")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["title: [", "- a list", "", "\x00"])
def test_a_file_that_is_no_mapping_is_named(tmp_path, text):
    path = tmp_path / "some.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"some\.yaml") as caught:
        load_spec(path, tmp_path)
    assert "\n" not in str(caught.value)
