"""Lines and batches of labels: against the tokenizer's own output and transformers' own loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench.models.catalogue import catalogue
from bench.models.heads import ClassifierHead
from bench.models.load import load
from bench.tasks.base import Labelled
from bench.training.batches import collate
from bench.training.label import LabelBatch, LabelLine, tokenise_labelled

PAIRS = [
    Labelled(first="It rained all day.", second="It was wet.", label=0),
    Labelled(first="No.", second="The café had closed.", label=2),
    Labelled(first="A very much longer sentence than the others.", second="So.", label=1),
]
SINGLE = [Labelled(first=one.first, second=None, label=one.label) for one in PAIRS]


@pytest.fixture
def encoder() -> Callable[[int], Any]:
    """A tiny RoBERTa with a head of some classes."""
    config = next(one for one in catalogue() if one.name == "tiny_roberta")
    return lambda labels: load(
        config, head=ClassifierHead(labels=labels), dtype=torch.float32, device="cpu", seed=0
    )


@pytest.mark.parametrize("examples", [SINGLE, PAIRS], ids=["single", "pairs"])
def test_a_line_is_the_frame_of_the_tokenizer(
    encoder: Callable[[int], Any], examples: list[Labelled]
) -> None:
    """What the tokenizer makes of the texts by itself, special tokens included."""
    tokenizer = encoder(3).tokenizer
    lines = tokenise_labelled(tokenizer, examples, 512)
    for line, one in zip(lines, examples, strict=True):
        texts = [text for text in (one.first, one.second) if text is not None]
        assert list(line.ids) == tokenizer(*texts)["input_ids"]
        assert line.label == one.label
        assert line.segments is None


def test_the_longer_text_is_cut_first(encoder: Callable[[int], Any]) -> None:
    """A pair too long by three tokens loses three of its longer text; one text its last."""
    tokenizer = encoder(3).tokenizer
    (whole,) = tokenise_labelled(tokenizer, PAIRS[2:], 512)
    (cut,) = tokenise_labelled(tokenizer, PAIRS[2:], len(whole.ids) - 3)
    first = PAIRS[2].first
    assert list(cut.ids) == tokenizer(first[:-3], PAIRS[2].second)["input_ids"]
    (single,) = tokenise_labelled(tokenizer, SINGLE[2:], 10)
    own = len(tokenizer("")["input_ids"])
    assert list(single.ids) == tokenizer(first[: 10 - own])["input_ids"]
    assert tokenise_labelled(tokenizer, [], 10) == []


def test_virtual_tokens_stand_between_the_frame_and_the_texts(
    encoder: Callable[[int], Any],
) -> None:
    """Behind `<cls>`, and at the end; the texts are cut for them, and keep their own order."""
    tokenizer = encoder(3).tokenizer
    (plain,) = tokenise_labelled(tokenizer, SINGLE[:1], 512)
    (line,) = tokenise_labelled(tokenizer, SINGLE[:1], 512, ((900, 901), (902,)))
    assert line.ids == (plain.ids[0], 900, 901, *plain.ids[1:], 902)
    assert plain.ids[0] == tokenizer.cls_token_id
    (cut,) = tokenise_labelled(tokenizer, SINGLE[:1], 10, ((900, 901), (902,)))
    assert len(cut.ids) == 10
    tokenizer.cls_token = None
    (bare,) = tokenise_labelled(tokenizer, SINGLE[:1], 512, ((900,), ()))
    assert bare.ids[0] == 900


def test_a_batch_is_padded_on_the_right() -> None:
    """Ids, mask and segments; tokens are counted without padding."""
    lines = [LabelLine((5, 6, 7), (0, 1, 1), 2.0), LabelLine((8,), (1,), 0.5)]
    batch = LabelLine.collate(lines, 9)
    assert batch.ids.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch.mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.segments is not None
    assert batch.segments.tolist() == [[0, 1, 1], [1, 0, 0]]
    assert batch.labels.tolist() == [2.0, 0.5]
    assert (batch.targets, batch.tokens) == (2, 4)


def batch_of(loaded: Any, examples: list[Labelled]) -> LabelBatch:
    """One batch of all examples."""
    batch = collate(
        tokenise_labelled(loaded.tokenizer, examples, 512), loaded.tokenizer.pad_token_id
    )
    assert isinstance(batch, LabelBatch)
    return batch


@pytest.mark.parametrize("labels", [1, 3], ids=["regression", "classes"])
def test_loss_equals_that_of_transformers(encoder: Callable[[int], Any], labels: int) -> None:
    """Its mean over lines: squared error of one output, cross-entropy of several."""
    loaded = encoder(labels)
    batch = batch_of(loaded, PAIRS)
    given = batch.labels if labels == 1 else batch.labels.long()
    expected = loaded.model(input_ids=batch.ids, attention_mask=batch.mask, labels=given).loss
    found = batch.summed_loss(loaded.model, 0.0) / batch.targets
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


def test_smoothing_is_that_of_the_definition(encoder: Callable[[int], Any]) -> None:
    """(1 − ε)·nll + ε·(mean of −log p over the classes)."""
    loaded = encoder(3)
    batch = batch_of(loaded, PAIRS)
    log_p = batch.logits(loaded.model).log_softmax(-1)
    nll = -log_p.gather(1, batch.labels.long()[:, None])[:, 0]
    expected = (0.9 * nll - 0.1 * log_p.mean(-1)).sum()
    torch.testing.assert_close(batch.summed_loss(loaded.model, 0.1), expected, atol=1e-6, rtol=1e-6)


def test_padding_changes_nothing(encoder: Callable[[int], Any]) -> None:
    """Lines of a padded batch lose what they lose alone."""
    loaded = encoder(3)
    alone = sum(float(batch_of(loaded, [one]).summed_loss(loaded.model, 0.0)) for one in PAIRS)
    together = float(batch_of(loaded, PAIRS).summed_loss(loaded.model, 0.0))
    assert together == pytest.approx(alone, rel=1e-5)
