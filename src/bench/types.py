"""Constrained numbers that options and settings are made of."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Lt
from pydantic import AllowInfNan, Strict, StringConstraints

Whole = Annotated[int, Strict(), Ge(0)]
Count = Annotated[int, Strict(), Ge(1)]
Finite = Annotated[float, AllowInfNan(False)]
Positive = Annotated[float, AllowInfNan(False), Gt(0)]
NotNegative = Annotated[float, AllowInfNan(False), Ge(0)]
Fraction = Annotated[float, AllowInfNan(False), Ge(0), Lt(1)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
"""A name that is safe as a folder."""
