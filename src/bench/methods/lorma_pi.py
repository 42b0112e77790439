"""LoRMA with permutation inflation (Bihany et al., arXiv 2506.07621, equations 6 and 7).

T = s·I_pi(B A)      I_pi(M)[p, q] = M[p, (q − p) mod d]      row p rotated to the right by p

B (d, r) starts Kaiming-uniform with its first column at 1, A (r, d) at zero with
A[0, 0] = 1, both divided by √s, so that T = I. The paper contradicts itself on s: equation 7
has neither s nor √s, but Table 16 gives alpha = 8 at rank 4, which means something with s
only. The default follows the table, as the official code does; `scaled: false` equation 7.

T need not be formed. With the circulant matrix Circ(a)[p, q] = a[(q − p) mod d],

    I_pi(B A) = Σ_k diag(B[:, k]) Circ(A[k])

and Circ(a) x is the circular cross-correlation of a and x, so r + 1 fast Fourier
transforms a token, and one a row of A, apply it (our derivation from equation 6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.methods.base import OPTIONS, Tensors
from bench.methods.lorma import NearIdentity
from bench.types import Count, Positive

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class LormaPi(NearIdentity):
    """T = s·I_pi(B A), nearly always of full rank. Decay pulls W' towards 0, not W."""

    key = "lorma_pi"
    source = "Bihany et al. 2025, equations 6 and 7, arXiv 2506.07621"

    rank: Count
    alpha: Positive
    scaled: bool = True
    """Whether s enters, as in the official code; if not, alpha has no effect (equation 7)."""
    form: Literal["auto", "matrix", "fft"] = "auto"
    """T as a matrix for all tokens, or Fourier transforms for each; auto takes the cheaper."""

    @property
    def scaling(self) -> float:
        """S = alpha / rank, or 1 where nothing is scaled."""
        return self.alpha / self.rank if self.scaled else 1.0

    def tensors(self, weight: Tensor, generator: Generator) -> dict[str, Tensor]:
        """A (r, d) and B (d, r) with s·I_pi(B A) = I."""
        from bench.tensors.draw import kaiming_uniform, zeros

        d = self.width(*weight.shape)
        B = kaiming_uniform((d, self.rank), generator)
        B[:, 0] = 1.0
        A = zeros((self.rank, d))
        A[0, 0] = 1.0
        root = self.scaling**0.5
        return {"A": A / root, "B": B / root}

    def change(self, x: Tensor, t: Tensors) -> Tensor:
        """(T − I) x in the wanted form; both round T − I, not T, to the precision of x."""
        from bench.tensors.circulant import cheaper_form, correlated_difference

        rank, d = t["A"].shape
        form = self.form
        if form == "auto":
            form = cheaper_form(d, rank, x.numel() // d, gpu=x.is_cuda)
        if form == "fft":
            return correlated_difference(x, t["B"], t["A"], self.scaling)
        return x @ self.difference(t).to(x.dtype).mT

    def difference(self, t: Tensors) -> Tensor:
        """s·I_pi(B A) − I, in the precision of A and B: near 1, bf16 has steps of 1/128."""
        from bench.tensors.inflate import inflated_difference

        return inflated_difference(t["B"], t["A"], self.scaling)

    def count(self, o: int, i: int) -> int:
        """2 r d."""
        return 2 * self.rank * self.width(o, i)

    def macs(self, o: int, i: int) -> int:
        """d² with T as a matrix, which is formed once a step."""
        return self.width(o, i) ** 2

    def truncated(self, t: Tensors, rank: int) -> dict[str, Tensor]:
        """The first `rank` components, which always hold the identity (ours; DyLoRMA).

        Component 0 keeps its scale, as T starts at its product. The others get
        alpha / `rank` in place of alpha / r, as in DyLoRA (arXiv 2210.07558).
        """
        import torch

        identity, others = t["B"][:, :1], t["B"][:, 1:rank]
        if self.scaled:
            others = others * (self.rank / rank)
        return {**t, "A": t["A"][:rank], "B": torch.cat((identity, others), dim=1)}
