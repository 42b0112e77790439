"""The metrics of the E2E NLG challenge.

They equal `measure_scores.py -p` of tuetschek/e2e-metrics (commit 1b9c4d8): BLEU and NIST
on mteval-13a tokens, METEOR, ROUGE-L and CIDEr on PTB tokens. The three latter need Java.
NIST_mteval is the NIST of `measure_scores.py` without `-p`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING

from bench.errors import MetricError
from bench.metrics.corpus import check_corpus
from bench.metrics.java.program import find_java
from bench.metrics.scores import Scores, scores_of
from bench.metrics.text.bleu import measure_bleu
from bench.metrics.text.coco import measure_cider, measure_rouge_l
from bench.metrics.text.meteor import measure_meteor, start_meteor
from bench.metrics.text.nist import measure_nist
from bench.metrics.text.nist_mteval import measure_nist_mteval
from bench.metrics.text.ptb import tokenize_ptb
from bench.metrics.text.tokenizer_13a import lower_tokens_13a

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.resampling import Measure

VERSION = 1
"""Raised when the same texts would give other numbers."""

CAPTION_NAMES = ("METEOR", "ROUGE_L", "CIDEr")
NAMES = ("BLEU", "NIST", "NIST_mteval", *CAPTION_NAMES)


def score_e2e(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """BLEU, METEOR, ROUGE_L (0-1), NIST, NIST_mteval and CIDEr (unbounded) of a corpus.

    `references[i]` are the one or more references of `predictions[i]`. Raises a
    MetricError for a corpus that is empty or does not pair up. Where Java does not work,
    what needs it is None and `unavailable` gives the reason.
    """
    check_corpus(predictions, references)
    with ThreadPoolExecutor(1) as pool:
        # It waits for Java most of the time.
        waiting = pool.submit(_measure_captions, predictions, references)
        measures = _measure_ngrams(predictions, references)
        captions, unavailable = waiting.result()
    measures |= captions
    ordered = {name: measures[name] for name in NAMES if name in measures}
    return scores_of(ordered, len(predictions), unavailable=unavailable)


def _measure_ngrams(
    predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, Measure]:
    """What mteval measures."""
    tokens = [lower_tokens_13a(text) for text in predictions]
    reference_tokens = [[lower_tokens_13a(text) for text in texts] for texts in references]
    return {
        "BLEU": measure_bleu(tokens, reference_tokens),
        "NIST": measure_nist(tokens, reference_tokens),
        "NIST_mteval": measure_nist_mteval(predictions, references),
    }


def _measure_captions(
    predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[dict[str, Measure], dict[str, str]]:
    """METEOR, ROUGE_L and CIDEr as far as Java allows, and why the others are missing."""
    measures: dict[str, Measure] = {}
    try:
        java = find_java()
        # METEOR loads for seconds: it does so while the other two are computed.
        with start_meteor(java) as program:
            texts, reference_texts = _tokenize(java, predictions, references)
            measures["ROUGE_L"] = measure_rouge_l(texts, reference_texts)
            measures["CIDEr"] = measure_cider(texts, reference_texts)
            measures["METEOR"] = measure_meteor(program, texts, reference_texts)
    except MetricError as error:
        return measures, {name: str(error) for name in CAPTION_NAMES if name not in measures}
    return measures, {}


def _tokenize(
    java: str, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """PTB tokens of all predictions, and of all references in their lists."""
    flat, texts = tokenize_ptb(java, [list(chain.from_iterable(references)), predictions])
    waiting = iter(flat)
    return texts, [list(islice(waiting, len(group))) for group in references]
