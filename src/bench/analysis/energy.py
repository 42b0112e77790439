"""Energy of W_proj = [W_q, W_k, W_v] that an approximation keeps (LoDA, Fig. 2).

    rank     of the R largest singular values: Σ_{n ≤ R} σ_n² / Σ σ_n²
    sparse   of the largest entries by magnitude, a fraction of all

Both are the squared Frobenius norm of the best approximation of that kind, over that of
W_proj. The three weights stand one below the other here, (o, i) each, which is the
transpose of the paper's matrix and has the same energies.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from bench.analysis.records import Analysis, new_analysis
from bench.analysis.rows import EnergyRow
from bench.analysis.spectra import energy_kept
from bench.errors import ConfigError
from bench.models.config import ModelConfig
from bench.models.dense import dense_weight
from bench.models.heads import ENCODERS, CausalHead, ClassifierHead
from bench.models.load import load
from bench.models.parts import blocks, linears

PERCENT = 100


def analyse_energy(config: ModelConfig, block: int, rank: int | None, keep: float) -> Analysis:
    """Both curves of one block; `rank` is by default the paper's 300, or all where fewer."""
    head = ClassifierHead(labels=2) if config.family in ENCODERS else CausalHead()
    loaded = load(config, head=head, dtype=torch.float32, device="cpu", seed=0)
    count = len(blocks(loaded.model))
    if block >= count:
        raise ConfigError(f"--block {block}: {config.name} has blocks 0 to {count - 1}")
    places = linears(loaded.model, ("query", "key", "value"))
    weights = [dense_weight(place.linear) for place in places if place.block == block]
    W = torch.cat(weights).double()
    full = min(W.shape)
    wanted = min(300, full) if rank is None else rank
    if wanted > full:
        raise ConfigError(f"--rank {wanted}: W_proj has {full} singular values")
    rows = [*by_rank(W), *by_entries(W, keep)]
    settings = {"block": block, "rank": wanted, "keep": keep, "shape": list(W.shape)}
    facts = {"name": loaded.name, "revision": loaded.revision, "sha256": loaded.sha256}
    return new_analysis(
        kind="energy", model=facts, name=f"block-{block}", settings=settings, values=rows
    )


def by_rank(W: Tensor) -> list[EnergyRow]:
    """Energy in the first 1, 2, ... singular values."""
    kept = energy_kept(torch.linalg.svdvals(W))
    return [_row("singular_values", n, float(kept[n - 1])) for n in range(1, len(kept) + 1)]


def by_entries(W: Tensor, keep: float) -> list[EnergyRow]:
    """Energy in the largest entries: every percent of them, and the fraction `keep`."""
    kept = energy_kept(W.abs().flatten().sort(descending=True).values)
    fractions = sorted({*(n / PERCENT for n in range(1, PERCENT + 1)), keep})
    return [
        _row("entries", fraction, float(kept[max(round(fraction * W.numel()), 1) - 1]))
        for fraction in fractions
    ]


def _row(by: Literal["singular_values", "entries"], kept: float, energy: float) -> EnergyRow:
    return EnergyRow(by=by, kept=kept, energy=energy)
