"""Arithmetic operations of a computation, counted while it runs without values.

    products      multiply-adds of matrix products, by torch.utils.flop_counter
    elementwise   additions and multiplications of single values; a product of two complex
                  numbers is four
    transforms    2.5 n log2(n) for a Fourier transform of n real numbers, FFTW's convention

A multiply-add is one operation, as in the counts of LoRMA's Table 11 (arXiv 2506.07621).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

aten = torch.ops.aten

COMPLEX_PRODUCT = 4
"""Multiply-adds of real numbers."""
FLOPS = 2
"""torch counts a multiply-add as two."""

MOVED = {
    aten.cat, aten.clone, aten.copy_, aten.resolve_conj, aten._conj_physical, aten._to_copy,
}  # fmt: skip
"""What moves values and computes none."""


@dataclass(kw_only=True)
class Operations:
    """How many there are, by their kind."""

    products: int = 0
    elementwise: int = 0
    transforms: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.products + self.elementwise + self.transforms


def _each(out: Tensor, *given: Any) -> int:
    """One for each value that comes out, more where two complex ones are multiplied."""
    both = all(isinstance(one, Tensor) and one.is_complex() for one in given[:2])
    return out.numel() * (COMPLEX_PRODUCT if both else 1)


def _sum(out: Tensor, summed: Tensor, *_: Any) -> int:
    """One less for each sum than it has terms."""
    return summed.numel() - out.numel()


def _transform(real: Tensor) -> int:
    """Of real numbers, along the last side."""
    n = real.shape[-1]
    return round(2.5 * n * math.log2(n) * (real.numel() // n)) if n > 1 else 0


ELEMENTWISE: Mapping[Any, Callable[..., int]] = {
    aten.add: _each, aten.add_: _each, aten.sub: _each, aten.sub_: _each, aten.mul: _each,
    aten.mul_: _each, aten.sum: _sum,
}  # fmt: skip


class _Counter(TorchDispatchMode):
    """Counts every operation that it knows, and refuses any other."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found = Operations()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket
        if name in flop_registry:
            self.found.products += (
                flop_registry[name](*args, **(kwargs or {}), out_val=out) // FLOPS
            )
        elif name in ELEMENTWISE:
            self.found.elementwise += ELEMENTWISE[name](out, *args)
        elif name is aten._fft_r2c:
            self.found.transforms += _transform(args[0])
        elif name is aten._fft_c2r:
            self.found.transforms += _transform(out)
        elif isinstance(out, Tensor) and not func.is_view and name not in MOVED:
            raise NotImplementedError(f"{func}: it is not known how many operations this is")
        return out


def count_operations(compute: Callable[[], Any]) -> Operations:
    """The operations of `compute()`, which may work on tensors without values.

    Raises NotImplementedError for an operation whose arithmetic is not known: nothing is
    left out silently.
    """
    counter = _Counter()
    with torch.no_grad(), counter:
        compute()
    return counter.found
