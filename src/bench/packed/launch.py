"""Bring the cells of a sweep to an end, those that can train together first. No torch.

What trains together has its fit noted in the folder of each run; the rest of each cell, and all
of a cell that cannot, is done in the ordinary way, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from bench.config import Cell, cell_from
from bench.errors import BenchError
from bench.machine import prepare_threads
from bench.outcome import exit_code
from bench.packed.together import packs, refusal
from bench.summary import title

Settings = Callable[[Sequence[str]], Mapping[str, Any]]

say = partial(print, flush=True)


@dataclass(frozen=True, kw_only=True)
class Packer:
    """Trains cells in packs."""

    since: float
    """When the sweep began, by the file server's clock."""
    runs: int
    """Cells that train together, at most."""
    other_masks: bool
    """Whether dropout may draw other masks than in runs by themselves."""
    settings: Settings
    """Composes the settings of a cell from its overrides."""

    def cell(self, overrides: Sequence[str]) -> Cell | None:
        """A cell; None where its settings are wrong, which is told at its turn."""
        try:
            return cell_from(self.settings(overrides))
        except (BenchError, HydraException, OmegaConfBaseException):
            return None

    def packs(self, cells: Sequence[Cell | None]) -> list[list[int]]:
        """Indices of the cells that are to train together, then each other by itself.

        None stands for a cell that has wrong settings.
        """
        fit: list[tuple[int, Cell]] = []
        alone: list[int] = []
        for index, cell in enumerate(cells):
            reason = refusal(cell, other_masks=self.other_masks) if cell is not None else None
            if cell is not None and reason is None:
                fit.append((index, cell))
            else:
                alone.append(index)
            if cell is not None and reason is not None:
                say(f"trains by itself: {title(cell)}: {reason}")
        return [*packs(fit, self.runs), *([index] for index in alone)]

    def fit(self, cells: Sequence[Cell]) -> None:
        """Train cells together; those that cannot are told, and stay as they are."""
        if len(cells) < 2:
            return
        threads = prepare_threads(cells[0])
        from bench.packed.fit import TooManyError, fit_together

        try:
            fit_together(cells, since=self.since, threads=threads, other_masks=self.other_masks)
        except TooManyError as error:
            say(f"{error}; going on with half of them")
        except BenchError as error:
            say(f"{len(cells)} cells train one by one: {error}")
            return
        except Exception as error:  # noqa: BLE001  (told; a cell that is at fault leaves a record)
            exit_code(error)
            say(f"{len(cells)} cells train one by one")
            return
        else:
            return
        middle = len(cells) // 2
        self.fit(cells[:middle])
        self.fit(cells[middle:])
