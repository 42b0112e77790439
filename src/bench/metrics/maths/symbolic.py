r"""Answers of GSM8K and MATH compared as mathematics, by the package math-verify.

What is compared: the text after the last `The answer is: `; without it GSM8K's text after
`#### ` or MATH's last `\boxed{...}`; without these whatever math-verify finds in the last
thousand characters. It gets the settings of its own GSM8K and MATH tasks (`math_verify/tasks.py`).
The same text as the right answer is right, and another integer than it wrong, without being
parsed.

Predictions are foreign text, and some cost hours or all memory (`9^{9^{9^{9}}}`): they are
judged in processes of their own, where an answer that exceeds its time or memory is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice

from bench.machine import usable_cores
from bench.metrics.maths.answers import HASHES, Kind, after_phrase, gold_number, gold_text, last_box
from bench.metrics.maths.process import MathProcess, first_ready
from bench.metrics.maths.rules import sentence

MOST_PROCESSES = 8
QUESTIONS_PER_PROCESS = 50
"""Fewer are judged sooner than another process starts."""

ENDING = 1000
"""Characters of a prediction that states no answer; more are slow, and no better."""

_ENVIRONMENT = re.compile(r"(?<!\\)\$|\\\(|\\\[|\\boxed\b")
"""What math-verify finds LaTeX by."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""Two integers in this form are equal where their digits are, so none need be parsed."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Texts from which math-verify extracts the right answer and the given one."""

    kind: Kind
    gold: str
    text: str


def extract_symbolic(kind: Kind, prediction: str) -> str | None:
    """What the prediction says its answer is; None where math-verify looks for one."""
    stated = after_phrase(prediction)
    if stated is not None:
        # A model that does not stop goes on with a next problem.
        return sentence(stated.strip().split("\n\n")[0])
    if kind == "math":
        return last_box(prediction)
    _, hashes, rest = prediction.partition(HASHES)
    return rest.split("\n")[0].strip() if hashes else None


def right_symbolic(
    kind: Kind, predictions: Sequence[str], answers: Sequence[str], seconds: float = 3.0
) -> list[bool]:
    """Whether each prediction means its right answer.

    `seconds` is the processor time that one answer may cost; beyond it, it is wrong. Raises
    a MetricError where math-verify does not work, or for a right answer of the wrong form.
    """
    asked = [_question(kind, *pair) for pair in zip(predictions, answers, strict=True)]
    distinct = list(dict.fromkeys(item for item in asked if isinstance(item, Question)))
    judged = dict(zip(distinct, _judge(distinct, seconds), strict=True))
    return [judged[item] if isinstance(item, Question) else item for item in asked]


def _question(kind: Kind, prediction: str, answer: str) -> Question | bool:
    """What to ask math-verify, or the verdict where there is nothing to ask."""
    gold = gold_number(answer) if kind == "gsm8k" else gold_text(answer)
    stated = extract_symbolic(kind, prediction)
    text = prediction.rstrip()[-ENDING:] if stated is None else stated
    if gold is None or not text.strip():
        return False
    if stated is not None:
        given, right = (text.strip().removesuffix(".") for text in (stated, gold))
        if given == right or (_INTEGER.fullmatch(given) and _INTEGER.fullmatch(right)):
            return given == right
    if kind == "gsm8k":
        return Question(kind=kind, gold=gold, text=text)
    if stated is not None and not _ENVIRONMENT.search(stated):
        text = f"\\boxed{{{stated}}}"
    return Question(kind=kind, gold=f"\\boxed{{{gold}}}", text=text)


def _judge(questions: Sequence[Question], seconds: float) -> list[bool]:
    """The verdicts of math-verify, in the order of the questions."""
    count = min(usable_cores(), MOST_PROCESSES, -(-len(questions) // QUESTIONS_PER_PROCESS))
    verdicts = [False] * len(questions)
    with ExitStack() as stack:
        team = [stack.enter_context(MathProcess(seconds)) for _ in range(count)]
        for index, verdict in _dialogue(team, enumerate(questions)):
            verdicts[index] = verdict
    return verdicts


def _dialogue(
    team: Sequence[MathProcess], questions: Iterable[tuple[int, Question]]
) -> Iterator[tuple[int, bool]]:
    """Ask each process its next question when it has answered, until there are no more."""
    waiting = iter(questions)
    asked: dict[MathProcess, int] = {}
    for process, (index, question) in zip(team, waiting, strict=False):
        process.ask(question.kind, question.gold, question.text)
        asked[process] = index
    while asked:
        for process in first_ready(asked):
            verdict = process.answer()
            if verdict is None:
                continue
            yield asked.pop(process), verdict
            for index, question in islice(waiting, 1):
                process.ask(question.kind, question.gold, question.text)
                asked[process] = index
