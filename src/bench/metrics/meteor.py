"""METEOR 1.5, through the authors' Java program.

M. Denkowski and A. Lavie, "Meteor Universal: Language Specific Translation Evaluation
for Any Target Language", WMT 2014. Options as in the MS-COCO caption evaluation:
English, normalised, default parameters; the program and its paraphrase table are part of
the package pycocoevalcap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import MetricError
from bench.metrics.java import package_folder
from bench.metrics.java_dialogue import JavaDialogue

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS_PER_ANSWER = 300.0
_SEPARATOR = " ||| "


def start_meteor(java: str) -> JavaDialogue:
    """Start the program, which then loads its paraphrase table in the background."""
    folder = package_folder() / "meteor"
    # Left to itself, the program does not find its table in a folder with a blank in its name.
    table = folder / "data" / "paraphrase-en.gz"
    options = ("-", "-", "-stdio", "-l", "en", "-norm", "-a", str(table))
    jar = folder / "meteor-1.5.jar"
    return JavaDialogue(java, ("-Xmx2G", "-jar", str(jar), *options), SECONDS_PER_ANSWER)


def meteor(
    program: JavaDialogue, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> float:
    """METEOR (0-1) of the corpus; texts come from the PTB tokenizer. Raises MetricError."""
    statistics = [
        _statistics(program, prediction, texts)
        for prediction, texts in zip(predictions, references, strict=True)
    ]
    # One score for each item, then that of the whole corpus.
    answers = program.ask(_SEPARATOR.join(("EVAL", *statistics)), len(statistics) + 1)
    return _number(answers[-1])


def _statistics(program: JavaDialogue, prediction: str, references: Sequence[str]) -> str:
    """Match counts of one item, in the program's own notation."""
    hypothesis = prediction.replace("|||", "").replace("  ", " ")
    (answer,) = program.ask(_SEPARATOR.join(("SCORE", *references, hypothesis)))
    for word in answer.split():
        _number(word)
    return answer.strip()


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise MetricError(f"METEOR answered {word!r} where a number was expected") from None
