"""ReLoRA: high rank from a sequence of low-rank updates (Lialin et al., arXiv 2307.05695).

Every `interval` steps but behind the last one:

    W ← W + s·B A    A Kaiming-uniform, B = 0    A (r, i), B (o, r)

so that the model computes what it did before. The optimizer forgets both moments of most
values of A and B, of those with the smallest first moment or at random, and the learning
rate rises again from 0 over a few steps to what the schedule then gives (with a cosine,
the paper's jagged cosine).

The released program prunes each moment apart: a first moment that is kept beside a second
that is not makes one step as long as about 30 (moments=apart). Its wrapper can start with
both A and B at zero, where neither learns; here the first cycle starts as LoRA does.

In bf16 a small change would vanish when it is added to a weight: the sum is rounded up or
down at random, in proportion, so that it is right in the mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Property
from bench.methods.lora import Lora
from bench.methods.plugin import Moment, Plugin
from bench.types import Count, Fraction

if TYPE_CHECKING:
    from bench.methods.compose import MethodConfig

MOMENTS = ("exp_avg", "exp_avg_sq")
"""What AdamW remembers of every value."""


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Restarts(Plugin):
    """Merge the update into the weights every so often, and start a new one."""

    key = "restarts"
    source = "Lialin et al. 2023, algorithm 1 and section 3, arXiv 2307.05695"

    interval: Count | None = None
    """Steps from one restart to the next; null takes `fraction` of all steps."""
    fraction: Fraction = 0.25
    """The interval as a fraction of all steps, two steps at least."""
    prune: Fraction = 0.99
    """Fraction of the values of A and B whose moments are set to zero."""
    by: Literal["magnitude", "random"] = "magnitude"
    """Whether those are the values with the smallest moments or any."""
    moments: Literal["together", "apart"] = "together"
    """Whether a value loses both of its moments, or each by itself."""
    warmup: Fraction = 0.1
    """Fraction of the interval over which the learning rate rises again."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model is what learns in the end."""
        return {"frozen": "every restart adds the update to the base weights"}

    def check(self, method: MethodConfig) -> None:
        """Plain LoRA on plain weights."""
        if not isinstance(method.update, Lora) or method.update.gate != "none":
            raise ConfigError(
                "method.plugins.restarts: works with method.update=lora, method.gate=none and "
                "method.magnitude=false only"
            )
        if method.base:
            raise ConfigError(
                f"method.plugins.restarts: cannot add to weights that method.base "
                f"({method.base[0].key}) has transformed; leave one of them out"
            )

    def every(self, steps: int) -> int:
        """Steps from one restart to the next."""
        return self.interval or max(round(self.fraction * steps), 2)

    def lr_factor(self, step: int, steps: int) -> float:
        """A linear rise behind every restart."""
        cycle, position = divmod(step - 1, self.every(steps))
        rise = round(self.warmup * self.every(steps))
        return (position + 1) / rise if cycle > 0 and position < rise else 1.0

    def changed(self, name: str) -> bool:
        """The weights that updates stand beside; they hold what was merged."""
        return name.endswith(".base.weight")

    def step_end(self, now: Moment) -> None:
        """Restart."""
        import torch

        from bench.attach.attach import adapted_maps
        from bench.models.dense import StandIn
        from bench.tensors.draw import kaiming_uniform
        from bench.tensors.forget import forget
        from bench.tensors.rounding import rounded

        if now.step % self.every(now.steps) != 0 or now.step == now.steps:
            return
        for layer in adapted_maps(now.model).values():
            if isinstance(layer.base, StandIn):
                raise ConfigError("method.plugins.restarts: the weight is kept in another form")
            A, B, W = layer.adapter["A"], layer.adapter["B"], layer.base.weight
            with torch.no_grad():
                W.copy_(rounded(layer.merged(), W.dtype, now.generator))
                A.copy_(kaiming_uniform((A.shape[0], A.shape[1]), now.generator))
                B.zero_()
            chance = now.generator if self.by == "random" else None
            for state in (now.optimizer.state[A], now.optimizer.state[B]):
                both = [state[moment] for moment in MOMENTS]
                for group in [both] if self.moments == "together" else [[m] for m in both]:
                    forget(group, self.prune, chance)
