"""Virtual tokens in the input whose embeddings, or whose activations, train.

    prompt     n vectors (n, d) before the context, in place of embeddings
               (Lester et al., arXiv 2104.08691)
    prelayer   l_p positions before and l_i behind the context; at the input of every block
               their activations are replaced by vectors (l_p + l_i, d)
               (Hu et al., section 5.1, arXiv 2106.09685, after Li and Liang, arXiv 2101.00190)

Prefix-layer tuning is described as replacing what comes behind each block. What comes behind
the last one is read by nothing but the head, at positions without loss; so the L replaced
activations are here the inputs of the L blocks, of which the first is the embedding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Insert, Property
from bench.types import Count, Whole

if TYPE_CHECKING:
    from torch import Generator
    from transformers import PreTrainedModel

    from bench.models.parts import Part
    from bench.models.shape import Shape

LACKS: Mapping[Property, str] = {
    "identity": "the tokens of the input attend to the virtual ones from the start",
    "merge": "the method lengthens the input, which no weight does",
}


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Prompt(Insert):
    """Prompt tuning: embeddings of virtual tokens before the context."""

    key = "prompt"
    source = "Lester et al. 2021, section 2, arXiv 2104.08691"

    tokens: Count
    """Number n of virtual tokens."""
    start: Literal["vocabulary", "normal"] = "vocabulary"
    """Embeddings of tokens drawn from the vocabulary, or normal with deviation 0.02."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own output, and a plain weight."""
        return LACKS

    @property
    def virtual_tokens(self) -> tuple[int, int]:
        """All before the context."""
        return (self.tokens, 0)

    def put_on(
        self,
        model: PreTrainedModel,
        parts: Sequence[Part],
        generator: Generator,
    ) -> None:
        """Extend the input embedding."""
        import torch

        from bench.models.virtual import embed_virtual
        from bench.tensors.draw import normal

        if self.start == "normal":
            rows = normal((self.tokens, model.config.hidden_size), 0.02, generator)
        else:
            ids = torch.randint(model.config.vocab_size, (self.tokens,), generator=generator)
            rows = model.get_input_embeddings()(ids.to(model.device)).detach().float()
        embed_virtual(model, rows)

    def count(self, shape: Shape, parts: Sequence[Part]) -> int:
        """N d."""
        return self.tokens * shape.width


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Prelayer(Insert):
    """Prefix-layer tuning: activations of virtual tokens at every block."""

    key = "prelayer"
    source = "Hu et al. 2021, section 5.1 (PreLayer), arXiv 2106.09685"

    before: Whole
    """Number l_p of virtual tokens before the context."""
    behind: Whole
    """Number l_i of virtual tokens behind the context."""

    def __post_init__(self) -> None:
        """Without a token nothing trains."""
        if self.before + self.behind == 0:
            raise ValueError("before=0 and behind=0: one of them must be 1 or more")

    @property
    def lacks(self) -> Mapping[Property, str]:
        """The base model's own output, and a plain weight."""
        return LACKS

    @property
    def virtual_tokens(self) -> tuple[int, int]:
        """Prefix and infix."""
        return (self.before, self.behind)

    def put_on(
        self,
        model: PreTrainedModel,
        parts: Sequence[Part],
        generator: Generator,
    ) -> None:
        """Put normal vectors, deviation 0.02, at the input of every block."""
        from bench.models.virtual import replace_activations
        from bench.tensors.draw import normal

        size = (self.before + self.behind, model.config.hidden_size)
        depth = model.config.num_hidden_layers
        replace_activations(model, [normal(size, 0.02, generator) for _ in range(depth)])

    def count(self, shape: Shape, parts: Sequence[Part]) -> int:
        """Blocks · d · (l_p + l_i)."""
        return shape.blocks * shape.width * (self.before + self.behind)
