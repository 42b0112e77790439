"""The linear maps of many runs at one place of the model, computed together.

    x (K·b, L, i)  ►  (K, b·L, i)  ►  run k's update on slice k  ►  (K·b, L, o)

Runs whose updates are equal but for the values of their tensors are one group: their tensors
are stacked, and torch.vmap maps the update over the runs. Others are computed one by one, with
the product of all rows and the frozen weight taken once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from bench.attach.linear import AdaptedLinear, Frozen
from bench.models.dense import LinearMap, apply_product

Layer = nn.Module
"""What stands at the place in one run: an AdaptedLinear, or the frozen map itself."""


class Product:
    """`W x` of all rows, computed when it is first asked for."""

    def __init__(self, base: LinearMap, x: Tensor) -> None:
        self._base = base
        self._x = x
        self._z: Tensor | None = None

    def __call__(self) -> Tensor:
        """(K, rows, o)."""
        if self._z is None:
            self._z = apply_product(self._base, self._x)
        return self._z


class Share(Frozen):
    """The frozen map as the update of one run sees it: its product is part of that of all."""

    def __init__(self, linear: LinearMap, x: Tensor, product: Callable[[], Tensor]) -> None:
        super().__init__(linear)
        self._x = x
        self._product = product

    def __call__(self, x: Tensor) -> Tensor:
        """Return W x + b."""
        if x is not self._x:
            return super().__call__(x)
        z = self._product()
        return z if self.bias is None else z + self.bias

    def product(self, x: Tensor) -> Tensor:
        """Return W x."""
        return self._product() if x is self._x else super().product(x)


class Single:
    """One run's update on its slice."""

    def __init__(self, index: int, layer: Layer) -> None:
        self.runs = range(index, index + 1)
        self._layer = layer

    def leaves(self) -> Iterator[tuple[Tensor, list[nn.Parameter]]]:
        """Every tensor that trains, with the runs' parameters that it stands for."""
        for parameter in self._layer.parameters():
            if parameter.requires_grad:
                yield parameter, [parameter]

    def forward(self, x: Tensor, base: LinearMap, product: Product) -> Tensor:
        """(1, rows, i) -> (1, rows, o)."""
        at = self.runs.start
        if not isinstance(self._layer, AdaptedLinear):
            z = product()[at : at + 1]
            return z if base.bias is None else z + base.bias
        own = x[0]
        update, drop = self._layer.update, dropping(self._layer)
        share = Share(base, own, lambda: product()[at])
        return update.forward(own, share, self._layer.tensors(), drop)[None]


class Group:
    """Runs with equal updates, whose tensors lie side by side in memory."""

    def __init__(self, first: int, layers: Sequence[AdaptedLinear]) -> None:
        self.runs = range(first, first + len(layers))
        self._layer = layers[0]
        self._layers = layers
        self._trained = {name: side_by_side(layers, name) for name in layers[0].adapter}
        self._kept = {name: together(layers, name) for name in layers[0].kept}
        self._dims = {
            **dict.fromkeys(self._trained, 0),
            **{name: dim for name, (_, dim) in self._kept.items()},
        }

    def leaves(self) -> Iterator[tuple[Tensor, list[nn.Parameter]]]:
        """Every stacked tensor that trains, with the runs' parameters that it stands for."""
        for name, stacked in self._trained.items():
            yield stacked, [layer.adapter[name] for layer in self._layers]

    def forward(self, x: Tensor, base: LinearMap, product: Product) -> Tensor:  # noqa: ARG002
        """(runs, rows, i) -> (runs, rows, o)."""
        update, drop = self._layer.update, dropping(self._layer)
        frozen = Frozen(base)

        def one(own: Tensor, t: dict[str, Tensor]) -> Tensor:
            return update.forward(own, frozen, t, drop)

        tensors = {**self._trained, **{name: held for name, (held, _) in self._kept.items()}}
        mapped: Any = torch.vmap(one, in_dims=(0, self._dims), randomness="different")
        y: Tensor = mapped(x, tensors)
        return y


class PackedLinear(nn.Module):
    """Replaces the linear map at one place, for the rows of all runs in their order."""

    def __init__(self, base: LinearMap, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.base = base
        # A plain tuple: these modules belong to the models of their runs.
        self.groups = tuple(grouped(base, layers))
        self.count = len(layers)

    def leaves(self) -> Iterator[tuple[Tensor, list[nn.Parameter]]]:
        """Every tensor that trains here, with the runs' parameters that it stands for."""
        for group in self.groups:
            yield from group.leaves()

    def forward(self, x: Tensor) -> Tensor:
        """(K·b, L, i) -> (K·b, L, o)."""
        rows = x.reshape(self.count, -1, x.shape[-1])
        product = Product(self.base, rows)
        found = [
            group.forward(rows[group.runs.start : group.runs.stop], self.base, product)
            for group in self.groups
        ]
        y = found[0] if len(found) == 1 else torch.cat(found)
        return y.view(*x.shape[:-1], y.shape[-1])


def grouped(base: LinearMap, layers: Sequence[Layer]) -> Iterator[Single | Group]:
    """Neighbours with equal updates as groups, each of the others by itself.

    A weight in another form than a plain one may be multiplied in ways that torch.vmap does not
    know.
    """
    kinds = [kind_of(layer) if isinstance(base, nn.Linear) else None for layer in layers]
    numbered = list(enumerate(layers))
    for kind, found in groupby(numbered, key=lambda one: kinds[one[0]]):
        members = list(found)
        adapted = [layer for _, layer in members if isinstance(layer, AdaptedLinear)]
        if kind is None or len(adapted) == 1:
            yield from (Single(index, layer) for index, layer in members)
        else:
            yield Group(members[0][0], adapted)


def kind_of(layer: Layer) -> object:
    """What layers have in common that are mapped over; None for one that is not."""
    if not isinstance(layer, AdaptedLinear):
        return None
    shapes = sorted((name, tuple(tensor.shape)) for name, tensor in layer.tensors().items())
    return type(layer.update), layer.update, shapes


def dropping(layer: AdaptedLinear) -> Callable[[Tensor], Tensor]:
    """The layer's dropout, or the identity where it does nothing."""
    return layer.drop if layer.training and layer.drop.p > 0 else _undropped


def _undropped(x: Tensor) -> Tensor:
    """X itself."""
    return x


@torch.no_grad()
def side_by_side(layers: Sequence[AdaptedLinear], name: str) -> Tensor:
    """One trained tensor of all layers as a leaf (runs, …), of which their own become views."""
    stacked = torch.stack([layer.adapter[name] for layer in layers])
    for layer, values in zip(layers, stacked, strict=True):
        layer.adapter[name].data = values
    return stacked.requires_grad_()


def together(layers: Sequence[AdaptedLinear], name: str) -> tuple[Tensor, int | None]:
    """A tensor that does not train, of all layers, and the dimension of the runs.

    Where all have the same values, one is kept for all, and None.
    """
    held = [layer.get_buffer(name) for layer in layers]
    if not all(torch.equal(held[0], other) for other in held[1:]):
        return torch.stack(held), 0
    for layer in layers[1:]:
        setattr(layer, name, held[0])
    return held[0], None
