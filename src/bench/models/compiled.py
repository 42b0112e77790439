"""Parts of a model that torch compiles for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch._dynamo.config
import torch._functorch.config
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


CACHE_OF_FUNCTIONS = "autograd_cache_allow_custom_autograd_functions"
"""torch's name of the switch with which code that has autograd functions is cached as well: with
what their forward and backward do, so that changed functions are other code."""


@contextmanager
def compiling_quickly() -> Iterator[None]:
    """Let torch compile what it compiled before, also in another process, in seconds.

    Numbers such as a scaling are written into the code. As numbers that may change, torch would
    trace all of it, find that they do not, and trace it again.
    """
    with ExitStack() as stack:
        stack.enter_context(torch._dynamo.config.patch(specialize_float=True))
        if hasattr(torch._functorch.config, CACHE_OF_FUNCTIONS):
            stack.enter_context(torch._functorch.config.patch({CACHE_OF_FUNCTIONS: True}))
        yield


@contextmanager
def compiled(modules: Iterable[nn.Module], backend: str) -> Iterator[None]:
    """Let torch compile modules meanwhile, for any size of a batch."""
    held = list(modules)
    for module in held:
        module.compile(dynamic=True, backend=backend)
    try:
        with compiling_quickly():
            yield
    finally:
        for module in held:
            module._compiled_call_impl = None
