"""Probes of the metrics: scores of fixed predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.canary.disturb import disturbed, solved
from bench.canary.probe import Inputs, Probe, Reading, UnprobedError
from bench.canary.tasks import first_rows
from bench.canary.tasks import with_defaults as task_of
from bench.metrics.e2e import score_e2e
from bench.metrics.glue import METRICS, measure_glue
from bench.metrics.math import score_math
from bench.metrics.resampling import Measure
from bench.metrics.scores import Scores, scores_of
from bench.metrics.triples import score_triples
from bench.registry import tasks
from bench.tasks.base import Query

ROWS, ITEMS = 40, 8
"""Rows that queries are made of, and how many of these are scored."""

LABELS = 24
"""Items of a task of GLUE."""


def probes() -> list[Probe]:
    """One for each family."""
    found = {"e2e": (e2e_inputs, e2e), "triples": (triples_inputs, triples),
             "glue": (dict, glue), "math": (math_inputs, maths)}  # fmt: skip
    return [
        Probe(name=f"metrics {name}", components=(f"metrics {name}",), inputs=inputs, read=read)
        for name, (inputs, read) in found.items()
    ]


def gold(key: str) -> list[Mapping[str, Any]]:
    """What a few synthetic queries of a task are scored against."""
    kind = tasks()[key]
    queries: Sequence[Query] = task_of(kind).queries(first_rows(kind, ROWS)["rows"]["test"])
    return [query.gold for query in queries[:ITEMS]]


def e2e_inputs() -> Inputs:
    """Predictions and references of E2E."""
    references = [one["references"] for one in gold("e2e")]
    return {"predictions": [disturbed(few[0], n) for n, few in enumerate(references)],
            "references": references}  # fmt: skip


def e2e(inputs: Inputs) -> Reading:
    """The scores of E2E."""
    return of_scores(score_e2e(inputs["predictions"], inputs["references"]))


def triples_inputs() -> Inputs:
    """Predictions and references of WebNLG, and a subset of them."""
    references = [one["references"] for one in gold("webnlg")]
    return {"predictions": [disturbed(few[0], n) for n, few in enumerate(references)],
            "references": references,
            "subsets": {"odd": list(range(1, len(references), 2))}}  # fmt: skip


def triples(inputs: Inputs) -> Reading:
    """The scores of WebNLG and DART."""
    return of_scores(score_triples(inputs["predictions"], inputs["references"], inputs["subsets"]))


def math_inputs() -> Inputs:
    """Right and wrong solutions, in the words of each grader."""
    answers = {key: [one["answer"] for one in gold(key)] for key in ("gsm8k", "math")}
    return {
        key: {"answers": texts, "predictions": [solved(text, n) for n, text in enumerate(texts)]}
        for key, texts in answers.items()
    }


def maths(inputs: Inputs) -> Reading:
    """The accuracies of GSM8K and MATH."""
    found: Reading = {}
    for kind, held in inputs.items():
        scores = score_math("gsm8k" if kind == "gsm8k" else "math", held["predictions"],
                            held["answers"])  # fmt: skip
        found |= {f"{kind} {name}": value for name, value in of_scores(scores).items()}
    return found


def glue(_: Inputs) -> Reading:
    """The scores of every task of GLUE on made-up labels."""
    found: Reading = {}
    for key in METRICS:
        labels = [float((3 * n) % 7 % 2) for n in range(LABELS)]
        guesses = [float((5 * n) % 9 % 2) for n in range(LABELS)]
        if key == "stsb":
            labels = [(3 * n) % 11 / 2 for n in range(LABELS)]
            guesses = [label + n % 5 / 3 for n, label in enumerate(labels)]
        measures: Mapping[str, Measure] = measure_glue(key, guesses, labels)
        scores = scores_of(measures, LABELS, subsets={"first": list(range(10))})
        found |= {f"{key} {name}": value for name, value in of_scores(scores).items()}
    return found


def of_scores(scores: Scores) -> Reading:
    """Values, sampling errors and items; an UnprobedError where one cannot be computed here."""
    for name, reason in scores.unavailable.items():
        raise UnprobedError(f"{name}: {reason}")
    found: Reading = {name: value for name, value in scores.values.items() if value is not None}
    found |= {f"{name} error": [e.std, e.low, e.high] for name, e in scores.errors.items()}
    return found | {f"{name} items": list(items) for name, items in scores.items.items()}
