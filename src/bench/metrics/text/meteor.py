"""METEOR 1.5, through the authors' Java program.

    P, R    = sum over modules of w_m (delta content matches + (1 - delta) function matches)
              / (delta content words + (1 - delta) function words), of test and of reference
    F       = 1 / ((1 - alpha) / P + alpha / R)
    penalty = gamma (chunks / mean of the matched words of both)^beta
    METEOR  = F (1 - penalty)

M. Denkowski and A. Lavie, "Meteor Universal: Language Specific Translation Evaluation
for Any Target Language", WMT 2014, section 2. Options as in the MS-COCO caption evaluation:
English, normalised, default parameters; the program and its paraphrase table are part of
the package pycocoevalcap. The program counts and scores; its last step, from sums of counts
to a score, is also here, because it is wanted for thousands of resampled corpora.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import MetricError
from bench.metrics.java.dialogue import JavaDialogue
from bench.metrics.java.program import package_folder
from bench.metrics.resampling import Measure, additive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.resampling import Numbers

SECONDS_PER_ANSWER = 300.0
_SEPARATOR = " ||| "
_LINE_END = re.compile("[\n\r]")

ALPHA, BETA, GAMMA, DELTA = 0.85, 0.20, 0.60, 0.75
MODULE_WEIGHTS = np.array((1.0, 0.6, 0.8, 0.6))
"""Of matches that are exact, by stem, by synonym and by paraphrase."""

# The program's notation of one item: words of test and reference, function words of both;
# of each module content matches of both, then function matches of both; chunks; matched
# words of both.
_LENGTHS, _FUNCTION_WORDS, _MATCHES = slice(0, 2), slice(2, 4), slice(4, 20)
_CHUNKS, _MATCHED_WORDS, _FIELDS = 20, slice(21, 23), 23


def start_meteor(java: str) -> JavaDialogue:
    """Start the program, which then loads its paraphrase table in the background."""
    folder = package_folder() / "meteor"
    # Left to itself, the program does not find its table in a folder with a blank in its name.
    table = folder / "data" / "paraphrase-en.gz"
    options = ("-", "-", "-stdio", "-l", "en", "-norm", "-a", str(table))
    jar = folder / "meteor-1.5.jar"
    return JavaDialogue(java, ("-Xmx2G", "-jar", str(jar), *options), SECONDS_PER_ANSWER)


def measure_meteor(
    program: JavaDialogue, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> Measure:
    """METEOR (0-1) of texts that are already split into words by blanks.

    The value and the items are the program's own answers. Raises MetricError.
    """
    items = [(*texts, text) for text, texts in zip(predictions, references, strict=True)]
    counted = {item: _count(program, *item) for item in dict.fromkeys(items)}
    answers = [counted[item] for item in items]
    statistics = np.array([_numbers(answer, _FIELDS) for answer in answers])
    # One score for each item, then that of the whole corpus.
    scores = program.ask(_SEPARATOR.join(("EVAL", *answers)), len(answers) + 1)
    *single, value = (_numbers(score, 1)[0] for score in scores)
    return additive(value, without_perfect_chunks(statistics), corpus_meteor, tuple(single))


def without_perfect_chunks(statistics: Numbers) -> Numbers:
    """The statistics (n, 23) as the program adds them up.

    An item whose words all match in a single chunk has no fragmentation: no chunk counts.
    """
    matches = statistics[:, _MATCHES].reshape(-1, 8, 2).sum(axis=1)
    whole = (matches == statistics[:, _LENGTHS]).all(axis=1) & (statistics[:, _CHUNKS] == 1)
    added = statistics.copy()
    added[whole, _CHUNKS] = 0
    return added


def corpus_meteor(sums: Numbers) -> Numbers:
    """METEOR of summed statistics (..., 23); 0 where nothing matches."""
    function = sums[..., _FUNCTION_WORDS]
    lengths = DELTA * (sums[..., _LENGTHS] - function) + (1 - DELTA) * function
    # Axes: module, content or function word, test or reference.
    matches = sums[..., _MATCHES].reshape(*sums.shape[:-1], 4, 2, 2)
    weighted = np.einsum("...mks,m,k->...s", matches, MODULE_WEIGHTS, (DELTA, 1 - DELTA))
    matched_words = sums[..., _MATCHED_WORDS].sum(axis=-1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = np.moveaxis(weighted / lengths, -1, 0)
        mean = 1 / ((1 - ALPHA) / precision + ALPHA / recall)
        score = mean * (1 - GAMMA * (sums[..., _CHUNKS] / matched_words) ** BETA)
    found: Numbers = np.maximum(np.nan_to_num(score, nan=0.0), 0.0)
    return found


def _count(program: JavaDialogue, *references_and_prediction: str) -> str:
    """Match counts of one item, in the program's own notation."""
    *references, prediction = (_LINE_END.sub(" ", text) for text in references_and_prediction)
    hypothesis = prediction.replace("|||", "").replace("  ", " ")
    (answer,) = program.ask(_SEPARATOR.join(("SCORE", *references, hypothesis)))
    return answer.strip()


def _numbers(answer: str, expected: int) -> list[float]:
    words = answer.split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise MetricError(f"METEOR answered {answer!r} where numbers were expected") from None
    if len(numbers) != expected:
        raise MetricError(f"METEOR answered {answer!r} where {expected} numbers were expected")
    return numbers
