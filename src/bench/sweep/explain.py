"""Why a cell cannot be composed, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from bench.errors import BenchError
from bench.overrides import explain
from bench.sweep.compose import Composer


def composed(composer: Composer, overrides: Sequence[str]) -> dict[str, Any]:
    """The resolved settings of one cell; a ConfigError where its overrides make none."""
    try:
        return composer.settings(overrides)
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, overrides) from None


def one_line(error: Exception, overrides: Sequence[str]) -> str:
    """The reason; looking for it composes anew, so that the running Hydra is put back."""
    if isinstance(error, BenchError):
        return str(error)
    running = GlobalHydra.instance().hydra
    try:
        return str(explain(error, overrides))
    finally:
        GlobalHydra.instance().hydra = running
