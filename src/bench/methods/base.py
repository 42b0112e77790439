"""What a method is made of: an update, a selection or an insert, and what goes with it.

    Update   the change of one frozen linear map (LoRA, LoRMA, LoDA, SVFT ...)
    Select   which of the base model's own tensors train (full fine-tuning, BitFit ...)
    Insert   what is put into the model as a whole (prompts, prefixes, parallel adapters)
    Init     how an update starts, if not its own way (OLoRA ...)
    Base     a transform of the frozen weights before anything is added (sparse, 4 bit ...)

All are keyword-only dataclasses of options whose methods are pure functions of tensors.
This file and the families beside it import no torch, so that options are checked, and
parameter counts printed, before anything heavy is loaded.

Shapes follow the papers: W is (o, i) = (out, in), x is (..., i), y is (..., o).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from pydantic import ConfigDict

from bench.errors import ConfigError, NotLowRankError, NotMergeableError

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn
    from transformers import PreTrainedModel

    from bench.models.parts import Part
    from bench.models.shape import Shape

OPTIONS = ConfigDict(extra="forbid")
"""Pydantic configuration of every options class: an unknown option is an error."""

Tensors = Mapping[str, "Tensor"]
Drop = Callable[["Tensor"], "Tensor"]

Property = Literal["identity", "merge", "frozen", "gradient", "learning"]
"""What a method is expected to have (tests/methods/test_properties.py):

    identity   the untrained model gives the base model's logits, to 1e-6
    merge      plain weights reproduce the trained model, to 1e-5
    frozen     the base model's own tensors do not change while training
    gradient   every trained tensor gets a gradient within two steps
    learning   the loss of a small batch falls
"""


class Component:
    """What every named part of a method tells about itself."""

    key: ClassVar[str]
    """The name that `conf/method/*.yaml` refers to."""
    source: ClassVar[str]
    """Paper, with equation or table, and arXiv identifier."""
    version: ClassVar[int] = 1
    """Raised when the same options would compute another result."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """Properties that this part takes from a method, each with the reason."""
        return {}


class FrozenLinear(Protocol):
    """The frozen map `y = W x + b` that an update works beside."""

    @property
    def bias(self) -> Tensor | None:
        """B (o,), or nothing."""

    @property
    def weight(self) -> Tensor:
        """W (o, i), made dense where it is kept in another form: costly there."""

    def __call__(self, x: Tensor) -> Tensor:
        """`W x + b`: (..., i) -> (..., o)."""

    def product(self, x: Tensor) -> Tensor:
        """`W x`, without the bias: (..., i) -> (..., o)."""


class Update(Component, ABC):
    """The change that a method makes to one frozen linear map.

    A subclass states its equation and the paper it is from, and carries its options
    as dataclass fields.
    """

    dropout: float = 0.0

    @abstractmethod
    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """What is added to a (o, i) weight, at its start, in fp32 on the CPU."""

    @abstractmethod
    def forward(self, x: Tensor, base: FrozenLinear, t: Tensors, drop: Drop) -> Tensor:
        """The adapted map: (..., i) -> (..., o), in the cheap order of products.

        `drop` is the adapter's dropout: the identity while evaluating.
        """

    def merged(self, weight: Tensor, t: Tensors) -> Tensor:
        """The (o, i) weight that reproduces `forward` without dropout.

        Raises NotMergeableError, with the reason, where there is none.
        """
        raise NotMergeableError(self.lacks["merge"])

    @abstractmethod
    def count(self, o: int, i: int) -> int:
        """Number of trained values on an (o, i) map, in closed form."""

    def macs(self, o: int, i: int) -> int:
        """Multiply-accumulates for one token beside those of W, while not merged.

        By default each trained value is multiplied with once.
        """
        return self.count(o, i)

    def trains(self, name: str) -> bool:
        """Whether the tensor called `name` trains; bases drawn at random or from W do not."""
        return True

    def decayed(self, name: str) -> bool:
        """Whether weight decay acts on the tensor called `name`."""
        return True

    def low_rank(self, weight: Tensor, t: Tensors) -> tuple[Tensor, Tensor]:
        """Factors up (o, k) and down (k, i), whose product is W' − W, with a small k.

        Raises NotLowRankError, with the reason, where there are none.
        """
        raise NotLowRankError(f"{self.key}: W' − W is not a product of two thin matrices")

    def truncated(self, t: Tensors, rank: int) -> dict[str, Tensor]:
        """The tensors of the adapter's first `rank` components, rescaled for them."""
        raise ConfigError(f"method.update={self.key}: has no components that can be left out")


class Select(Component, ABC):
    """Which of the base model's own tensors train; there is nothing to merge."""

    @abstractmethod
    def chosen(self, model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
        """Names and tensors of `model` that train."""


class Insert(Component, ABC):
    """What a method puts into the whole model rather than beside one linear map."""

    @property
    def virtual_tokens(self) -> tuple[int, int]:
        """Virtual tokens that stand before and behind every context, the end token excluded."""
        return (0, 0)

    @abstractmethod
    def put_on(self, model: PreTrainedModel, parts: Sequence[Part], generator: Generator) -> None:
        """Change the frozen `model` in place; what requires a gradient afterwards trains.

        Values are drawn in fp32 on the CPU. A virtual token has an identifier behind the
        vocabulary: the first `virtual_tokens[0]` stand before the context, the others behind.
        """

    @abstractmethod
    def count(self, shape: Shape, parts: Sequence[Part]) -> int:
        """Number of trained values on a model of this shape, in closed form."""

    def merge(self, model: PreTrainedModel) -> None:
        """Fold into plain weights, in place; NotMergeableError where there are none."""
        raise NotMergeableError(self.lacks["merge"])


class Init(Component, ABC):
    """How an update starts, in place of its own start."""

    @abstractmethod
    def start(
        self, weight: Tensor, update: Update, t: Mapping[str, Tensor], generator: Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The frozen weight (o, i) and the update's tensors to start from, fp32 on the CPU.

        `t` are the tensors that the update would start with. Raises ConfigError for an
        update that cannot start in this way.
        """


class Base(Component, ABC):
    """A transform of the frozen weights, before anything is added."""

    @abstractmethod
    def transform(self, model: PreTrainedModel) -> None:
        """Replace frozen maps in place by what stands for them."""

    def available(self) -> str | None:
        """Why it cannot be used here, with what to do; nothing where it can."""
        return None

    def macs(self, maps: Sequence[tuple[int, int]]) -> int:
        """Multiply-accumulates for one token in frozen (o, i) maps that have one input."""
        return sum(o * i for o, i in maps)
