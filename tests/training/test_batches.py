"""Lines and batches: what carries loss, and that every example is seen once an epoch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
import torch
from tokenizers.processors import TemplateProcessing

from bench.errors import DataError
from bench.tasks.base import Pair
from bench.training.batches import collate, epoch_order, stream
from bench.training.text import IGNORED, Frame, TextLine, contexts, tokenise

PAIRS = [Pair("name : Ada", "Ada is a café."), Pair("name : Bo | area : quay", "Bo.")]


def test_loss_is_on_the_text_and_the_last_end_token(tiny_model: Callable[..., Any]) -> None:
    """context <end> text <end>: the labels spell the text and the end, and nothing else."""
    tokenizer = tiny_model().tokenizer
    lines = tokenise(tokenizer, PAIRS, 512)
    batch = collate(lines, tokenizer.pad_token_id)
    for pair, labels, ids in zip(PAIRS, batch.labels, batch.ids, strict=True):
        carried = labels[labels != IGNORED]
        assert carried[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(carried[:-1]) == f" {pair.text}"
        before = ids[: (labels != IGNORED).int().argmax()]
        assert before[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(before[:-1]) == pair.context
    assert batch.targets == sum(len(line.ids) - line.start for line in lines)
    assert batch.tokens == sum(len(line.ids) for line in lines)


def test_long_lines_are_cut_and_a_context_without_text_is_left_out(
    tiny_model: Callable[..., Any],
) -> None:
    """A line keeps its first tokens; one without loss is no example; none at all is an error."""
    tokenizer = tiny_model().tokenizer
    assert len(tokenise(tokenizer, PAIRS[:1], 15)[0].ids) == 15
    assert tokenise(tokenizer, PAIRS, 12) == tokenise(tokenizer, PAIRS[:1], 12)
    with pytest.raises(DataError, match=r"task.max_tokens=11: no training row .* has 11 tokens"):
        tokenise(tokenizer, PAIRS, 11)


def test_a_prompt_may_run_straight_into_its_answer(tiny_model: Callable[..., Any]) -> None:
    """Without a separator context and text are one text, behind the tokenizer's own beginning."""
    tokenizer = tiny_model().tokenizer
    plain = Frame(end=False, begin=True, lead="")
    (line,) = tokenise(tokenizer, PAIRS[:1], 512, plain)
    assert tokenizer.decode(line.ids[:-1]) == "name : AdaAda is a café."
    assert tokenizer.decode(line.ids[line.start : -1]) == "Ada is a café."
    tokenizer.bos_token = "<eos>"
    tokenizer._tokenizer.post_processor = TemplateProcessing(
        single="<eos> $A", special_tokens=[("<eos>", tokenizer.eos_token_id)]
    )
    (begun,) = contexts(tokenizer, ["name : Ada"], plain)
    assert begun == tokenizer("name : Ada")["input_ids"]
    (bare,) = contexts(tokenizer, ["name : Ada"], Frame(end=False, lead=""))
    assert begun == [tokenizer.eos_token_id, *bare]


def test_an_epoch_holds_every_example_once_in_batches_of_similar_length() -> None:
    """Order is a permutation; padding is a small share, far below that of random batches."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(20, 100, (1000,), generator=generator).tolist()
    batches = epoch_order(lengths, 8, generator)
    assert sorted(index for batch in batches for index in batch) == list(range(1000))
    padded = sum(max(lengths[i] for i in batch) * len(batch) for batch in batches)
    assert padded / sum(lengths) < 1.05


def lines_of(count: int) -> list[TextLine]:
    """Lines of different length."""
    return [TextLine(tuple(range(5 + index % 7)), 2) for index in range(count)]


def firsts(count: int, accumulation: int, seed: int) -> list[list[list[int]]]:
    """Lengths in the first batches of a stream."""
    batches = islice(stream(lines_of(20), 4, accumulation, seed, 0), count)
    return [[batch.mask.sum(1).tolist() for batch in held] for _, held in batches]


def test_the_order_depends_on_the_seed_alone() -> None:
    """Same seed, same batches, whatever was drawn before; another seed, others."""
    first = firsts(8, 1, seed=5)
    torch.randn(10)
    assert firsts(8, 1, seed=5) == first
    assert firsts(8, 1, seed=6) != first


def test_accumulation_takes_the_same_batches_together() -> None:
    """Two batches a step are the batches of two steps; epochs count examples."""
    single = firsts(8, 1, seed=5)
    double = firsts(4, 2, seed=5)
    assert double == [[single[2 * k][0], single[2 * k + 1][0]] for k in range(4)]
    epochs = [epoch for epoch, _ in islice(stream(lines_of(20), 4, 1, 0, 0), 10)]
    assert epochs[4] == pytest.approx(1.0)
    assert epochs[9] == pytest.approx(2.0)
