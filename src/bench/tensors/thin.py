"""Products with a matrix that has one side of a few rows or columns, as adapters have.

A library's matrix product needs a kernel for each, with a tile that is mostly empty (rank 4 in
bf16: a tenth of a training step on an H100). While torch compiles, the product is written as
element-wise products and sums, which the compiler fuses with what stands around them. So is the
gradient of a matrix that is narrow on both sides. That of any other stays a matrix product, as it
sums over many rows; its narrow side is filled up to the width that tensor cores read at once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

NARROW = 8
"""Widest side that is written out: torch's compiler unrolls sums of up to 8 terms, and 8 values
of bf16 are the 16 bytes that tensor cores read at once."""


def thin(x: Tensor, M: Tensor, scale: float | None = None) -> Tensor:
    """X Mᵀ for x (..., i) and M (o, i): (..., o), in the precision that autocast asks for.

    Times `scale`, where there is one.
    """
    if not torch.compiler.is_compiling() or min(M.shape) > NARROW:
        y: Tensor = x @ M.mT
        return y if scale is None else y * scale
    device = x.device.type
    wanted = torch.promote_types(x.dtype, M.dtype)
    if torch.is_autocast_enabled(device):
        wanted = torch.get_autocast_dtype(device)
    # A scaled result would need a scaled copy of its gradient, a scaled M needs none of anything.
    scaled = M if scale is None else M * scale
    y = WrittenOut.apply(x, scaled, wanted)  # type: ignore[no-untyped-call]
    return y.to(wanted)


def written_out(x: Tensor, M: Tensor) -> Tensor:
    """X Mᵀ as a sum of products, in fp32 at least."""
    wide = torch.promote_types(x.dtype, torch.float32)
    return (x.unsqueeze(-2).to(wide) * M.to(wide)).sum(-1)


class WrittenOut(torch.autograd.Function):
    """The product, and its gradients from matrix products in a precision.

    The result is rounded by the caller: `to` that has nothing to do returns its tensor as it
    is, and where a function's forward ends so, compiled gradients are zero (torch 2.11).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, M: Tensor, dtype: torch.dtype) -> Tensor:
        """X Mᵀ, in fp32 at least; `dtype` is what gradients are multiplied in."""
        ctx.save_for_backward(x, M)
        ctx.dtype = dtype
        return written_out(x, M)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        """G M for x, and Gᵀ X for M."""
        x, M = ctx.saved_tensors
        rows, inputs = gradient.flatten(0, -2).to(ctx.dtype), x.flatten(0, -2).to(ctx.dtype)
        o, i = M.shape
        if max(o, i) <= NARROW:
            found = written_out(rows.mT, inputs.mT)
        elif o <= i:
            found = functional.pad(rows, (0, NARROW - o)).mT @ inputs
        else:
            found = rows.mT @ functional.pad(inputs, (0, NARROW - i))
        return written_out(gradient, M.mT).to(x.dtype), found[:o, :i].to(M.dtype), None
