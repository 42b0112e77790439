"""What a method is made of: an update of a linear map, or a selection of base tensors.

Both are keyword-only dataclasses of options whose methods are pure functions of
tensors. This file and the families beside it import no torch, so that options are
checked, and parameter counts printed, before anything heavy is loaded.

Shapes follow the papers: W is (o, i) = (out, in), x is (..., i), y is (..., o).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import ConfigDict

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

OPTIONS = ConfigDict(extra="forbid")
"""Pydantic configuration of every options class: an unknown option is an error."""

Tensors = Mapping[str, "Tensor"]
Drop = Callable[["Tensor"], "Tensor"]


class FrozenLinear(Protocol):
    """The frozen map `y = W x + b` that an update works beside."""

    @property
    def bias(self) -> Tensor | None:
        """B (o,), or nothing."""

    def __call__(self, x: Tensor) -> Tensor:
        """`W x + b`: (..., i) -> (..., o)."""

    def product(self, x: Tensor) -> Tensor:
        """`W x`, without the bias: (..., i) -> (..., o)."""


class Update(ABC):
    """The change that a method makes to one frozen linear map.

    A subclass states its equation and the paper it is from, and carries its options
    as dataclass fields. `key` is the name that `conf/method/*.yaml` refers to.
    """

    key: ClassVar[str]
    source: ClassVar[str]
    """Paper, with equation or table, and arXiv identifier."""
    version: ClassVar[int] = 1
    """Raised when the same options would compute another result."""
    dropout: float = 0.0

    @abstractmethod
    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """The tensors that train, initialised in fp32 on the CPU, for a (o, i) weight."""

    @abstractmethod
    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """The adapted map: (..., i) -> (..., o), in the cheap order of products.

        `drop` is the adapter's dropout: the identity while evaluating.
        """

    @abstractmethod
    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """The (o, i) weight that reproduces `forward` without dropout.

        Raises NotMergeableError, with the reason, where there is none.
        """

    @abstractmethod
    def count(self, o: int, i: int) -> int:
        """Number of trained values on an (o, i) map, in closed form."""

    def decayed(self, name: str) -> bool:  # noqa: ARG002  (an update may single tensors out)
        """Whether weight decay acts on the tensor called `name`."""
        return True


class Select(ABC):
    """Which of the base model's own tensors train; there is nothing to merge."""

    key: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int] = 1

    @abstractmethod
    def chosen(self, model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
        """Names and tensors of `model` that train."""


class Plugin:
    """What a method adds to the training loop; every hook does nothing by default."""

    key: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int] = 1

    def step_begin(self, model: nn.Module, step: int) -> None:
        """Run before the forward pass of optimizer step `step` (from 1)."""

    def extra_loss(self, model: nn.Module) -> Tensor | None:  # noqa: ARG002
        """Return a scalar to add to the task's loss, or nothing."""
        return None

    def gradient(self, model: nn.Module, step: int) -> None:
        """Run after the backward pass, before clipping and the optimizer step."""

    def step_end(self, model: nn.Module, step: int) -> None:
        """Run after the optimizer step."""

    def finalize(self, model: nn.Module) -> None:
        """Run once, after training."""
