"""How many values a method trains on a model, before it is put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.models.shape import shape_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from bench.methods.compose import MethodConfig


def trained_count(
    method: MethodConfig, model: PreTrainedModel, head: frozenset[str] = frozenset()
) -> int:
    """Number of values that train beside the task head, whose tensors are named `head`.

    In closed form where the method adds tensors. `model` has no method on it, and stays as it
    is; its tensors may be on the meta device. Raises a ModelError where it lacks what the
    method adapts.
    """
    if method.select is not None:
        return sum(p.numel() for name, p in method.select.chosen(model) if name not in head)
    shape = shape_of(model)
    if method.insert is not None:
        return method.insert.count(shape, method.parts)
    update = method.update
    assert update is not None, "a method has an update, a selection or an insert"  # noqa: S101
    return sum(update.count(o, i) for o, i in shape.of(method.parts))
