"""The metrics of WebNLG and DART: BLEU, METEOR and TER.

They equal, at full precision, `eval.py -nr 6 -m bleu,meteor,ter` of microsoft/LoRA
`examples/NLG`, which is that of WebNLG/GenerationEval (commit 8067849). One slip is not
repeated: eval.py takes the line end that `gpt2_decode.py` writes after the last line for one
more empty item. Its TER of 1 enters the mean there, (n TER + 1) / (n + 1), and METEOR stops
with an error.

The scripts of Yale-LILY/dart and of the WebNLG 2017 challenge are others: `multi-bleu.perl`
without tokenizer, METEOR, tercom 0.7.25 and three references, empty lines where there are
fewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import MetricError
from bench.metrics.corpus import check_corpus
from bench.metrics.java.program import find_java
from bench.metrics.scores import scores_of
from bench.metrics.text.meteor import measure_meteor, start_meteor
from bench.metrics.text.multi_bleu import measure_multi_bleu
from bench.metrics.text.ter import measure_ter
from bench.metrics.text.tokenizer_13a import tokenize_13a
from bench.metrics.text.triples_text import nltk_text, prepared, prepared_references

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.metrics.resampling import Measure
    from bench.metrics.scores import Scores
    from bench.metrics.text.ngrams import Tokens

VERSION = 1
"""Raised when the same texts would give other numbers."""

NAMES = ("BLEU", "METEOR", "TER")


def score_triples(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    subsets: Mapping[str, Sequence[int]] | None = None,
) -> Scores:
    """BLEU, METEOR (0-1, higher is better) and TER (lower is better, can exceed 1).

    `references[i]` are the one or more references of `predictions[i]`. For each of
    `subsets`, given as indices of items, NAME_SUBSET is the metric NAME of these items
    alone; a subset without items has no scores. Raises a MetricError for a corpus that is
    empty or does not pair up. Where Java does not work, METEOR is None and `unavailable`
    gives the reason.
    """
    check_corpus(predictions, references)
    measures, unavailable = _measures(
        [prepared(text) for text in predictions], prepared_references(references)
    )
    return scores_of(
        measures,
        len(predictions),
        unavailable=unavailable,
        subsets={name: indices for name, indices in (subsets or {}).items() if indices},
    )


def _measures(
    texts: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[dict[str, Measure], dict[str, str]]:
    """The metrics of prepared texts, and why METEOR is missing."""
    nltk_texts = [nltk_text(text) for text in texts]
    nltk_references = [[nltk_text(text) for text in few] for few in references]

    def without_java() -> dict[str, Measure]:
        return {"BLEU": _bleu(texts, references), "TER": _ter(nltk_texts, nltk_references)}

    try:
        with start_meteor(find_java()) as program:
            # It loads for seconds: meanwhile the other two are computed.
            measures = without_java()
            measures["METEOR"] = measure_meteor(program, nltk_texts, nltk_references)
    except MetricError as error:
        return without_java(), {"METEOR": str(error)}
    return {name: measures[name] for name in NAMES}, {}


def _bleu(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    tokens = [_tokens_13a(text) for text in texts]
    return measure_multi_bleu(tokens, [[_tokens_13a(text) for text in few] for few in references])


def _tokens_13a(text: str) -> Tokens:
    """Tokens of mteval-13a, none of a text without any."""
    return tokenize_13a(text) if text else ()


def _ter(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    words = [text.split() for text in texts]
    return measure_ter(words, [[text.split() for text in few] for few in references])
