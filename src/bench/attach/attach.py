"""Attach a composed method to a loaded model, in place."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from bench.attach.linear import AdaptedLinear
from bench.errors import ModelError, NotMergeableError
from bench.methods.compose import MethodConfig
from bench.models.parts import linears
from bench.seeds import derive


@dataclass(frozen=True)
class Attached:
    """A model with a method on it."""

    model: PreTrainedModel
    method: MethodConfig
    head: frozenset[str]
    """Names of the task head's parameters, which train with every method."""

    def trained(self) -> dict[str, nn.Parameter]:
        """Every tensor that trains, by its name in the model."""
        return {name: p for name, p in self.model.named_parameters() if p.requires_grad}

    def decayed(self, name: str) -> bool:
        """Whether weight decay acts on the trained tensor `name`."""
        owner, _, tensor = name.rpartition(".adapter.")
        if not owner or self.method.update is None:
            return True
        return self.method.update.decayed(tensor)

    @property
    def virtual_tokens(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Identifiers of the virtual tokens before and behind a context, past the vocabulary."""
        insert = self.method.insert
        before, behind = insert.virtual_tokens if insert is not None else (0, 0)
        first = self.model.config.vocab_size
        ids = tuple(range(first, first + before + behind))
        return ids[:before], ids[before:]

    def counts(self) -> dict[str, int]:
        """Numbers of values: adapter (or selected base tensors), head, trained, total."""
        trained = self.trained()
        head = sum(p.numel() for name, p in trained.items() if name in self.head)
        total = sum(p.numel() for p in trained.values())
        return {
            "adapter": total - head,
            "head": head,
            "trained": total,
            "total": sum(p.numel() for p in self.model.parameters()),
        }

    def saved(self) -> dict[str, Tensor]:
        """Every tensor that training changes: those that train, and what plugins change."""
        plugins = self.method.plugins
        named = {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())}
        extra = {n: t for n, t in named.items() if any(plugin.changed(n) for plugin in plugins)}
        return {**self.trained(), **extra}

    def state(self) -> dict[str, Tensor]:
        """Copies of the tensors that training changes, on the CPU."""
        return {name: p.detach().cpu().clone() for name, p in self.saved().items()}

    @torch.no_grad()
    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Put saved tensors back; names and shapes must be those of this model."""
        saved = self.saved()
        if tensors.keys() != saved.keys():
            odd = sorted(tensors.keys() ^ saved.keys())
            raise ModelError(f"adapter: {len(odd)} tensors do not fit this model, first {odd[0]}")
        for name, parameter in saved.items():
            if parameter.shape != tensors[name].shape:
                raise ModelError(
                    f"adapter: {name} has shape {tuple(tensors[name].shape)}, "
                    f"the model needs {tuple(parameter.shape)}"
                )
            parameter.copy_(tensors[name])

    @torch.no_grad()
    def start_from(self, tensors: dict[str, Tensor]) -> None:
        """Put another run's tensors in; a head's stay as drawn where they have other shapes."""
        drawn = {
            name: tensor
            for name, tensor in self.saved().items()
            if name in self.head and getattr(tensors.get(name), "shape", None) != tensor.shape
        }
        self.load_state({**tensors, **drawn})

    def merge(self) -> str | None:
        """Replace what was attached by plain weights; the reason where the method cannot merge."""
        places = [
            (parent, name, child)
            for parent in self.model.modules()
            for name, child in parent.named_children()
            if isinstance(child, AdaptedLinear)
        ]
        try:
            if self.method.insert is not None:
                self.method.insert.merge(self.model)
            merged = [child.merge() for _, _, child in places]
        except NotMergeableError as error:
            return str(error)
        for (parent, name, _), plain in zip(places, merged, strict=True):
            setattr(parent, name, plain)
        return None


def attach(
    model: PreTrainedModel, method: MethodConfig, seed: int, head: frozenset[str] = frozenset()
) -> Attached:
    """Freeze the model, transform its weights, put the method on it, and train the head."""
    model.requires_grad_(requires_grad=False)
    for base in method.base:
        base.transform(model)
    generator = torch.Generator().manual_seed(derive(seed, "init"))
    if method.update is not None:
        for _, _, parent, name, linear in list(linears(model, method.parts)):
            setattr(parent, name, AdaptedLinear(linear, method.update, generator, method.init))
    if method.insert is not None:
        method.insert.put_on(model, method.parts, generator)
    if method.select is not None:
        for _, parameter in method.select.chosen(model):
            parameter.requires_grad_()
    for name, parameter in model.named_parameters():
        if name in head:
            parameter.requires_grad_()
    return Attached(model, method, head)


def adapted_maps(model: PreTrainedModel) -> dict[str, AdaptedLinear]:
    """The linear maps with an update beside them, by their name in the model."""
    return {n: m for n, m in model.named_modules() if isinstance(m, AdaptedLinear)}
