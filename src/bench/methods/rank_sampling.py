"""DyLoRA: one training for every rank up to r (Valipour et al., arXiv 2210.07558).

    b ~ uniform on {lowest … r}, drawn anew at every step, the same for all maps
    forward   B[:, :b] A[:b, :], scaled by alpha / b    A (r, i), B (o, r)
    frozen    only component b gets a gradient, as in the released scripts
    all       components 1 … b get one

The released program multiplies A and B by √(r / b) each beside alpha / r, which is
alpha / b as well. Validation and prediction use all r components, or the first
`evaluate_at`: behind the last step the others are then set to zero and the kept ones
rescaled, so that the saved, the merged and the attached adapter all have that rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Update
from bench.methods.plugin import Moment, Plugin, structure
from bench.types import Count

if TYPE_CHECKING:
    from bench.methods.compose import MethodConfig


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class RankSampling(Plugin):
    """Train with a random number of leading components at each step."""

    key = "rank_sampling"
    source = "Valipour et al. 2022, algorithm 1, arXiv 2210.07558"

    mode: Literal["frozen", "all"] = "frozen"
    """Which of the components in use learn: the last of them, or all."""
    lowest: Count = 1
    """Smallest rank that is drawn."""
    evaluate_at: Count | None = None
    """Rank of the final adapter; null keeps all components."""

    def check(self, method: MethodConfig) -> None:
        """The update must have ungated components that can be left out, and enough of them."""
        update = structure(method)
        if update is None or type(update).truncated is Update.truncated:
            raise ConfigError(
                f"method.plugins.rank_sampling: {method.trained.key} has no components that can "
                "be left out; use it with update=lora, lorma_plus or lorma_pi"
            )
        if getattr(update, "gate", "none") != "none":
            raise ConfigError("method.plugins.rank_sampling: needs method.gate=none")
        rank = getattr(update, "rank", 0)
        for name in ("lowest", "evaluate_at"):
            value = getattr(self, name)
            if value is not None and value > rank:
                raise ConfigError(
                    f"method.plugins.rank_sampling.{name}={value}: "
                    f"must be at most method.rank={rank}"
                )

    @property
    def uncapturable(self) -> str:
        """The forward pass changes from step to step."""
        return "rank_sampling draws another rank for each step"

    def step_begin(self, now: Moment) -> None:
        """Draw a rank for all maps."""
        import torch

        from bench.attach.attach import adapted_maps

        maps = adapted_maps(now.model).values()
        highest = min(layer.adapter["A"].shape[0] for layer in maps)
        drawn = torch.randint(self.lowest, highest + 1, (1,), generator=now.generator)
        for layer in maps:
            layer.rank, layer.newest_only = int(drawn), self.mode == "frozen"

    def step_end(self, now: Moment) -> None:
        """Take the components that are evaluated, for a validation that may follow."""
        from bench.attach.attach import adapted_maps

        for layer in adapted_maps(now.model).values():
            layer.rank, layer.newest_only = self.evaluate_at, False

    def finalize(self, now: Moment) -> None:
        """Keep the first `evaluate_at` components."""
        from bench.attach.attach import adapted_maps
        from bench.tensors.components import keep_leading

        if self.evaluate_at is None:
            return
        for layer in adapted_maps(now.model).values():
            layer.rank = None
            keep_leading(
                dict(layer.adapter.items()),
                layer.update.truncated(layer.tensors(), self.evaluate_at),
            )
