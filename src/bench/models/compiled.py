"""Parts of a model that torch compiles for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ALIGNED = 8
"""Rows of a head's weight are filled up to a multiple: 16 bytes of bf16, as tensor cores read."""


class PaddedHead(nn.Module):
    """A head without bias whose matrix product has a round number of outputs."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.outputs = len(weight)
        self.weight = functional.pad(weight.detach(), (0, 0, 0, -len(weight) % ALIGNED))

    def forward(self, hidden: Tensor) -> Tensor:
        """(..., d) -> (..., outputs)."""
        return functional.linear(hidden, self.weight)[..., : self.outputs]


def aligned_head(model: PreTrainedModel) -> nn.Module:
    """The model's head, or one that computes the same faster; one that trains stays."""
    head: Any = model.get_output_embeddings()
    odd = len(head.weight) % ALIGNED != 0 and getattr(head, "bias", None) is None
    return PaddedHead(head.weight) if odd and not head.weight.requires_grad else head


@contextmanager
def compiled(modules: Iterable[nn.Module], backend: str) -> Iterator[None]:
    """Let torch compile modules meanwhile, for any size of a batch."""
    held = list(modules)
    for module in held:
        module.compile(dynamic=True, backend=backend)
    try:
        yield
    finally:
        for module in held:
            module._compiled_call_impl = None
