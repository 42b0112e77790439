"""ΔW of a run, and random matrices, beside ΔW of a LoRA run (LoRMA, Table 9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Literal

import torch
from torch import Tensor
from tqdm import tqdm

from bench.analysis.deltas import Change, changes
from bench.analysis.records import Analysis, analysis_of_runs
from bench.analysis.rows import SimilarityRow
from bench.analysis.runs import Run
from bench.analysis.similarity import CONVENTIONS, Spectrum, measures, take_apart
from bench.errors import ConfigError
from bench.tensors.files import read_tensors


def analyse_similarity(
    run: Run, reference: Run, blocks: frozenset[int] | None, rank: int | None, seed: int
) -> Analysis:
    """The measures on every map that both runs adapt, in the first `rank` values.

    `rank` is by default that of the reference's update.
    """
    compared = rank_of(reference) if rank is None else rank
    own = {change.map: change.update for change in every(run, blocks)}
    rows = [
        row
        for change in tqdm(every(reference, blocks), desc="compare", unit="map", disable=None)
        if change.map in own
        for row in similarity_rows(change, own[change.map], compared, seed)
    ]
    if not rows:
        raise ConfigError(
            f"{run.record.run_id} and {reference.record.run_id} adapt no map in common, in the "
            "blocks that are compared"
        )
    chosen = None if blocks is None else sorted(blocks)
    settings = {"rank": compared, "seed": seed, "blocks": chosen, **CONVENTIONS}
    return analysis_of_runs("compare", [run.record, reference.record], settings, rows)


def every(run: Run, blocks: frozenset[int] | None) -> Iterator[Change]:
    """The change of each map by the adapter that was evaluated."""
    state = read_tensors(run.folder.file("fit"))
    return changes(run.cell, run.folder, state, blocks)


def rank_of(run: Run) -> int:
    """The rank option of a run's method."""
    rank = getattr(run.cell.method.update, "rank", None)
    if not isinstance(rank, int):
        raise ConfigError(
            f"{run.record.run_id}: method={run.cell.method.name} has no rank; give --rank R"
        )
    return rank


def random_like(matrix: Tensor, seed: int, name: str) -> Tensor:
    """Independent N(0, 1) values in the shape of `matrix`, for the map called `name`."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return torch.randn(matrix.shape, generator=generator, dtype=torch.float64)


def similarity_rows(
    change: Change, update: Tensor, rank: int, seed: int
) -> Iterator[SimilarityRow]:
    """`update` and a random matrix beside the reference's `change` of the same map."""
    reference = take_apart(change.update)
    yield _row(change, "update", take_apart(update), reference, rank)
    drawn = random_like(change.update, seed, change.map)
    yield _row(change, "random", take_apart(drawn), reference, rank)


def _row(
    change: Change,
    compared: Literal["update", "random"],
    one: Spectrum,
    reference: Spectrum,
    rank: int,
) -> SimilarityRow:
    return SimilarityRow(
        map=change.map,
        block=change.block,
        part=change.part,
        compared=compared,
        **asdict(measures(one, reference, rank)),
    )
