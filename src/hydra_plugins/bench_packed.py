"""Hydra's launcher for `hydra/launcher=packed`; what it does is in bench.packed.

Hydra imports this file at every start, so that it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from hydra._internal.core_plugins.basic_launcher import BasicLauncher

if TYPE_CHECKING:
    from hydra.core.utils import JobReturn


class PackedLauncher(BasicLauncher):
    """Runs cells in this process; those that can train together do so."""

    def __init__(
        self, runs: int = 8, dropout: Literal["own_masks", "other_masks"] = "own_masks"
    ) -> None:
        super().__init__()
        self.runs = runs
        self.other_masks = dropout == "other_masks"

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """What became of each cell, in the order in which they are given."""
        from bench.packed.launch import Packer

        task: Any = self.task_function
        packer = Packer(
            since=task.since,
            runs=self.runs,
            other_masks=self.other_masks,
            settings=task.composer.settings,
        )
        cells = [packer.cell(overrides) for overrides in job_overrides]
        ended: dict[int, JobReturn] = {}
        for pack in packer.packs(cells):
            packer.fit([cell for index in pack if (cell := cells[index]) is not None])
            for index in pack:
                (ended[index],) = super().launch([job_overrides[index]], initial_job_idx + index)
        return [ended[index] for index in range(len(job_overrides))]
