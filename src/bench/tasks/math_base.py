"""What the mathematics tasks have in common: worked solutions, asked for in MetaMath's prompts."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Strict
from pydantic.dataclasses import dataclass

from bench.tasks.base import GenerationTask
from bench.tasks.items import AnswerItem
from bench.types import Count

OPTIONS = ConfigDict(extra="forbid")

RULES = ("accuracy_metamath", "accuracy_strict", "accuracy_symbolic")
"""Metrics of one set of problems."""


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class MathTask(GenerationTask):
    """A task whose outputs are solutions that end in an answer."""

    scorer = "bench.metrics.math"
    item = AnswerItem
    separated = False
    lead = ""

    max_tokens: Count = 512
    """Longest training line (prompt, response, end), in tokens; the rest is cut off."""
    step_by_step: Annotated[bool, Strict()] = True
    """Ask with "Let's think step by step." behind the prompt, as MetaMath does, whose training
    has no such line."""
