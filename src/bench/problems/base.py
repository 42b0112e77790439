"""The seam between the stages and the kinds of task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from bench.attach.attach import Attached
from bench.config import Cell
from bench.decoding.facts import Decoding
from bench.models.heads import Head
from bench.training.batches import Line
from bench.training.validation import Validation


@dataclass(frozen=True)
class Problem(ABC):
    """One kind of task: its head, its lines, what is measured on the way, its predictions."""

    cell: Cell
    autocast: bool
    """Whether matrix products run in bf16."""

    @property
    @abstractmethod
    def head(self) -> Head:
        """What stands on top of the model."""

    @abstractmethod
    def lines(
        self, attached: Attached, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Any]
    ) -> Sequence[Line]:
        """Training examples as tokens; those without room for any loss are left out."""

    @abstractmethod
    def validation(
        self, attached: Attached, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Any]
    ) -> Validation:
        """What is measured on one or more held examples during training."""

    @abstractmethod
    def predict(
        self,
        attached: Attached,
        tokenizer: PreTrainedTokenizerBase,
        queries: Sequence[Any],
        *,
        progress: Callable[[int, int], None],
        made: MutableMapping[int, Any],
        how: Decoding,
    ) -> list[dict[str, Any]]:
        """Lines of predictions.jsonl, in the order of the queries; `progress(done, total)`.

        `made` holds what was predicted by index of the query: what is in it is not made again,
        and each batch is added to it before progress is told. `how` is told in which way texts
        were decoded.
        """
