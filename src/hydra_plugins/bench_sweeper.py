"""Hydra's sweeper for `python -m bench -m …`; what it does is in bench.sweep.

Hydra imports this file at every start, so that it imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser

if TYPE_CHECKING:
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="bench",
    node={"_target_": "hydra_plugins.bench_sweeper.BenchSweeper", "params": None, "table": None},
    provider="bench",
)


class BenchSweeper(BasicSweeper):
    """Expands lists as Hydra's basic sweeper does, and runs what is not done."""

    def __init__(self, params: dict[str, str] | None = None, table: str | None = None) -> None:
        """With a `table` of conf/table, each combination stands for all cells of the table."""
        super().__init__(max_batch_size=None, params=params)
        self.table = table

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,  # noqa: ARG002  (bench.sweep.task stands for it)
        config: DictConfig,
    ) -> None:
        """Keep what the sweep needs; it makes its own launcher."""
        self.hydra_context = hydra_context
        self.config = config

    def sweep(self, arguments: list[str]) -> Any:
        """Run every cell of the command line; a SweepEnded carries an exit code other than 0."""
        from bench.sweep.sweep import sweep

        assert self.config is not None  # noqa: S101  (Hydra calls `setup` first)
        assert self.hydra_context is not None  # noqa: S101
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        (cells,) = self.split_arguments(overrides, None)
        if self.table is not None:
            from bench.reproduce.cells import spec_named, table_cells

            spec = spec_named(self.table)
            cells = [list(one) for given in cells for one in table_cells(spec, given)]
        return sweep(cells, self.config, self.hydra_context)
