"""What is loaded is what is in the files, frozen, and nothing depends on chance."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.utils import logging

from bench.attach.attach import attach
from bench.errors import ModelError
from bench.methods.compose import method_from
from bench.models.config import RandomSource
from bench.models.fingerprint import fingerprint
from bench.models.heads import CausalHead, ClassifierHead

DECODERS = ("tiny_gpt2", "tiny_llama")
CASES = [
    *((name, CausalHead()) for name in DECODERS),
    *((name, ClassifierHead(labels=3)) for name in (*DECODERS, "tiny_roberta")),
]
IDS = torch.arange(4, 44).reshape(2, 20)


def weights(loaded) -> dict[str, torch.Tensor]:
    return loaded.model.state_dict()


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def saved(tmp_path, configs, read):
    """A random model as transformers saves it, and that model of transformers."""

    def saved(name: str, kind, **settings: int):
        source = configs[name].source
        torch.manual_seed(7)
        values = {"vocab_size": 260, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
        values |= source.settings | settings
        model = kind.from_config(AutoConfig.for_model(**values)).eval()
        model.save_pretrained(tmp_path)
        head = ClassifierHead(labels=1) if name == "tiny_roberta" else CausalHead()
        read(name, head).tokenizer.save_pretrained(tmp_path)
        return tmp_path, model

    return saved


@pytest.mark.parametrize(("name", "head"), CASES)
def test_model_is_frozen_in_evaluation_mode_and_caches(read, name, head):
    loaded = read(name, head)
    assert not any(p.requires_grad for p in loaded.model.parameters())
    assert not any(module.training for module in loaded.model.modules())
    assert loaded.model.config.use_cache
    assert loaded.model.config.pad_token_id == loaded.tokenizer.pad_token_id is not None


@pytest.mark.parametrize(("name", "head"), CASES)
def test_random_weights_are_the_same_every_time_and_move_no_stream(read, name, head):
    torch.manual_seed(3)
    first = read(name, head)
    drawn = torch.rand(1)
    second = read(name, head)
    assert same(weights(first), weights(second))
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(1))


def test_random_weights_follow_the_seed_of_the_model_not_of_the_cell(read, configs):
    config = configs["tiny_gpt2"]
    other = replace(config, source=replace(config.source, seed=1))
    assert same(weights(read(config, seed=0)), weights(read(config, seed=1)))
    assert not same(weights(read(config)), weights(read(other)))


@pytest.mark.parametrize("name", [*DECODERS, "tiny_roberta"])
def test_seed_of_the_cell_draws_the_head_alone(read, name):
    head = ClassifierHead(labels=3)
    first, second = read(name, head, seed=0), read(name, head, seed=1)
    changed = {n for n, w in weights(first).items() if not torch.equal(w, weights(second)[n])}
    assert changed == {n for n in first.head if n.endswith("weight")}
    assert same(weights(first), weights(read(name, head, seed=0)))


def test_head_is_drawn_as_in_the_published_code(read):
    """RobertaClassificationHead: dense and out_proj, normal with 0.02, biases zero."""
    loaded = read("tiny_roberta", ClassifierHead(labels=3))
    assert loaded.head == {
        f"classifier.{module}.{tensor}"
        for module in ("dense", "out_proj")
        for tensor in ("weight", "bias")
    }
    dense = loaded.model.classifier.dense
    assert not dense.bias.any()
    # The standard error of a deviation of n normal values is sd / sqrt(2 n).
    assert dense.weight.std().item() == pytest.approx(0.02, abs=4 * 0.02 / (2 * 48 * 48) ** 0.5)
    assert loaded.model.classifier.out_proj.weight.shape == (3, 48)


def test_generation_has_no_new_head(read):
    assert read("tiny_llama").head == frozenset()


@pytest.mark.parametrize(("name", "head"), CASES)
def test_a_lower_precision_rounds_the_same_weights(read, name, head):
    full, half = read(name, head), read(name, head, dtype=torch.bfloat16)
    assert half.model.dtype == torch.bfloat16
    for parameter, exact in zip(half.model.parameters(), full.model.parameters(), strict=True):
        assert torch.equal(parameter, exact.to(torch.bfloat16))
    buffers = dict(full.model.named_buffers())
    for name_, buffer in half.model.named_buffers():
        assert torch.equal(buffer, buffers[name_])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", DECODERS)
def test_folder_gives_the_logits_of_transformers(saved, read, at, name, dtype):
    folder, _ = saved(name, AutoModelForCausalLM)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    loaded = read(at(name, folder), dtype=dtype)
    with torch.no_grad():
        expected, found = plain(IDS).logits, loaded.model(IDS).logits
    exact = dtype == torch.float32
    assert found.dtype == dtype
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6 if exact else 2**-8)
    assert (loaded.revision, loaded.sha256) == fingerprint(at(name, folder))


def test_head_of_another_task_in_the_folder_is_replaced(saved, read, at):
    folder, model = saved("tiny_roberta", AutoModelForSequenceClassification, num_labels=2)
    loaded = read(at("tiny_roberta", folder), ClassifierHead(labels=3), seed=5)
    fresh = read("tiny_roberta", ClassifierHead(labels=3), seed=5)
    for name, weight in weights(loaded).items():
        other = weights(fresh)[name] if name in loaded.head else model.state_dict()[name]
        assert torch.equal(weight, other), name


def test_absent_weight_is_an_error_and_not_a_random_number(saved, read, at):
    folder, _ = saved("tiny_llama", AutoModelForCausalLM)
    file = folder / "model.safetensors"
    tensors = load_file(file)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, file, metadata={"format": "pt"})
    for head in (CausalHead(), ClassifierHead(labels=2)):
        with pytest.raises(ModelError, match=r"1 weights are missing .* model\.layers\.1\.mlp\.up"):
            read(at("tiny_llama", folder), head)


def test_weight_of_another_shape_is_an_error(saved, read, at):
    folder, _ = saved("tiny_llama", AutoModelForCausalLM)
    file = folder / "model.safetensors"
    tensors = load_file(file)
    tensors["model.norm.weight"] = torch.ones(47)
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"have another shape in the files, model\.norm\.weight"):
        read(at("tiny_llama", folder))


def test_damaged_weights_are_one_clear_line(saved, read, at):
    folder, _ = saved("tiny_llama", AutoModelForCausalLM)
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelError, match=r"tiny_llama: .* cannot be loaded") as error:
        read(at("tiny_llama", folder))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("place", ["random", "folder"])
def test_encoder_generates_no_text(saved, read, at, configs, place):
    config = configs["tiny_roberta"]
    if place == "folder":
        folder, _ = saved("tiny_roberta", AutoModelForSequenceClassification)
        config = at("tiny_roberta", folder)
    with pytest.raises(ModelError, match="roberta is an encoder and generates no text"):
        read(config)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_type": "t5"}, "model_type=t5; supported: bert, gemma, gpt2, llama, roberta"),
        ({"model_type": "gpt2", "n_layers": 2}, "settings.n_layers: gpt2 has no such field"),
    ],
)
def test_wrong_settings_of_a_random_model(read, configs, settings, message):
    source = RandomSource(kind="random", seed=0, settings=settings)
    with pytest.raises(ModelError, match=message):
        read(replace(configs["tiny_gpt2"], source=source))


def test_padding_does_not_change_the_logits_of_roberta(read):
    """Positions start behind the padding token: a wrong token would shift them."""
    loaded = read("tiny_roberta", ClassifierHead(labels=2))
    tokenizer = loaded.tokenizer
    alone = tokenizer("short", return_tensors="pt")
    padded = tokenizer(["short", "a much longer text"], padding=True, return_tensors="pt")
    with torch.no_grad():
        expected = loaded.model(**alone).logits[0]
        found = loaded.model(**padded).logits[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_a_new_head_is_no_news(saved, read, at, capfd):
    """transformers reports it as missing weights, under a progress bar."""
    folder, _ = saved("tiny_llama", AutoModelForCausalLM)
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    capfd.readouterr()
    read(at("tiny_llama", folder), ClassifierHead(labels=3))
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (level, bars)


POOLER = {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}


@pytest.fixture
def bert(configs):
    """A random BERT."""
    config = configs["tiny_roberta"]
    settings = config.source.settings | {"model_type": "bert"}
    source = replace(config.source, settings=settings)
    return replace(config, name="tiny_bert", family="bert", source=source)


def test_pooler_of_bert_is_the_first_layer_of_the_head(bert, read):
    """It stands where RoBERTa's head has `dense`; pretrained, so no seed draws it."""
    head = ClassifierHead(labels=3)
    first, second = read(bert, head, seed=0), read(bert, head, seed=1)
    assert first.head == POOLER | {"classifier.weight", "classifier.bias"}
    changed = {n for n, w in weights(first).items() if not torch.equal(w, weights(second)[n])}
    assert changed == {"classifier.weight"}


def test_pooler_of_bert_trains_with_every_method_and_counts_as_head(bert, read):
    """As many values as RoBERTa's head of the same width: (48² + 48) + (3·48 + 3)."""
    made = {}
    for config in (bert, "tiny_roberta"):
        loaded = read(config, ClassifierHead(labels=3))
        method = method_from(
            {"name": "lora", "update": "lora", "parts": ["query"], "rank": 2, "alpha": 4.0,
             "optimizer": {"lr": 0.01}}
        )  # fmt: skip
        attached = attach(loaded.model, method, 0, loaded.head)
        made[attached.model.config.model_type] = attached
    assert made["bert"].trained().keys() >= POOLER
    heads = {family: attached.counts()["head"] for family, attached in made.items()}
    assert heads == {"bert": 48 * 48 + 48 + 3 * 48 + 3, "roberta": 48 * 48 + 48 + 3 * 48 + 3}
    logits = made["bert"].model(IDS).logits
    logits.sum().backward()
    assert made["bert"].trained()["bert.pooler.dense.weight"].grad.abs().sum() > 0


def test_pooler_keeps_the_values_of_the_files(bert, read, tmp_path):
    """transformers reads the same ones."""
    fresh = read(bert, ClassifierHead(labels=2))
    fresh.model.save_pretrained(tmp_path)
    fresh.tokenizer.save_pretrained(tmp_path)
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path).state_dict()
    loaded = read(replace(bert, path=tmp_path), ClassifierHead(labels=2), seed=9)
    for name in POOLER:
        assert torch.equal(weights(loaded)[name], plain[name])
