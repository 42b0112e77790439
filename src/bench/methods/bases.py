"""Transforms of the frozen weights, before an update is put beside them.

    sparse      S-LoDA(+)    the largest entries of [Wq, Wk, Wv] of a block, zeros elsewhere
    low_rank    R-LoDA(+)    the largest singular values of [Wq, Wk, Wv] of a block
    four_bit    QLoRA        every linear map of the blocks in 4-bit NormalFloat

Each goes with every update, and they can follow each other: `base: {sparse: {keep: 0.5}}`.
The model starts as the approximated one. What merges is added to the approximated weight,
which makes that weight dense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from annotated_types import Gt, Le
from pydantic import AllowInfNan
from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Base, Property
from bench.types import Count

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Kept = Annotated[float, AllowInfNan(False), Gt(0), Le(1)]


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class SparseWeight(Base):
    """Query, key and value of a block keep their largest entries, as one matrix."""

    key = "sparse"
    source = "Liu et al. 2025, section 2.2 (S-LoDA), MERL TR2025-130"

    keep: Kept
    """Fraction of the entries that stay, those of the largest magnitude."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own logits, unless all entries stay."""
        why = "small entries of the frozen weights are set to zero"
        return {"identity": why} if self.keep < 1 else {}

    def transform(self, model: PreTrainedModel) -> None:
        """Set the other entries to zero."""
        from bench.models.approximate import sparsify

        sparsify(model, self.keep)

    def macs(self, maps: Sequence[tuple[int, int]]) -> int:
        """Those of the entries that stay."""
        return round(self.keep * super().macs(maps))


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LowRankWeight(Base):
    """Query, key and value of a block become one product of two thin matrices."""

    key = "low_rank"
    source = "Liu et al. 2025, section 2.2 (R-LoDA), MERL TR2025-130"

    rank: Count
    """Number of singular values that stay, the largest ones."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own logits."""
        return {"identity": "small singular values of the frozen weights are left out"}

    def transform(self, model: PreTrainedModel) -> None:
        """Put factors in place of the weights; a ConfigError for a rank that they do not have."""
        from bench.models.approximate import factorise

        factorise(model, self.rank)

    def macs(self, maps: Sequence[tuple[int, int]]) -> int:
        """R (i + Σ o): the first product is shared."""
        return self.rank * (maps[0][1] + sum(o for o, _ in maps)) if maps else 0


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class FourBitWeight(Base):
    """Every linear map of the blocks in 4-bit NormalFloat, its scales in 8 bit."""

    key = "four_bit"
    source = "Dettmers et al. 2023, section 3, arXiv 2305.14314"

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own logits."""
        return {"identity": "the frozen weights are rounded to 16 levels"}

    def available(self) -> str | None:
        """What keeps bitsandbytes from being used."""
        from bench.models.quantise import missing

        return missing()

    def transform(self, model: PreTrainedModel) -> None:
        """Quantise; a ConfigError where that cannot be done here."""
        from bench.models.quantise import quantise

        reason = self.available()
        if reason is not None:
            raise ConfigError(f"method.base.four_bit: {reason}")
        quantise(model)
