"""What a model reads and writes in the mathematics tasks: MetaMath's prompts and endings.

The prompts are those of `train_math.py`, `eval_gsm8k.py` and `eval_math.py` of
meta-math/MetaMath (commit fe667b1), which LoRMA and SVFT use unchanged: training has no
"Let's think step by step.", evaluation has. A response follows the prompt with nothing
between; MetaMathQA's end in `#### 1200` (of GSM8K) and always in `The answer is: 1200`, so the
solutions of GSM8K and MATH are given that last line when they are trained on. Then one output
meets MetaMath's rule and the data set's own.
"""

from __future__ import annotations

import re

from bench.errors import DataError
from bench.metrics.maths.answers import HASHES, PHRASE, hashed_number, last_box
from bench.tasks.base import check_one_shot

TASK = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:"
)
TASK_WITH_INPUT = (
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{context}\n\n### Response:"
)
STEP_BY_STEP = " Let's think step by step."

WORD_PROBLEM = (
    (
        "A ferry carries 18 cars on each trip. It made 3 trips in the morning and 2 trips in the "
        "afternoon. How many cars did it carry?"
    ),
    "The ferry made 3 + 2 = 5 trips.\nIt carried 5 * 18 = 90 cars.\n#### 90\nThe answer is: 90",
)
BOXED_PROBLEM = (
    r"What fraction of the numbers $1, 2, \dots, 12$ are multiples of $5$?",
    r"The multiples are $5$ and $10$, which are $2$ of $12$ numbers. The fraction is "
    r"$\frac{2}{12} = \boxed{\frac{1}{6}}$." + "\n" + r"The answer is: \frac{1}{6}",
)
"""Worked examples of this project's own making, in the form of each data set."""

_ANNOTATION = re.compile(r"<<[^<>]*>>")
_BARE_BOX = re.compile(r"\\boxed +([^\s$]+)\$")


def training_prompt(instruction: str, context: str = "") -> str:
    """What stands before a response that is trained on; `context` is the prompt's input."""
    if context:
        return TASK_WITH_INPUT.format(instruction=instruction, context=context)
    return TASK.format(instruction=instruction)


def evaluation_prompt(question: str, *, step_by_step: bool = True) -> str:
    """What a model is asked; the whole question is the instruction."""
    return TASK.format(instruction=question) + (STEP_BY_STEP if step_by_step else "")


def one_shot(task: str, example: tuple[str, str], context: str, shots: int) -> str:
    """An evaluation prompt, `context`, behind a worked example in the same words.

    No paper that is reproduced here prints such a prompt: it is this project's own.
    """
    check_one_shot(task, shots)
    question, response = example
    asked = evaluation_prompt(question, step_by_step=context.endswith(STEP_BY_STEP))
    return f"{asked} {response}\n\n{context}"


def gsm8k_response(answer: str, *, annotations: bool) -> str:
    """GSM8K's solution with MetaMath's last line.

    `annotations` keeps `<<48/2=24>>`, which are for a calculator that runs during decoding;
    MetaMathQA has none. Raises a DataError where there is no `#### `.
    """
    number = hashed_number(answer)
    if number is None:
        raise DataError(f"answer={answer[-60:]!r}: must end in '{HASHES}' and a number")
    solution = answer if annotations else _ANNOTATION.sub("", answer)
    return f"{solution.strip()}\n{PHRASE}{number}"


def math_response(solution: str) -> str:
    r"""MATH's solution with MetaMath's last line: what its last box holds.

    Two published solutions end in `\boxed 2$`, without braces, and one box is empty. Raises a
    DataError where there is no box.
    """
    boxed = last_box(solution)
    if boxed is None:
        bare = _BARE_BOX.findall(solution)
        if not bare:
            raise DataError(rf"solution={solution[-60:]!r}: must have its answer in \boxed{{}}")
        boxed = bare[-1]
    return f"{solution.strip()}\n{PHRASE}{boxed}"
