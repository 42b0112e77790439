"""Multiply-accumulates of attention's input maps, from shapes alone. No torch.

Liu et al. (LoDA), section 3.2 and Table 2, MERL TR2025-130.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.methods.base import Base
from bench.methods.compose import MethodConfig
from bench.models.shape import ATTENTION, Shape

Maps = Sequence[tuple[int, int]]


def attention_macs(shape: Shape, method: MethodConfig, *, merged: bool) -> int:
    """Multiply-accumulates for one token in query, key and value of all blocks.

    `merged` folds the update into the weights where it can be, which makes the weights that
    it changes dense; an update that cannot be merged counts in any case.
    """
    update = method.update
    adapted = [part for part in ATTENTION if update is not None and part in method.parts]
    maps = [shape.linears[part] for part in adapted]
    if merged and update is not None and "merge" not in update.lacks:
        others = [shape.linears[part] for part in ATTENTION if part not in adapted]
        return shape.blocks * (_dense(maps) + _frozen(others, method.base))
    beside = sum(update.macs(o, i) for o, i in maps) if update is not None else 0
    return shape.blocks * (_frozen(shape.attention, method.base) + beside)


def _dense(maps: Maps) -> int:
    """Those of plain weights."""
    return sum(o * i for o, i in maps)


def _frozen(maps: Maps, bases: Sequence[Base]) -> int:
    """Those of frozen maps after their transforms, the last of which to change them decides."""
    changed = [macs for base in bases if (macs := base.macs(maps)) != _dense(maps)]
    return changed[-1] if changed else _dense(maps)
