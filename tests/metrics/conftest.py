from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = json.loads((Path(__file__).parent / "e2e_examples.json").read_text(encoding="utf-8"))
"""Sentences of our own with what the official e2e-metrics prints; `origin` names it."""


@dataclass(frozen=True)
class Corpus:
    """Predictions and references, and their official scores."""

    name: str
    predictions: list[str]
    references: list[list[str]]
    official: dict[str, float | None]


def _corpus(entry: dict[str, Any]) -> Corpus:
    items = [EXAMPLES["items"][index] for index in entry["items"]]
    return Corpus(
        entry["name"],
        [item["prediction"] for item in items],
        [item["references"] for item in items],
        entry["scores"],
    )


CORPORA = [_corpus(entry) for entry in EXAMPLES["corpora"]]


@pytest.fixture(params=CORPORA, ids=[corpus.name for corpus in CORPORA])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    """Each corpus in turn."""
    return request.param


@pytest.fixture
def whole() -> Corpus:
    """All examples as one corpus: ragged references, currency, three scripts, no text at all."""
    return CORPORA[0]


@pytest.fixture
def ptb_lines() -> list[str]:
    """What the official PTB tokenizer makes of the predictions of `whole`."""
    return EXAMPLES["ptb"]


@pytest.fixture
def without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose Java is not there."""
    monkeypatch.setenv("BENCH_JAVA", "/nonexistent/java")
