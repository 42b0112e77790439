"""A .gguf file is converted once, whole or not at all, to the very values that it holds."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig

from bench.errors import ModelError
from bench.models import gguf as conversion

WIDTH, HIDDEN, BLOCKS, HEADS, GROUPS = 64, 96, 2, 4, 2
TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "a", "b", "ab", "\u0120"]
Q8_0 = gguf.GGMLQuantizationType.Q8_0


def interleave(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a rotary projection as llama.cpp keeps them: halves of a head alternate."""
    o, i = weight.shape
    return weight.reshape(heads, 2, o // heads // 2, i).swapaxes(1, 2).reshape(o, i)


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    """Weights under the names of transformers, as a quantised file holds them."""
    draw = np.random.default_rng(0)
    shapes = {"model.embed_tokens.weight": (len(TOKENS), WIDTH), "model.norm.weight": (WIDTH,)}
    for block in range(BLOCKS):
        below = f"model.layers.{block}"
        narrow = WIDTH * GROUPS // HEADS
        shapes |= {
            f"{below}.self_attn.q_proj.weight": (WIDTH, WIDTH),
            f"{below}.self_attn.k_proj.weight": (narrow, WIDTH),
            f"{below}.self_attn.v_proj.weight": (narrow, WIDTH),
            f"{below}.self_attn.o_proj.weight": (WIDTH, WIDTH),
            f"{below}.mlp.gate_proj.weight": (HIDDEN, WIDTH),
            f"{below}.mlp.up_proj.weight": (HIDDEN, WIDTH),
            f"{below}.mlp.down_proj.weight": (WIDTH, HIDDEN),
            f"{below}.input_layernorm.weight": (WIDTH,),
            f"{below}.post_attention_layernorm.weight": (WIDTH,),
        }
    values = {name: draw.normal(size=s).astype(np.float32) for name, s in shapes.items()}
    return {
        name: gguf.quants.dequantize(gguf.quants.quantize(v, Q8_0), Q8_0) if v.ndim > 1 else v
        for name, v in values.items()
    }


@pytest.fixture(scope="module")
def file(tensors, tmp_path_factory):
    """The same weights, written by the library of the format."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(32)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 3, 1, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    names = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    outer = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
    }
    for name, value in tensors.items():
        if name in outer:
            target = outer[name]
        else:
            block, part = name.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
            target = f"blk.{block}.{names[part]}.weight"
        if value.ndim == 1:
            writer.add_tensor(target, value)
            continue
        heads = {"q_proj": HEADS, "k_proj": GROUPS}.get(name.split(".")[-2])
        rows = interleave(value, heads) if heads else value
        writer.add_tensor(target, gguf.quants.quantize(rows, Q8_0), raw_dtype=Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "gguf"


def test_every_weight_is_that_of_the_file_rounded_to_bfloat16(file, tensors, cache):
    folder = conversion.converted(file, "0" * 64, "m")
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert isinstance(model.config, LlamaConfig)
    assert not hasattr(model.config, "quantization_config")
    state = model.state_dict()
    assert set(state) == {*tensors, "lm_head.weight"}
    for name, value in tensors.items():
        assert torch.equal(state[name], torch.from_numpy(value).to(torch.bfloat16)), name
    assert model.lm_head.weight is model.model.embed_tokens.weight
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer("ab a").input_ids == [5, 6, 3]
    assert tokenizer.eos_token_id == 2


def test_second_use_reads_the_cache(file, cache, monkeypatch):
    folder = conversion.converted(file, "0" * 64, "m")
    monkeypatch.setattr(conversion, "_convert", lambda *_: pytest.fail("converted again"))
    assert conversion.converted(file, "0" * 64, "m") == folder
    assert folder.parent == cache
    assert [path.name for path in cache.iterdir()] == [f"{'0' * 64}-{conversion.LAYOUT}"]


def test_a_conversion_that_dies_leaves_nothing(file, cache, monkeypatch):
    def die(_, folder) -> None:
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(conversion, "_convert", die)
    with pytest.raises(KeyboardInterrupt):
        conversion.converted(file, "0" * 64, "m")
    assert not list(cache.iterdir())


def test_the_first_of_two_processes_wins(file, cache, monkeypatch):
    """The other one finishes in the middle of this conversion."""
    writes = conversion._convert

    def late(source, folder) -> None:
        monkeypatch.setattr(conversion, "_convert", lambda _, f: (f.mkdir(), (f / "x").touch()))
        conversion.converted(source, "0" * 64, "other")
        writes(source, folder)

    monkeypatch.setattr(conversion, "_convert", late)
    folder = conversion.converted(file, "0" * 64, "m")
    assert [path.name for path in folder.iterdir()] == ["x"]
    assert list(cache.iterdir()) == [folder]


def test_cache_that_cannot_be_written_is_one_clear_line(file, tmp_path, monkeypatch):
    (tmp_path / "taken").touch()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "taken"))
    with pytest.raises(ModelError, match=r"m: tiny.gguf cannot be .* or set BENCH_CACHE=DIR"):
        conversion.converted(file, "0" * 64, "m")


def test_damaged_file_is_one_clear_line(tmp_path, cache):
    (tmp_path / "bad.gguf").write_bytes(b"no gguf at all, but long enough to be read as one")
    with pytest.raises(ModelError, match=r"m: bad.gguf cannot be converted") as error:
        conversion.converted(tmp_path / "bad.gguf", "0" * 64, "m")
    assert "\n" not in str(error.value)


def test_default_cache_is_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCH_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert conversion.cache_folder() == tmp_path / ".cache" / "bench"
