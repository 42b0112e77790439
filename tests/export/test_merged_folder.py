"""Merged folders: transformers alone loads them, and computes what was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from bench.errors import ModelError, NotMergeableError
from bench.export.merged_folder import write_merged
from bench.methods.base import Update
from tests.export.exporting import auto, composed, deviation, logits, on_disk, original, trained

MODELS = ("tiny_gpt2", "tiny_llama", "tiny_roberta")

METHODS: dict[str, dict[str, Any]] = {
    "lora": {"parts": ["query", "value", "output", "up", "down"]},
    "lorma_pi": {"update": "lorma_pi"},
    "dorma": {"update": "lorma_plus", "magnitude": True},
    "ft": {"update": None, "select": "everything", "parts": [], "rank": None, "alpha": None},
}


class Rotated(Update):
    """An update that no weight reproduces."""

    lacks = {"merge": "it rotates by a hidden angle"}  # noqa: RUF012

    def tensors(self, weight, generator):
        return {"g": torch.zeros(len(weight))}

    def forward(self, x, base, t, drop):
        return base(x) + t["g"].sin() * base(x).cos()

    def count(self, o, i):
        return o


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_transformers_gives_the_trained_logits(method: str, name: str, tmp_path: Path) -> None:
    """To 1e-5 in fp32 after saving and loading; names are those of the original model."""
    model = on_disk(name, tmp_path / "base")
    made = trained(model, composed(**METHODS[method]))
    expected = logits(made.attached.model)
    before = original(model)
    assert deviation(logits(before), expected) > 0.01
    write_merged(made, tmp_path / "merged")
    found = auto(model).from_pretrained(tmp_path / "merged").eval()
    assert deviation(logits(found), expected) < 1e-5
    shapes = {key: tensor.shape for key, tensor in before.state_dict().items()}
    assert {key: tensor.shape for key, tensor in found.state_dict().items()} == shapes
    assert str(tmp_path) not in (tmp_path / "merged" / "config.json").read_text()


def test_the_tokenizer_comes_along(tmp_path: Path) -> None:
    """The folder is complete: a text becomes the identifiers that the run used."""
    made = trained(on_disk("tiny_gpt2", tmp_path / "base"), composed())
    write_merged(made, tmp_path / "merged")
    found = AutoTokenizer.from_pretrained(tmp_path / "merged")
    assert found("name : A")["input_ids"] == made.tokenizer("name : A")["input_ids"]


def test_dense_weights_of_a_transformed_base(tmp_path: Path) -> None:
    """Weights kept as factors become plain ones, those of maps without an update too."""
    model = on_disk("tiny_gpt2", tmp_path / "base")
    made = trained(model, composed(parts=["query"], base={"low_rank": {"rank": 8}}))
    expected = logits(made.attached.model)
    write_merged(made, tmp_path / "merged")
    found = auto(model).from_pretrained(tmp_path / "merged").eval()
    assert deviation(logits(found), expected) < 1e-5
    fused = found.transformer.h[0].attn.c_attn.weight
    assert int(torch.linalg.matrix_rank(fused[:, 48:], tol=1e-4)) == 8


def test_bf16_stays_bf16(tmp_path: Path) -> None:
    """Weights are saved in the precision in which the run evaluated them."""
    model = on_disk("tiny_llama", tmp_path / "base")
    made = trained(model, composed(), torch.bfloat16)
    write_merged(made, tmp_path / "merged")
    found = auto(model).from_pretrained(tmp_path / "merged")
    assert {tensor.dtype for tensor in found.parameters()} == {torch.bfloat16}


def test_what_cannot_be_merged_says_why(tmp_path: Path) -> None:
    """The reason is the method's own."""
    made = trained(on_disk("tiny_llama", tmp_path / "base"), composed())
    made.attached.model.model.layers[1].self_attn.q_proj.update = Rotated()
    with pytest.raises(NotMergeableError, match=r"method=lora: cannot be merged: it rotates by a"):
        write_merged(made, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_nothing_of_ours_is_left(tmp_path: Path) -> None:
    """A tensor that transformers would not load is an error, not a silent loss."""
    made = trained(on_disk("tiny_llama", tmp_path / "base"), composed())
    made.attached.model.model.layers[0].extra = torch.nn.Linear(2, 2, bias=False)
    with pytest.raises(ModelError, match=r"1 tensors are not .* model\.layers\.0\.extra\.weight"):
        write_merged(made, tmp_path / "merged")
