"""The cells whose steps are measured. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.config import Cell, cell_from
from bench.sweep.compose import new_composer
from bench.sweep.explain import composed


def cells(methods: Sequence[str], overrides: Sequence[str]) -> Iterator[Cell]:
    """One cell a method; a ConfigError of one line where the settings make none."""
    composer = new_composer()
    for method in methods:
        given = [f"method={method}", *overrides]
        yield cell_from(composed(composer, given))
