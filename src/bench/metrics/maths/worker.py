"""Verdicts of math-verify: a program that reads questions and writes `right` or `wrong`.

`python -m bench.metrics.maths.worker SECONDS` reads lines of JSON `[kind, gold, text]`. It is
killed by the system when one of them costs more than SECONDS of processor time, which stops
arithmetic in C as well, and does not depend on what else the machine does. Its memory is
bounded, it writes no files, and Python evaluates nothing of the texts but plain arithmetic.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

MEMORY = 2 << 30
"""Bytes of address space."""
PAUSE = 40
"""The longest real time of an answer, in multiples of its processor time."""

LOADED, RIGHT, WRONG = "loaded", "right", "wrong"
"""What it writes: the first once, one of the others for each question."""

_HARMLESS = re.compile(r"[0-9.\s+*/()-]*|[A-Za-z]+")
"""Arithmetic, or a single name: sympy's table of units reads its own names this way."""


def main() -> None:
    """Answer questions until there are no more."""
    seconds = float(sys.argv[1])
    judge = _load()
    # Whatever a package may print must not stand between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    _limit()
    # What is loaded stays: the collector need not look through it again and again.
    gc.freeze()
    answers.write(f"{LOADED}\n")
    for line in sys.stdin:
        question = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * PAUSE)
        verdict = judge(*question)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(f"{RIGHT if verdict else WRONG}\n")


def _load() -> Callable[[str, str, str], bool]:
    """The grader with the settings of math-verify's own tasks."""
    logging.disable(logging.CRITICAL)
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    _add_missing_token()
    _evaluate_only_harmless()
    number, latex = ExprExtractionConfig(), LatexExtractionConfig()
    golds = {"gsm8k": [number], "math": [LatexExtractionConfig(boxed_match_priority=0)]}

    # Many problems have the same answer.
    @lru_cache(4096)
    def right(kind: str, gold: str) -> Any:
        return parse(gold, golds[kind], parsing_timeout=None)

    def judge(kind: str, gold: str, text: str) -> bool:
        # Its own time-outs are off: they stop no loop in C, and the system's timer does.
        given = parse(text, [latex, number], parsing_timeout=None)
        return bool(verify(right(kind, gold), given, timeout_seconds=None))

    return judge


def _limit() -> None:
    """Bound what an answer may use, and let the system end the process beyond its time."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(kind, (most, most))
    timers = (signal.SIGPROF, signal.SIGALRM)
    for timer in timers:
        signal.signal(timer, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, timers)


def _add_missing_token() -> None:
    r"""Make percentages readable where the parser was generated for antlr 4.9 or 4.11.

    latex2sympy2_extended 1.11 asks every atom whether it is a `\gamma`, before whether it is
    a percentage; only its parser for antlr 4.13 knows the former. Hydra requires antlr 4.9.
    """
    atom: Any = import_module("latex2sympy2_extended.antlr_parser").PSParser.AtomContext
    if not hasattr(atom, "FUNC_GAMMA"):
        atom.FUNC_GAMMA = lambda _: None


def _evaluate_only_harmless() -> None:
    """Keep sympy, which evaluates strings as Python, from those that could do anything."""
    parser: Any = import_module("sympy.parsing.sympy_parser")
    to_code = parser.stringify_expr

    def checked(text: str, *rest: object) -> object:
        if not _HARMLESS.fullmatch(text):
            raise ValueError("more than arithmetic")
        return to_code(text, *rest)

    parser.stringify_expr = checked


if __name__ == "__main__":
    main()
