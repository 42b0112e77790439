"""What each method trains and computes on a model, told from shapes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.attach.count import trained_count
from bench.errors import ModelError
from bench.methods.cost import attention_macs
from bench.models.heads import ENCODERS, CausalHead, ClassifierHead
from bench.models.meta import meta_model
from bench.models.shape import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.list.files import Entry
    from bench.methods.compose import MethodConfig
    from bench.models.config import ModelConfig


def costs(model: ModelConfig) -> Callable[[MethodConfig], Entry]:
    """A function that tells the costs of a method on `model`.

    trained    values that train beside the task head; null where the model cannot have the
               method, and `refused` says why
    macs       multiply-accumulates for one token in query, key and value of all blocks, with
               the update merged (null where it cannot be) and beside; null for an insert,
               which need not act on them
    """
    head = ClassifierHead(labels=2) if model.family in ENCODERS else CausalHead()
    outline = meta_model(model, head)
    shape = shape_of(outline.model)

    def macs(method: MethodConfig) -> dict[str, int | None]:
        merged = None if "merge" in method.lacks else attention_macs(shape, method, merged=True)
        return {"merged": merged, "beside": attention_macs(shape, method, merged=False)}

    def of(method: MethodConfig) -> Entry:
        named: Entry = {"model": model.name, "trained": None, "refused": None, "macs": None}
        try:
            named["trained"] = trained_count(method, *outline)
        except ModelError as error:
            return {**named, "refused": str(error)}
        return named if method.insert is not None else {**named, "macs": macs(method)}

    return of
