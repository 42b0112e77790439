"""The five metrics of the E2E NLG challenge.

They equal `measure_scores.py -p` of tuetschek/e2e-metrics (commit 1b9c4d8): BLEU and NIST
on mteval-13a tokens, METEOR, ROUGE-L and CIDEr on PTB tokens. The three latter need Java.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from bench.errors import MetricError
from bench.metrics.bleu import bleu
from bench.metrics.coco import cider, rouge_l
from bench.metrics.corpus import check_corpus
from bench.metrics.java import find_java
from bench.metrics.meteor import meteor, start_meteor
from bench.metrics.nist import nist
from bench.metrics.ptb import tokenize_ptb
from bench.metrics.scores import Scores
from bench.metrics.tokenizer_13a import lower_tokens_13a

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
"""Raised when the same texts would give other numbers."""

NAMES = ("BLEU", "NIST", "METEOR", "ROUGE_L", "CIDEr")


def score_e2e(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """BLEU, METEOR, ROUGE_L (0-1), NIST and CIDEr (unbounded) of a corpus.

    `references[i]` are the one or more references of `predictions[i]`. Raises a
    MetricError for a corpus that is empty or does not pair up. Where Java does not work,
    what needs it is None and `unavailable` gives the reason.
    """
    check_corpus(predictions, references)
    tokens = [lower_tokens_13a(text) for text in predictions]
    reference_tokens = [[lower_tokens_13a(text) for text in texts] for texts in references]
    values = {"BLEU": bleu(tokens, reference_tokens), "NIST": nist(tokens, reference_tokens)}
    captions = _caption_scores(predictions, references)
    return Scores({**values, **captions.values}, captions.unavailable)


def _caption_scores(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """METEOR, ROUGE_L and CIDEr, as far as Java allows."""
    values: dict[str, float | None] = dict.fromkeys(("METEOR", "ROUGE_L", "CIDEr"))
    try:
        java = find_java()
        # METEOR loads for seconds: it does so while the other two are computed.
        with start_meteor(java) as program:
            texts, reference_texts = _tokenize(java, predictions, references)
            values["ROUGE_L"] = rouge_l(texts, reference_texts)
            values["CIDEr"] = cider(texts, reference_texts)
            values["METEOR"] = meteor(program, texts, reference_texts)
    except MetricError as error:
        missing = [name for name, value in values.items() if value is None]
        return Scores(values, dict.fromkeys(missing, str(error)))
    return Scores(values)


def _tokenize(
    java: str, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """PTB tokens of all predictions, and of all references in their lists."""
    flat, texts = tokenize_ptb(java, [list(chain.from_iterable(references)), predictions])
    waiting = iter(flat)
    return texts, [list(islice(waiting, len(group))) for group in references]
