"""Why a cell of a sweep cannot be composed, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.global_hydra import GlobalHydra

from bench.errors import BenchError
from bench.overrides import explain


def one_line(error: Exception, overrides: Sequence[str]) -> str:
    """The reason; looking for it composes anew, so that the running Hydra is put back."""
    if isinstance(error, BenchError):
        return str(error)
    running = GlobalHydra.instance().hydra
    try:
        return str(explain(error, overrides))
    finally:
        GlobalHydra.instance().hydra = running
