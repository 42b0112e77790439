"""Methods that train tensors of the base model itself and add none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.errors import ModelError
from bench.methods.base import OPTIONS, Property, Select
from bench.models.parts import Part, blocks, family, linears
from bench.types import Count

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel


def _of(model: PreTrainedModel, wanted: set[int]) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters with these identities, by their names in the whole model."""
    for name, parameter in model.named_parameters():
        if id(parameter) in wanted:
            yield name, parameter


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Everything(Select):
    """Full fine-tuning: every tensor of the model trains."""

    key = "everything"
    source = "full fine-tuning"

    def chosen(self, model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters; tied ones once."""
        yield from model.named_parameters()


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class PartWeights(Select):
    """The weights of some parts train, in every block; their biases do not."""

    key = "part_weights"
    source = "Liu et al. 2025, FT^{Wq,Wv} of table 1, MERL TR2025-130"

    weights: tuple[Part, ...]
    """Canonical names of the weights."""

    def __post_init__(self) -> None:
        """Nothing at all is another selection."""
        if not self.weights:
            raise ValueError("weights: empty; name the weights that train, as [query,value]")

    def chosen(self, model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
        """The (o, i) weights; a ModelError for a map that is kept in another form."""
        from torch import nn

        maps = [place.linear for place in linears(model, self.weights)]
        for linear in maps:
            if not isinstance(linear, nn.Linear):
                raise ModelError(
                    f"method.weights: a {type(linear).__name__} of method.base has no weight that "
                    "can train; leave method.base out"
                )
        yield from _of(model, {id(linear.weight) for linear in maps})


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class TopBlocks(Select):
    """The last blocks train whole: attention, feed-forward layer and their layer norms.

    The layer norm behind the last block stays frozen: only so do two blocks of GPT-2 medium
    have the 25.19M values that the papers print.
    """

    key = "top_blocks"
    source = "Li and Liang 2021, FT-TOP2 of table 1, arXiv 2101.00190"

    blocks: Count
    """Number of blocks, counted from the last."""

    def chosen(self, model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters of the blocks; a ModelError where the model has fewer."""
        found = blocks(model)
        if self.blocks > len(found):
            raise ModelError(f"method.blocks={self.blocks}: the model has {len(found)} blocks")
        yield from _of(model, {id(p) for p in found[-self.blocks :].parameters()})


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Bias(Select):
    """BitFit: every bias vector trains, those of the layer norms included."""

    key = "bias"
    source = "Ben Zaken et al. 2021, section 3, arXiv 2106.10199"

    def chosen(self, model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
        """Parameters whose name ends in `bias`; a ModelError where there are none."""
        found = [(n, p) for n, p in model.named_parameters() if n.rpartition(".")[2] == "bias"]
        if not found:
            raise ModelError(
                f"method.select=bias: {family(model)} has no bias; "
                "name a model that has them (gpt2, roberta, bert), or another method"
            )
        yield from found


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Nothing(Select):
    """No tensor of the model trains; a new task head still does."""

    key = "nothing"
    source = "in-context learning: Brown et al. 2020, arXiv 2005.14165"

    @property
    def lacks(self) -> Mapping[Property, str]:
        """What needs something that trains."""
        return {
            "gradient": "nothing trains",
            "learning": "nothing trains",
        }

    def chosen(self, model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
        """No parameter."""
        yield from ()
