"""Rank inflation by permutation without the inflated matrix, and when that is cheaper.

I_pi(B A) x = Σ_k B[:, k] ⊙ F⁻¹(conj(F A[k]) ⊙ F x)        F: discrete Fourier transform

because (Circ(a) x)[p] = Σ_q a[(q − p) mod d] x[q] is a circular cross-correlation
(derived from LoRMA, equation 6, arXiv 2506.07621).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Literal

import torch
from torch import Tensor


def correlated_difference(x: Tensor, B: Tensor, A: Tensor, scaling: float) -> Tensor:
    """(`scaling`·I_pi(B A) − I) x for x (..., d), B (d, r) and A (r, d).

    Computed in the precision of A and B and returned in that of x. Keeps r values for
    each of x until the backward pass.
    """
    d = x.shape[-1]
    with torch.autocast(x.device.type, enabled=False):
        wide = x.to(A.dtype)
        spectra = torch.fft.rfft(wide)[..., None, :] * torch.fft.rfft(A).conj()
        components: Tensor = torch.fft.irfft(spectra, n=d) * (scaling * B).mT
        return (components.sum(-2) - wide).to(x.dtype)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Picoseconds of a forward and backward pass, fitted to measurements."""

    form: float
    """For each entry of T, once."""
    multiply: float
    """For each entry of T and each token."""
    transform: float
    """For each token, component, and d·log2(d)."""
    matrix_floor: float = 0.0
    """Of the matrix form however small, which is the time to launch its kernels."""
    transform_floor: float = 0.0
    """The same of the Fourier form."""
    kept: float
    """Values of fp32 that the matrix form keeps for the backward pass, for each entry of T."""


CPU = Costs(form=6e3, multiply=45.0, transform=1.1e3, kept=2.0)
"""One thread of an Intel Xeon with AVX-512 (model 207), torch 2.13, fp32; d = 192 … 2048,
r = 1, 4, 8, 1 … 512 tokens. Measured matrix / Fourier form at r = 4: d = 576, 16 tokens
2.3 / 0.5 ms, 512 tokens 9.5 / 12 ms; d = 2048, 512 tokens 127 / 58 ms."""

GPU = Costs(
    form=40.0,
    multiply=0.008,
    transform=4.2,
    matrix_floor=1.0e9,
    transform_floor=1.2e9,
    kept=0.5,
)
"""One H100, torch 2.11, bf16 activations; d = 192 … 14336, r = 1, 4, 8, 64 … 8192 tokens.
Measured matrix / Fourier form at r = 4: d = 4096, 2048 tokens 1.0 / 2.0 ms; d = 14336, 512
tokens 9.1 / 2.0 ms, 8192 tokens 21.8 / 28.7 ms. Up to d = 4096 the launches decide."""


def cheaper_form(d: int, rank: int, tokens: int, *, gpu: bool) -> Literal["matrix", "fft"]:
    """The Fourier form where it takes less time and keeps no more memory than the matrix.

    Matrix form O(d² (r + tokens)), Fourier form O(tokens r d log d) and (r + 1) d values
    kept a token. The choice follows from shapes alone, so that runs repeat exactly; d is
    taken to have small prime factors, as hidden sizes have.
    """
    costs = GPU if gpu else CPU
    matrix = d * d * (costs.form + costs.multiply * tokens)
    transform = costs.transform * tokens * rank * d * log2(max(d, 2))
    faster = max(transform, costs.transform_floor) < max(matrix, costs.matrix_floor)
    lean = tokens * (rank + 1) <= costs.kept * d
    return "fft" if faster and lean else "matrix"
