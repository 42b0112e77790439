"""The cells whose steps are measured. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from bench.config import Cell, cell_from
from bench.overrides import explain
from bench.sweep.compose import new_composer


def cells(methods: Sequence[str], overrides: Sequence[str]) -> Iterator[Cell]:
    """One cell a method; a ConfigError of one line where the settings make none."""
    composer = new_composer()
    for method in methods:
        given = [f"method={method}", *overrides]
        try:
            values = composer.settings(given)
        except (HydraException, OmegaConfBaseException) as error:
            raise explain(error, given) from None
        yield cell_from(values)
