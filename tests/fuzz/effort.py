"""How long fuzzing takes: a few cases in the suite, thousands where BENCH_SOAK=1."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings

Test = TypeVar("Test", bound=Callable[..., object])

SOAK = os.environ.get("BENCH_SOAK") == "1"
TIMES = 100
"""Cases of the long form for one of the short form."""


def cases(number: int, times: int = TIMES) -> Callable[[Test], Test]:
    """Always the same `number` of cases in the suite, `times` as many of any kind in a soak."""
    return settings(
        max_examples=number * times if SOAK else number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
