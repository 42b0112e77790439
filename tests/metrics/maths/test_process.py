from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from bench.metrics.maths.process import MathProcess
from bench.metrics.maths.symbolic import right_symbolic
from bench.metrics.maths.worker import MEMORY

SECONDS = 0.5
LOADING = 5.0
"""Processor seconds, many times what loading math-verify takes."""

HOSTILE = {
    "a tower of powers in C": "The answer is: 10^{10^{10^{10}}}",
    "the tower of math-verify's issue 65": r"\boxed{\frac{5^{(5^{(5^{(5^5)})} - 4)} - 5}{16}}",
    "a power in Python's notation": "9**9**9**9",
    "a factorial": "The answer is: 1000000!",
    "an endless sum": r"The answer is: \sum_{n=1}^{1000000000} \frac{1}{n}",
    "a matrix of 10^10 zeros": r"The answer is: \operatorname{zeros}(99999,99999)",
    "deep braces": "The answer is: " + "{" * 50_000 + "5" + "}" * 50_000,
    "deep boxes": r"\boxed{" * 20_000 + "}" * 20_000,
    "one word again and again": "answer " * 15_000,
    "half a character": "The answer is: \x00\ud800",
    "Python": "The answer is: __import__('os').abort()",
}


@pytest.mark.parametrize("kind", ["math", "gsm8k"])
def test_hostile_answers_cost_their_limit_and_are_wrong(kind: str) -> None:
    """Each is wrong, what follows it is judged as ever, and no more time goes than allowed."""
    predictions = [text for hostile in HOSTILE.values() for text in (hostile, "it is 14/2")]
    before = _processor_time()
    found = right_symbolic(kind, predictions, ["7"] * len(predictions), SECONDS)
    assert found[0::2] == [False] * len(HOSTILE)
    assert found[1::2] == [True] * len(HOSTILE)
    assert _processor_time() - before < len(HOSTILE) * (SECONDS + LOADING)


def test_a_process_is_replaced_and_goes_on() -> None:
    """The dialogue: loaded, a verdict, an end, loaded again, a verdict; memory is bounded."""
    with MathProcess(SECONDS) as process:
        process.ask("math", r"\boxed{7}", r"\boxed{\frac{14}{2}}")
        assert [process.answer(), process.answer()] == [None, True]
        first = process.identity
        assert first is not None
        assert resource.prlimit(first, resource.RLIMIT_AS) == (MEMORY, MEMORY)
        assert resource.prlimit(first, resource.RLIMIT_FSIZE) == (0, 0)
        process.ask("math", r"\boxed{7}", "9**9**9**9")
        assert process.answer() is False
        process.ask("math", r"\boxed{7}", r"\boxed{8}")
        assert [process.answer(), process.answer()] == [None, False]
        assert process.identity not in (None, first)


def test_sympy_evaluates_arithmetic_only() -> None:
    """In the worker, strings that could call something are refused; without it, they run."""
    program = (
        "import sys; from sympy import sympify; from bench.metrics.maths import worker\n"
        "hostile = '().__class__.__name__'\n"
        "print(sympify(hostile))\n"
        "worker._evaluate_only_harmless()\n"
        "print(sympify('3*(4+1)/2'), sympify('kilo'))\n"
        "try: print(sympify(hostile))\n"
        "except ValueError: print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == ["tuple", "15/2 kilo", "refused", ""]


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
