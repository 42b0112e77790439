"""Tuners of HF PEFT beside the model's linear maps: a seam, and those that are used.

    vera   W' = W + diag(b) B diag(d) A     Kopiczko et al., arXiv 2310.11454

A (r, i) and B (o, r) are random, frozen, and one pair for all maps: where maps differ in
shape, each takes the first columns of A and the first rows of B. Only d (r,), which starts at
`d_initial`, and b (o,), at zero, train for each map, so W' = W at the start.

Another tuner is a subclass that states its options, PEFT's configuration and its count.
Injecting, drawing from the run's own generator, freezing and merging are the same for all.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Insert
from bench.types import Count, Finite, Fraction

if TYPE_CHECKING:
    from peft import PeftConfig
    from torch import Generator
    from transformers import PreTrainedModel

    from bench.models.parts import Part
    from bench.models.shape import Shape


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class PeftTuner(Insert):
    """What HF PEFT's tuners of linear maps share."""

    rank: Count
    dropout: Fraction = 0.0
    """On the adapter's input."""

    @abstractmethod
    def peft_config(self, targets: list[str], seed: int) -> PeftConfig:
        """PEFT's configuration for the maps called `targets` in the model.

        `seed` is for tuners that keep their own source of chance; torch's is seeded already.
        """

    @abstractmethod
    def values(self, o: int, i: int) -> int:
        """Number of trained values beside one (o, i) map, in closed form."""

    def put_on(self, model: PreTrainedModel, parts: Sequence[Part], generator: Generator) -> None:
        """Wrap the maps called `parts`; the adapter alone trains, in fp32.

        Raises a ConfigError where there are no parts, and for a map that is no plain one.
        """
        from bench.models.peft_layers import inject

        inject(model, parts, self.peft_config, generator)

    def merge(self, model: PreTrainedModel) -> None:
        """Fold each adapter into its map, as PEFT does, unless the tuner lacks it."""
        if "merge" in self.lacks:
            super().merge(model)
        from bench.models.peft_layers import fold

        fold(model)

    def count(self, shape: Shape, parts: Sequence[Part]) -> int:
        """The sum over all maps."""
        return sum(self.values(o, i) for o, i in shape.of(parts))


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Vera(PeftTuner):
    """Scale the components and the rows of one random low-rank product."""

    key = "vera"
    source = "Kopiczko et al. 2023, equation 2, arXiv 2310.11454"

    d_initial: Finite = 0.1
    """Value of d at the start."""

    def peft_config(self, targets: list[str], seed: int) -> PeftConfig:
        """PEFT draws A and B from a seed of their own."""
        from peft import VeraConfig

        return VeraConfig(
            r=self.rank,
            target_modules=targets,
            vera_dropout=self.dropout,
            d_initial=self.d_initial,
            projection_prng_key=seed,
        )

    def values(self, o: int, i: int) -> int:
        """R + o: the vectors d and b."""
        return self.rank + o
