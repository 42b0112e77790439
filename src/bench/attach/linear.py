"""One frozen linear map with an update beside it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.errors import ConfigError
from bench.methods.base import Init, Update
from bench.models.dense import LinearMap, StandIn, apply_product, dense_weight, plain_linear


class Frozen:
    """The frozen map as an update sees it; holds no tensor of its own."""

    def __init__(self, linear: LinearMap) -> None:
        self._linear = linear

    @property
    def bias(self) -> Tensor | None:
        """B (o,), or nothing."""
        return self._linear.bias

    @property
    def weight(self) -> Tensor:
        """W (o, i)."""
        return dense_weight(self._linear)

    def __call__(self, x: Tensor) -> Tensor:
        """Return W x + b."""
        y: Tensor = self._linear(x)
        return y

    def product(self, x: Tensor) -> Tensor:
        """Return W x."""
        return apply_product(self._linear, x)


class Multiplied(Frozen):
    """The same with the product of one input, which was computed together with others."""

    def __init__(self, linear: LinearMap, x: Tensor, z: Tensor) -> None:
        super().__init__(linear)
        self._x = x
        self._z = z

    def __call__(self, x: Tensor) -> Tensor:
        """Return W x + b."""
        if x is not self._x:
            return super().__call__(x)
        return self._z if self.bias is None else self._z + self.bias

    def product(self, x: Tensor) -> Tensor:
        """Return W x."""
        return self._z if x is self._x else super().product(x)


class AdaptedLinear(nn.Module):
    """Replaces a linear map: same input, same output shape, adapter tensors that train."""

    def __init__(
        self,
        base: LinearMap,
        update: Update,
        generator: torch.Generator,
        init: Init | None = None,
    ) -> None:
        super().__init__()
        self.base = base
        self.update = update
        self.drop = nn.Dropout(update.dropout)
        self.rank: int | None = None
        """Number of leading components in use; None takes all."""
        self.newest_only = False
        """Whether only the last of the components in use gets a gradient."""
        weight = dense_weight(base).detach().float().cpu()
        started = update.tensors(weight, generator)
        if init is not None:
            residual, started = init.start(weight, update, started, generator)
            self._replace_weight(residual)
        where = base.device if isinstance(base, StandIn) else base.weight.device
        trained = {name: t for name, t in started.items() if update.trains(name)}
        self.adapter = nn.ParameterDict({name: t.to(where) for name, t in trained.items()})
        self.kept = tuple(name for name in started if not update.trains(name))
        """Names of the update's tensors that do not train; they are buffers."""
        for name in self.kept:
            self.register_buffer(name, started[name].to(where), persistent=False)

    def tensors(self) -> dict[str, Tensor]:
        """All tensors of the update, as its equation names them."""
        trained: dict[str, Tensor] = dict(self.adapter.items())
        return {**trained, **{name: getattr(self, name) for name in self.kept}}

    def forward(self, x: Tensor) -> Tensor:
        """(..., i) -> (..., o)."""
        return self.update.forward(x, Frozen(self.base), self._used(), self.drop)

    def with_product(self, x: Tensor, z: Tensor) -> Tensor:
        """The same where z = W x (..., o) is known."""
        return self.update.forward(x, Multiplied(self.base, x, z), self._used(), self.drop)

    def _used(self) -> dict[str, Tensor]:
        """The tensors of the components in use."""
        t = self.tensors()
        return t if self.rank is None else self._leading(t, self.rank)

    def _leading(self, t: dict[str, Tensor], rank: int) -> dict[str, Tensor]:
        """The first components; with `newest_only` those before the last get no gradient."""
        leading = self.update.truncated(t, rank)
        if not self.newest_only:
            return leading
        from bench.tensors.components import only_last

        return only_last(leading, rank)

    @torch.no_grad()
    def _replace_weight(self, weight: Tensor) -> None:
        """Set the frozen weight."""
        if isinstance(self.base, StandIn):
            raise ConfigError(
                "method.init: it changes the frozen weight, which method.base keeps in another "
                "form; leave one of them out"
            )
        self.base.weight.copy_(weight)

    @torch.no_grad()
    def merged(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """W' (o, i), computed in `dtype`."""
        tensors = {name: tensor.to(dtype) for name, tensor in self.tensors().items()}
        return self.update.merged(dense_weight(self.base).to(dtype), tensors)

    @torch.no_grad()
    def merge(self) -> nn.Linear:
        """A plain linear map that computes the same, in the dense base weight's precision."""
        return plain_linear(self.merged(), self.base.bias, dense_weight(self.base).dtype)
