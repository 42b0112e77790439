"""The trained model of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from bench.attach.attach import Attached, adapted_maps
from bench.config import Cell
from bench.material import Material
from bench.methods.compose import MethodConfig
from bench.models.dense import dense_weight
from bench.models.parts import linears
from bench.sitting import Sitting
from bench.stages import Job
from bench.store.folder import RunFolder
from bench.tensors.files import read_tensors
from bench.tracking import Tracker


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model with a trained method on it, on the CPU."""

    attached: Attached
    tokenizer: PreTrainedTokenizerBase
    originals: Mapping[str, Tensor]
    """Weights (o, i) as they were loaded, by the name of the map, of maps that may differ now."""
    starts: Mapping[str, Mapping[str, Tensor]]
    """The update's tensors at a start of its own, which changed the frozen weight with them."""


def remember(model: PreTrainedModel, method: MethodConfig) -> dict[str, Tensor]:
    """Copies of the weights that a start or a plugin of `method` may change."""
    if method.init is None and not method.plugins:
        return {}
    names = {module: name for name, module in model.named_modules()}
    places = linears(model, method.parts)
    return {names[place.linear]: dense_weight(place.linear).detach().clone() for place in places}


def starting(attached: Attached) -> dict[str, dict[str, Tensor]]:
    """Copies of the tensors of an untrained method that has a start of its own."""
    if attached.method.init is None:
        return {}
    return {
        name: {key: tensor.detach().clone() for key, tensor in adapted.tensors().items()}
        for name, adapted in adapted_maps(attached.model).items()
    }


def restore(cell: Cell, folder: RunFolder, threads: int) -> Trained:
    """Load the base model, put the method on it, and the trained tensors into it."""
    job = Job(cell, Material(), folder, Sitting(tracker=Tracker(folder)), threads)
    originals = remember(job.loaded.model, cell.method)
    attached = job.attached
    starts = starting(attached)
    attached.load_state(read_tensors(folder.file("fit")))
    attached.model.eval()
    return Trained(
        attached=attached, tokenizer=job.loaded.tokenizer, originals=originals, starts=starts
    )
