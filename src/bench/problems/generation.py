"""Tasks whose outputs are texts: a language-model head, decoding."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import asdict
from typing import Any, cast

import torch
from transformers import PreTrainedTokenizerBase

from bench.attach.attach import Attached
from bench.decoding.facts import Decoding
from bench.decoding.generate import generate
from bench.machine import device_of
from bench.models.heads import CausalHead
from bench.problems.base import Problem
from bench.tasks.base import GenerationTask, Pair, Query
from bench.training.text import Frame, TextLine, contexts, tokenise
from bench.training.token_cache import fingerprint, recalled
from bench.training.validation import Validation, by_loss


class Generation(Problem):
    """The loss is on the text behind a context; the best adapter has the lowest loss."""

    @property
    def head(self) -> CausalHead:
        """The head that the weights come with."""
        return CausalHead()

    @property
    def task(self) -> GenerationTask:
        """The cell's task."""
        return cast("GenerationTask", self.cell.task)

    def frame(self, attached: Attached) -> Frame:
        """What stands around every context: the method's virtual tokens, and the separator.

        A prompt with worked examples separates them in its own words.
        """
        before, behind = attached.virtual_tokens
        separated = self.task.separated
        return Frame(
            before=before,
            behind=behind,
            end=separated and self.cell.method.shots == 0,
            begin=not separated,
            lead=self.task.lead,
        )

    def lines(
        self, attached: Attached, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Pair]
    ) -> list[TextLine]:
        """One line an example that has room for loss."""
        frame, longest = self.frame(attached), self.task.max_tokens
        texts = [[one.context, one.text] for one in examples]
        return recalled(
            TextLine,
            [fingerprint(tokenizer), longest, asdict(frame), texts],
            lambda: tokenise(tokenizer, examples, longest, frame),
        )

    def validation(
        self, attached: Attached, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Pair]
    ) -> Validation:
        """The loss per position."""
        lines, padding = self.lines(attached, tokenizer, examples), tokenizer.pad_token_id
        return by_loss(attached.model, lines, self.cell.eval.batch_size, cast("int", padding))

    def predict(
        self,
        attached: Attached,
        tokenizer: PreTrainedTokenizerBase,
        queries: Sequence[Query],
        *,
        progress: Callable[[int, int], None],
        made: MutableMapping[int, Any],
        how: Decoding,
    ) -> list[dict[str, Any]]:
        """Decode a text for every query."""
        shots = self.cell.method.shots
        asked = [query.context for query in queries]
        if shots:
            asked = [self.task.demonstrated(context, shots) for context in asked]
        with torch.autocast(device_of(self.cell), dtype=torch.bfloat16, enabled=self.autocast):
            texts = generate(
                attached.model,
                tokenizer,
                contexts(tokenizer, asked, self.frame(attached)),
                self.cell.decode,
                progress=progress,
                made=made,
                how=how,
            )
        return [
            {"context": query.context, "prediction": text, **query.gold}
            for query, text in zip(queries, texts, strict=True)
        ]
