"""Tasks whose outputs are labels: a classification head, one forward pass an example."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerBase

from bench.attach.attach import Attached
from bench.decoding.facts import Decoding
from bench.errors import DivergedError
from bench.models.heads import ClassifierHead
from bench.problems.base import Problem
from bench.tasks.base import ClassificationTask, Labelled
from bench.training.batches import in_order
from bench.training.label import LabelBatch, LabelLine, tokenise_labelled
from bench.training.token_cache import fingerprint, recalled
from bench.training.validation import LossOf, Validation


class Classification(Problem):
    """The best adapter has the best value of the task's main metric on the validation rows."""

    @property
    def head(self) -> ClassifierHead:
        """A new head with an output for each class."""
        return ClassifierHead(labels=self.task.labels)

    @property
    def task(self) -> ClassificationTask:
        """The cell's task."""
        return cast("ClassificationTask", self.cell.task)

    def lines(
        self,
        attached: Attached,
        tokenizer: PreTrainedTokenizerBase,
        examples: Sequence[Labelled],
    ) -> list[LabelLine]:
        """One line an example."""
        longest, virtual = self.task.max_tokens, attached.virtual_tokens
        texts = [[one.first, one.second, one.label] for one in examples]
        return recalled(
            LabelLine,
            [fingerprint(tokenizer), longest, virtual, texts],
            lambda: tokenise_labelled(tokenizer, examples, longest, virtual),
        )

    def validation(
        self, attached: Attached, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Labelled]
    ) -> Validation:
        """The loss and every metric."""
        lines = self.lines(attached, tokenizer, examples)
        labels = torch.tensor([line.label for line in lines])

        def measure(_: LossOf) -> dict[str, float]:
            """The loss is of the logits, which the metrics need too."""
            logits = self.logits(attached, tokenizer, lines, lambda *_: None, {})
            items = [
                self.task.item(prediction=prediction, **one.gold)
                for prediction, one in zip(decided(logits), examples, strict=True)
            ]
            values = {name: one.value for name, one in self.task.measures(items).items()}
            return {"loss": mean_loss(logits, labels), **values}

        main = self.task.metrics[0]
        return Validation(measure=measure, chosen_by=main.name, better=main.better)

    def predict(
        self,
        attached: Attached,
        tokenizer: PreTrainedTokenizerBase,
        queries: Sequence[Labelled],
        *,
        progress: Callable[[int, int], None],
        made: MutableMapping[int, Any],
        how: Decoding,  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """Decide every query; the logits are kept beside the label."""
        lines = self.lines(attached, tokenizer, queries)
        logits = self.logits(attached, tokenizer, lines, progress, made)
        texts = [[text for text in (one.first, one.second) if text is not None] for one in queries]
        return [
            {"texts": text, "prediction": prediction, "logits": values, **one.gold}
            for text, prediction, values, one in zip(
                texts, decided(logits), logits.tolist(), queries, strict=True
            )
        ]

    @torch.no_grad()
    def logits(
        self,
        attached: Attached,
        tokenizer: PreTrainedTokenizerBase,
        lines: Sequence[LabelLine],
        progress: Callable[[int, int], None],
        made: MutableMapping[int, Any],
    ) -> Tensor:
        """(lines, classes) on the CPU, in the order of `lines`; `made` has some, and gets all."""
        model = attached.model
        device = next(model.parameters()).device
        model.eval()
        done = 0
        for indices in in_order(lines, self.cell.eval.batch_size):
            if not all(index in made for index in indices):
                batch = LabelLine.collate([lines[i] for i in indices], tokenizer.pad_token_id)
                with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.autocast):
                    logits = LabelBatch.to(batch, device).logits(model)
                made.update(zip(indices, logits.tolist(), strict=True))
            done += len(indices)
            progress(done, len(lines))
        found = torch.tensor([made[index] for index in range(len(lines))], dtype=torch.float32)
        if not bool(found.isfinite().all()):
            raise DivergedError(
                "the model's outputs are not finite numbers; lower method.optimizer.lr "
                "or set train.clip_norm=1.0"
            )
        return found


def decided(logits: Tensor) -> list[int | float]:
    """The likeliest class of each row, or its value where there is one column."""
    values = logits[:, 0] if logits.shape[1] == 1 else logits.argmax(dim=1)
    found: list[int | float] = values.tolist()
    return found


def mean_loss(logits: Tensor, labels: Tensor) -> float:
    """Cross-entropy, or the squared error of a regression, per line."""
    if logits.shape[1] == 1:
        return float(functional.mse_loss(logits[:, 0], labels))
    return float(functional.cross_entropy(logits, labels.long()))
