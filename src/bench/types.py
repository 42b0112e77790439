"""Constrained numbers that options and settings are made of."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Lt
from pydantic import Strict

Whole = Annotated[int, Strict(), Ge(0)]
Count = Annotated[int, Strict(), Ge(1)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Fraction = Annotated[float, Ge(0), Lt(1)]
