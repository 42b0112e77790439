"""Frozen weights in 4-bit NormalFloat with double quantisation (QLoRA, arXiv 2305.14314).

Blocks of 64 weights share a scale; the scales themselves are kept in 8 bit, in blocks of
256. bitsandbytes packs and unpacks; a product unpacks its weight, multiplies in the
precision of the activations and forgets it, forwards and backwards.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from bench.errors import ConfigError
from bench.models.dense import StandIn, required_plain
from bench.models.parts import FAMILIES, family, linears

BLOCK = 64
"""Weights that share a scale (QLoRA, section 3)."""

INSTALL = 'pip install "bench[quantization]", or leave method.base.four_bit out'


def missing() -> str | None:
    """Why bitsandbytes cannot be used, and what to do; nothing where it can."""
    try:
        import bitsandbytes.functional  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return f"bitsandbytes cannot be imported ({' '.join(str(error).split())}); {INSTALL}"
    return None


class _Product(torch.autograd.Function):
    """`W x` with a weight that is unpacked anew in each direction, never kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, linear: FourBitLinear) -> Tensor:
        ctx.linear = linear
        return functional.linear(x, linear.dense())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        return gradient @ ctx.linear.dense().to(gradient.dtype), None


class FourBitLinear(StandIn):
    """A frozen map whose weight is 16 levels and a scale for each block."""

    codes: Tensor
    """Two weights a byte."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        from bitsandbytes.functional import quantize_4bit

        o, i = weight.shape
        super().__init__(i, o, bias)
        # Rows of one block each: bitsandbytes 0.50 unpacks other rows wrongly on a CPU.
        rows = functional.pad(weight.flatten(), (0, -weight.numel() % BLOCK)).view(-1, BLOCK)
        codes, self._state = quantize_4bit(
            rows, blocksize=BLOCK, compress_statistics=True, quant_type="nf4"
        )
        self.register_buffer("codes", codes, persistent=False)

    def dense(self) -> Tensor:
        """W (o, i), in the precision that it had before."""
        from bitsandbytes.functional import dequantize_4bit

        o, i = self.out_features, self.in_features
        rows: Tensor = dequantize_4bit(self.codes, self._state)
        return rows.flatten()[: o * i].view(o, i)

    def product(self, x: Tensor) -> Tensor:
        """`W x`."""
        z: Tensor = _Product.apply(x, self)  # type: ignore[no-untyped-call]
        return z

    @property
    def device(self) -> torch.device:
        """Where its codes are."""
        return self.codes.device


@torch.no_grad()
def quantise(model: PreTrainedModel) -> None:
    """Replace every linear map of the blocks, in place."""
    for place in linears(model, FAMILIES[family(model)]):
        linear = required_plain(place.linear, "four_bit")
        weight = linear.weight
        try:
            packed = FourBitLinear(weight, linear.bias)
            packed.dense()
        except (RuntimeError, NotImplementedError) as error:
            raise ConfigError(
                f"method.base.four_bit: bitsandbytes cannot quantise on {weight.device.type} "
                f"({' '.join(str(error).split())}); use another device, or leave it out"
            ) from None
        setattr(place.parent, place.attribute, packed)
