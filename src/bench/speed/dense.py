"""The methods' equations as the official scripts compute them: the plain reference.

A weight is formed in full at every step, and every row is padded to one length, at all of whose
positions the head is applied. Nothing here uses the project's own methods:

    lora         W' = W + s·B A
    dora         W' = diag(m / ‖V‖_row) V,  V = W + s·B A; the norms are no part of the graph
    lorma_plus   W' = (I + s·B A) W, or W (I + s·B A)
    lorma_pi     W' = s·I_pi(B A) W, or W s·I_pi(B A); I_pi rotates row p to the right by p
    loda         y  = W x + b + s·B (z + f(z)),  z = A x,  f = φ ∘ M2 ∘ φ ∘ M1
    loda_plus    y  = W x + b + s·(B z + φ(B f(z)))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from bench.attach.attach import Attached, adapted_maps
from bench.attach.linear import AdaptedLinear
from bench.errors import ConfigError
from bench.methods.plugin import structure
from bench.models.dense import dense_weight
from bench.training.text import IGNORED, TextBatch

Tensors = Mapping[str, Tensor]
Equation = Callable[[Tensor, Tensor, "Tensor | None", Tensors, Any], Tensor]
"""Output of x (..., i), W (o, i), b (o,), the trained tensors, and the method's options."""


def formed(weight: Callable[[Tensor, Tensors, Any], Tensor]) -> Equation:
    """The equation of a method that forms W' in full, in fp32."""

    def output(x: Tensor, W: Tensor, b: Tensor | None, t: Tensors, options: Any) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            whole = weight(W.float(), t, options)
        return functional.linear(x, whole.to(x.dtype), None if b is None else b.to(x.dtype))

    return output


def lora(W: Tensor, t: Tensors, options: Any) -> Tensor:
    """W + s·B A."""
    scaling: float = options.alpha / options.rank
    return W + scaling * t["B"] @ t["A"]


def dora(W: Tensor, t: Tensors, options: Any) -> Tensor:
    """Rows of V with norms m."""
    V = lora(W, t, options.inner)
    norms: Tensor = V.norm(dim=1, keepdim=True).detach()
    return t["m"][:, None] * V / norms


def multiplied(W: Tensor, T: Tensor, options: Any) -> Tensor:
    """T W, or W T."""
    return T @ W if options.order == "pre" else W @ T


def lorma_plus(W: Tensor, t: Tensors, options: Any) -> Tensor:
    """The identity and a product of two thin matrices, times W."""
    scaling: float = options.alpha / options.rank
    product = scaling * t["B"] @ t["A"]
    return multiplied(W, torch.eye(len(product), device=W.device) + product, options)


def lorma_pi(W: Tensor, t: Tensors, options: Any) -> Tensor:
    """The inflated product of two thin matrices, times W."""
    product = t["B"] @ t["A"]
    columns = torch.arange(len(product), device=W.device)
    T = product.gather(1, (columns[None, :] - columns[:, None]) % len(product))
    scaling = options.alpha / options.rank if options.scaled else 1.0
    return multiplied(W, scaling * T, options)


def bent(z: Tensor, t: Tensors, options: Any) -> Tensor:
    """f(z): two small matrices with an activation behind each."""
    inner = functional.leaky_relu(functional.linear(z, t["M1"]), options.slope)
    return functional.leaky_relu(functional.linear(inner, t["M2"]), options.slope)


def loda(x: Tensor, W: Tensor, b: Tensor | None, t: Tensors, options: Any) -> Tensor:
    """A curved path beside W x + b."""
    z = functional.linear(x, t["A"])
    change = functional.linear(z + bent(z, t, options), t["B"])
    scaling: float = options.alpha / options.rank
    return functional.linear(x, W, b) + scaling * change


def loda_plus(x: Tensor, W: Tensor, b: Tensor | None, t: Tensors, options: Any) -> Tensor:
    """A linear subspace and a curved surface beside W x + b."""
    z = functional.linear(x, t["A"])
    curved = functional.linear(bent(z, t, options), t["B"])
    change = functional.linear(z, t["B"]) + functional.leaky_relu(curved, options.slope)
    scaling: float = options.alpha / options.rank
    return functional.linear(x, W, b) + scaling * change


EQUATIONS: dict[str, Equation] = {
    "lora": formed(lora),
    "dora": formed(dora),
    "lorma_plus": formed(lorma_plus),
    "lorma_pi": formed(lorma_pi),
    "loda": loda,
    "loda_plus": loda_plus,
}
"""By the method's name; a method that is composed of more has none."""

PLAIN: Mapping[str, tuple[Any, ...]] = {
    "gate": ("none",),
    "order": ("pre", "post", "linear"),
    "norm": ("none",),
    "f2": ("act",),
    "drop_frozen_path": (False,),
}
"""The values of options that the equations above are for."""


class DenseLinear(nn.Module):
    """One frozen map with a method's equation."""

    def __init__(self, adapted: AdaptedLinear, equation: Equation) -> None:
        super().__init__()
        self.base = adapted.base
        self.adapter = nn.ParameterDict(
            {name: tensor.detach().clone() for name, tensor in adapted.adapter.items()}
        )
        self._equation, self._options = equation, adapted.update

    def forward(self, x: Tensor) -> Tensor:
        """(..., i) -> (..., o)."""
        t = dict(self.adapter.items())
        return self._equation(x, dense_weight(self.base), self.base.bias, t, self._options)


def has_equation(attached: Attached) -> bool:
    """Whether the method, with its options, has a plain form here."""
    method = attached.method
    if method.name not in EQUATIONS or method.plugins or method.base or method.init:
        return False
    if any(adapted.drop.p > 0 for adapted in adapted_maps(attached.model).values()):
        return False
    options = structure(method)
    return all(getattr(options, name, wanted[0]) in wanted for name, wanted in PLAIN.items())


def made_dense(attached: Attached) -> Attached:
    """Put the equation in the place of every adapted map, with the same values."""
    if not has_equation(attached):
        raise ConfigError(f"{attached.method.name}: has no plain equation here")
    equation = EQUATIONS[attached.method.name]
    for name, adapted in adapted_maps(attached.model).items():
        attached.model.set_submodule(name, DenseLinear(adapted, equation))
    return attached


@dataclass(frozen=True, kw_only=True)
class Padded:
    """Lines padded to one length; logits are computed for all of it."""

    ids: Tensor
    labels: Tensor
    targets: int
    tokens: int

    def to(self, device: torch.device) -> Padded:
        """Copy to `device`."""
        return replace(self, ids=self.ids.to(device), labels=self.labels.to(device))

    def cut(self, pieces: int) -> list[Padded]:
        """As a whole only."""
        raise NotImplementedError

    def summed_loss(self, model: PreTrainedModel, smoothing: float) -> Tensor:
        """Cross-entropy of every position, of which those without loss count nothing."""
        # All ones, which no position sees anything of: without a mask transformers warns.
        mask = torch.ones_like(self.ids)
        found = model(input_ids=self.ids, attention_mask=mask, use_cache=False)
        logits = found.logits[:, :-1].float()
        return functional.cross_entropy(
            logits.flatten(0, 1),
            self.labels[:, 1:].flatten(),
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=smoothing,
        )


def padded(batch: TextBatch, length: int, padding: int) -> Padded:
    """The lines of a batch at `length` tokens, which is at least their own."""
    space = (0, max(length - batch.ids.shape[1], 0))
    return Padded(
        ids=functional.pad(batch.ids, space, value=padding),
        labels=functional.pad(batch.labels, space, value=IGNORED),
        targets=batch.targets,
        tokens=batch.tokens,
    )
