"""Figure 2 of LoDA: curves against numpy on a tiny model, and the shape of its claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from bench.analysis.energy import by_entries, by_rank
from bench.analysis.rows import EnergyRow
from tests.analysis.conftest import Study


def test_curves_are_numpys_on_the_weights_of_the_file(
    study: Study, tiny_model: Callable[..., Any]
) -> None:
    """Query, key and value of block 1 of a GQA model, (48 + 24 + 24, 48)."""
    analysis = study.analysed("energy", "tiny_llama", "--block", "1", "--keep", "0.125")
    attention = tiny_model().model.model.layers[1].self_attn
    maps = (attention.q_proj, attention.k_proj, attention.v_proj)
    W = np.concatenate([one.weight.double().numpy() for one in maps])
    assert W.shape == (96, 48)
    assert analysis.settings == {"block": 1, "rank": 48, "keep": 0.125, "shape": [96, 48]}
    rows = [row for row in analysis.values if isinstance(row, EnergyRow)]
    squares = np.linalg.svd(W, compute_uv=False) ** 2
    kept = [row for row in rows if row.by == "singular_values"]
    assert [row.kept for row in kept] == list(range(1, 49))
    assert [row.energy for row in kept] == pytest.approx(np.cumsum(squares) / squares.sum())
    entries = {row.kept: row.energy for row in rows if row.by == "entries"}
    assert len(entries) == 101
    largest = np.sort((W**2).ravel())[::-1]
    for fraction in (0.01, 0.125, 0.4, 1.0):
        count = round(fraction * W.size)
        assert entries[fraction] == pytest.approx(largest[:count].sum() / (W**2).sum())


def test_gaussian_entries_keep_what_their_tail_holds() -> None:
    """The 40 % largest of N(0, 1) keep 0.968: P(|x| > q) + 2 q φ(q) at q = 0.8416.

    Figure 2b prints above 96 % for GPT-2; for values that are all equal it would be 40 %.
    """
    W = torch.randn(300, 300, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    (kept,) = (row.energy for row in by_entries(W, 0.4) if row.kept == 0.4)
    q = 0.8416212335729143
    expected = 0.4 + 2 * q * np.exp(-(q**2) / 2) / np.sqrt(2 * np.pi)
    assert kept == pytest.approx(expected, abs=0.003)
    equal = by_entries(torch.ones(10, 10, dtype=torch.float64), 0.4)
    assert [row.energy for row in equal] == pytest.approx([row.kept for row in equal])


def test_a_known_spectrum() -> None:
    """Singular values 2, 1, 1: energies 4/6, 5/6, 1."""
    found = by_rank(torch.diag(torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64)))
    assert [row.energy for row in found] == pytest.approx([4 / 6, 5 / 6, 1])
