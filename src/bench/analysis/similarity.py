"""Two matrices side by side: the five measures of LoRMA's Table 9 (arXiv 2506.07621).

What the paper leaves open is settled by its column of random matrices, which can be drawn
again (1024², independent N(0, 1), r = 8):

- The spectra differ by 176 and 90 there: that is the root of the sum of squared differences
  that the text names. Both are returned.
- Eigenvalues are complex. In the order of their real parts (ties: imaginary parts), as numpy
  sorts them, with |λ − μ| as the difference, random matrices give 88.5 ± 0.9, which holds
  the printed 89.07 and 89.70; in the order of |λ| they would give 91.6 ± 0.4.
- The printed angle, 1.56 and 1.57, is the largest between the spans of the r leading left
  singular vectors. The whole column space of a random matrix holds every other, at an angle
  of 0. That is also what the paper prints for LoRMA (2e-6), so that its row is not of one
  kind; both angles are returned.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bench.analysis.rows import Measures
from bench.analysis.spectra import numerical_rank

CONVENTIONS = {
    "eigenvalues": "in the order of their real parts, difference |a - b|",
    "principal_angle": "largest between the spans of the leading left singular vectors",
    "column_space_angle": "largest between the column spaces at their numerical rank",
}


class Spectrum(NamedTuple):
    """A matrix taken apart."""

    matrix: Tensor
    """(o, i), float64."""
    left: Tensor
    """Left singular vectors in its columns, (o, min(o, i))."""
    values: Tensor
    """Singular values, falling."""
    eigenvalues: Tensor | None
    """In falling order of real, then imaginary parts; nothing where it is not square."""


def take_apart(matrix: Tensor) -> Spectrum:
    """Singular values and vectors, and eigenvalues of a square matrix."""
    left, values, _ = torch.linalg.svd(matrix.double(), full_matrices=False)
    square = matrix.shape[0] == matrix.shape[1]
    return Spectrum(matrix.double(), left, values, eigenvalues(matrix) if square else None)


def eigenvalues(matrix: Tensor) -> Tensor:
    """(n,) complex, in falling order of real, then imaginary parts."""
    found: Tensor = torch.linalg.eigvals(matrix.double())
    for part in (torch.imag, torch.real):
        found = found[part(found).argsort(descending=True, stable=True)]
    return found


def cosine(a: Tensor, b: Tensor) -> float | None:
    """Cosine of the flattened matrices; nothing where one of them is zero."""
    norms = a.norm() * b.norm()
    return float((a * b).sum() / norms) if norms > 0 else None


def largest_angle(P: Tensor, Q: Tensor) -> float | None:
    """Largest principal angle, in radians, between spans of orthonormal columns (o, p), (o, q).

    There are min(p, q) of them. From sine and cosine together, so that small angles keep
    their digits (Björck and Golub 1973). Nothing where one span is empty.
    """
    wide, thin = (P, Q) if P.shape[1] >= Q.shape[1] else (Q, P)
    if thin.shape[1] == 0:
        return None
    overlap = wide.mT @ thin
    sine = torch.linalg.matrix_norm(thin - wide @ overlap, ord=2)
    return float(torch.atan2(sine, torch.linalg.svdvals(overlap)[-1]))


def span(one: Spectrum, limit: int | None = None) -> Tensor:
    """Orthonormal columns of its column space, the leading `limit` of them."""
    rank = numerical_rank(one.values, one.matrix.shape)
    return one.left[:, : rank if limit is None else min(rank, limit)]


def measures(one: Spectrum, other: Spectrum, rank: int) -> Measures:
    """Compare two matrices of one shape; their spectra in the first `rank` values."""
    singular = float((one.values[:rank] - other.values[:rank]).square().sum())
    eigen = None
    if one.eigenvalues is not None and other.eigenvalues is not None:
        gaps = one.eigenvalues[:rank] - other.eigenvalues[:rank]
        eigen = float(gaps.abs().square().sum())
    return Measures(
        frobenius_distance=float((one.matrix - other.matrix).norm()),
        cosine=cosine(one.matrix, other.matrix),
        singular_value_sq_diff=singular,
        singular_value_distance=singular**0.5,
        eigenvalue_sq_diff=eigen,
        eigenvalue_distance=None if eigen is None else eigen**0.5,
        principal_angle=largest_angle(span(one, rank), span(other, rank)),
        column_space_angle=largest_angle(span(one), span(other)),
    )
