"""A method is listed with what its file and its parts say, and counted on a model."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from bench.list.__main__ import main
from bench.paths import config_folder


@pytest.fixture
def conf(tmp_path, monkeypatch) -> Path:
    """A folder of methods of the test's own."""
    (tmp_path / "method").mkdir()
    for module in ("files", "methods"):
        monkeypatch.setattr(f"bench.list.{module}.config_folder", lambda: tmp_path)
    return tmp_path / "method"


MINE = """# My method: an example.
name: mine
update: lora
magnitude: true
parts: [up, query]
rank: 99
alpha: 2
optimizer: {lr: 1.0}
"""


def test_a_method_is_what_its_file_says_over_the_defaults_of_its_update(listed, conf):
    (conf / "mine.yaml").write_text(MINE)
    (entry,) = listed("methods")
    assert entry["about"] == "My method: an example."
    assert entry["parts"] == ["query", "up"], "in the canonical order"
    assert entry["options"]["rank"] == 99
    assert entry["options"]["dropout"] == 0.0
    assert entry["optimizer"] == {"lr": 1.0}
    assert entry["file"] == "method/mine.yaml"
    assert not {"name", "update", "parts", "optimizer", "magnitude"} & set(entry["options"])
    assert "trained" not in entry, "nothing is counted without a model"


def test_a_method_names_the_papers_of_all_its_parts(listed, conf):
    """LoRA and DoRA."""
    (conf / "mine.yaml").write_text(MINE)
    (entry,) = listed("methods")
    assert "2106.09685" in entry["source"]
    assert "2402.09353" in entry["source"]


def test_a_selecting_method_is_listed_too(listed, conf):
    (conf / "all.yaml").write_text("name: all\nselect: everything\nparts: []\noptimizer: {lr: 1}\n")
    assert listed("methods")[0]["about"] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("update: lorra\nparts: [up]\noptimizer: {lr: 1}\n", "did you mean lora?"),
        ("select: everythin\noptimizer: {lr: 1}\n", "did you mean everything?"),
        ("update: lora\nparts: [up]\nrank: 2\noptimizer: {lr: 1}\n", "method.alpha: missing"),
        ("- lora\n", "a mapping with keys is needed"),
        ("a: [\n", "not YAML"),
    ],
)
def test_a_wrong_method_file_is_one_line_that_names_it(failure, conf, text, expected):
    (conf / "wrong.yaml").write_text(text)
    error = failure("methods")
    assert expected in error
    assert "wrong.yaml" in error


def test_the_definition_and_the_file_are_where_they_are_said_to_be(listed):
    for entry in listed("methods"):
        module, _, name = entry["defined"].partition(":")
        part = getattr(importlib.import_module(module), name)
        assert module.startswith(f"bench.methods.{entry['family']}")
        assert part.source in entry["source"]
        assert (config_folder() / entry["file"]).is_file()
        assert entry["mergeable"] is ("merge" not in entry["lacks"])


def test_a_family_has_all_its_methods(listed):
    """LoRMA's variants, which are spread over modules."""
    names = {entry["name"] for entry in listed("methods") if entry["family"] == "lorma"}
    assert names >= {"lorma_plus", "lorma_pi", "lorma_none", "dorma", "dylorma"}


def test_methods_are_counted_on_the_named_model(listed):
    """LoRMA, Table 2: rank 8 on query and value of RoBERTa base is printed as 0.3M, here rank 4."""
    found = {entry["name"]: entry for entry in listed("methods", "model=roberta_base")}
    assert found["lora"]["trained"] == 12 * 2 * 4 * (768 + 768)
    assert found["lora"]["model"] == "roberta_base"
    assert found["lora"]["refused"] is None
    assert found["ft"]["trained"] == 124_647_170 - (768 * 768 + 768 + 2 * 768 + 2), "no head"


def test_multiply_accumulates_are_those_of_the_published_table(listed):
    """LoDA, Table 2: LoRA 75.5M merged and 75.9M beside; LoDA 75.9M, and never merged."""
    found = {entry["name"]: entry for entry in listed("methods", "model=gpt2_medium")}
    assert found["lora"]["macs"] == {"merged": 75_497_472, "beside": 75_890_688}
    assert found["loda"]["macs"] == {"merged": None, "beside": 75_892_224}
    assert found["prompt"]["macs"] is None


def test_a_method_that_a_model_cannot_have_says_why(listed, capsys, conf):
    """GPT-2's feed-forward layer has no gate."""
    (conf / "mine.yaml").write_text(MINE.replace("up, query", "gate"))
    (entry,) = listed("methods", "model=tiny_gpt2")
    assert entry["trained"] is None
    assert entry["refused"].startswith("part gate: the model has no such part")
    assert main(["methods", "model=tiny_gpt2"]) == 0
    assert "null" in capsys.readouterr().out
