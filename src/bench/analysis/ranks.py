"""Ranks and spectra of the weight updates of a run (LoRMA, sections 5.6, E.2 and E.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor
from tqdm import tqdm

from bench.analysis.deltas import Change, changes
from bench.analysis.records import Analysis, analysis_of_runs
from bench.analysis.rows import RankRow
from bench.analysis.runs import Run
from bench.analysis.spectra import (
    TOLERANCE,
    doubling,
    effective_rank,
    energy_kept,
    numerical_rank,
)
from bench.errors import ConfigError
from bench.tensors.files import read_tensors


def analyse_ranks(run: Run, blocks: frozenset[int] | None) -> Analysis:
    """The rank of every ΔW, and of every multiplier, now and at every snapshot."""
    rows: list[RankRow] = []
    for step, path in run.adapters.items():
        state = read_tensors(path)
        found = changes(run.cell, run.folder, state, blocks)
        for change in tqdm(found, desc=path.stem, unit="map", disable=None):
            rows.extend(rank_rows(change, step))
    if not rows:
        raise ConfigError(f"{run.record.run_id}: adapts no map in these blocks")
    settings = {"tolerance": TOLERANCE, "blocks": None if blocks is None else sorted(blocks)}
    return analysis_of_runs("ranks", [run.record], settings, rows)


def rank_rows(change: Change, step: int | None) -> Iterator[RankRow]:
    """A row for ΔW, and one for the multiplier where there is one."""
    yield _row(change, step, "update", change.update)
    if change.multiplier is not None:
        yield _row(change, step, "multiplier", change.multiplier)


def _row(
    change: Change, step: int | None, kind: Literal["update", "multiplier"], matrix: Tensor
) -> RankRow:
    values = torch.linalg.svdvals(matrix)
    rank = numerical_rank(values, matrix.shape)
    kept = energy_kept(values)
    return RankRow(
        map=change.map,
        block=change.block,
        part=change.part,
        step=step,
        matrix=kind,
        shape=list(matrix.shape),
        rank=rank,
        effective_rank=effective_rank(values),
        energy={str(count): float(kept[count - 1]) for count in doubling(len(values))},
        singular_values=values[:rank].tolist() if step is None else [],
    )
