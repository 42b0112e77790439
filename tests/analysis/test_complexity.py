"""Operations of one map with LoRA and LoRMA, against closed forms and torch's own counter."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log2
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from bench.analysis.__main__ import main
from bench.analysis.complexity import rows_of
from bench.analysis.rows import ComplexityRow
from bench.attach.linear import AdaptedLinear
from bench.methods.base import Update
from bench.methods.lora import Lora
from bench.methods.lorma import LormaPlus
from bench.methods.lorma_none import LormaNone
from bench.methods.lorma_pi import LormaPi

D, K, R, B = 16, 10, 2, 6
"""A shape at which every term differs from every other."""


@pytest.fixture(scope="module")
def rows() -> dict[str, ComplexityRow]:
    """By method and form."""
    return {f"{row.method} {row.form}": row for row in rows_of(D, K, R, B)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lora None", D * K * B + K * R * B + D * R * B + 2 * D * B),
        ("lorma_none None", D * K * B + 2 * D * R * B + D * B),
        ("lorma_plus None", D * K * B + 2 * D * R * B + 2 * D * B),
        ("lorma_pi matrix", D * K * B + D**2 * R + D**2 * B + D**2 + D * B + D),
    ],
)
def test_closed_forms(rows: dict[str, ComplexityRow], name: str, expected: int) -> None:
    """Table 11's terms, with s·, and for LoRMA₊ a single W x: the printed dkb is there once."""
    assert rows[name].operations == expected


def test_fourier_transforms(rows: dict[str, ComplexityRow]) -> None:
    """One for each row of A and of x, and r back for each of x; W x is the only product."""
    row = rows["lorma_pi fft"]
    assert row.products == D * K * B
    assert row.transforms == (R + B + R * B) * 2.5 * D * log2(D)
    spectra, scaled, combined, differences = R * B * (D // 2 + 1), R * D, R * D * B, D * B
    summed = (R - 1) * D * B
    assert row.elementwise == 4 * spectra + scaled + combined + summed + 2 * differences


@pytest.mark.parametrize("update", [Lora, LormaNone, LormaPlus, LormaPi])
def test_products_of_a_real_adapted_map(
    rows: dict[str, ComplexityRow], update: Callable[..., Update]
) -> None:
    """torch's counter on the module that trains finds as many, with values and a batch of rows."""
    form = {"form": "matrix"} if update is LormaPi else {}
    linear = nn.Linear(K, D, bias=False)
    module = AdaptedLinear(linear, update(rank=R, alpha=R, **form), torch.Generator())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.ones(2, B // 2, K))
    row = rows[f"{module.update.key} {form.get('form')}"]
    assert counter.get_total_flops() == 2 * row.products


def test_the_form_that_is_taken_is_told() -> None:
    """On a CPU a large d with few tokens takes Fourier transforms, many tokens the matrix."""
    for tokens, form in ((4, "fft"), (4096, "matrix")):
        taken = {row.form: row.chosen_on for row in rows_of(1024, 64, 4, tokens) if row.form}
        assert "cpu" in taken[form]
        assert sorted([*taken["fft"], *taken["matrix"]]) == ["cpu", "gpu"]


def test_the_command_reads_shapes_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model of 8 billion values whose weights are not here; its value maps are (1024, 4096)."""
    words = ["complexity", "llama3_8b", "--part", "value", "--rank", "4", "--tokens", "32"]
    assert main([*words, f"paths.results={tmp_path}"]) == 0
    (path,) = (tmp_path / "analysis" / "complexity" / "llama3_8b").iterdir()
    assert path.name == "value-rank-4-tokens-32.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["runs"] == []
    shapes = {(row["d"], row["k"], row["r"], row["b"]) for row in record["values"]}
    assert shapes == {(1024, 4096, 4, 32)}
    assert "lorma_pi" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--part", "gat"), "--part gat: tiny_llama has query, key, value, output, gate, up, down"),
        (("--rank", "49"), "--rank 49: W of query is (48, 48), so at most 48"),
        (("--rank", "0"), "--rank 0: must be 1 or more"),
        (("--tokens", "0"), "--tokens 0: must be 1 or more"),
    ],
)
def test_what_cannot_be_counted_is_one_line(
    failure: Callable[..., str], words: tuple[str, ...], told: str
) -> None:
    """And exit code 2."""
    assert told in failure("complexity", "tiny_llama", *words)
