"""Importance of components, for many maps at once as for one."""

from __future__ import annotations

import torch

from bench.tensors.importance import distances_from_orthonormal, smoothed


def test_distances_are_those_of_each_matrix_by_itself() -> None:
    """In the order given, though shapes are mixed; gradients too, and at an orthonormal one."""
    generator = torch.Generator().manual_seed(0)
    shapes = ((2, 5), (3, 4), (2, 5), (3, 7))
    matrices = [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]
    matrices.append(torch.eye(2, 5).requires_grad_())
    found = distances_from_orthonormal(matrices)
    alone = torch.stack([(M @ M.mT - torch.eye(len(M))).norm() for M in matrices])
    torch.testing.assert_close(found, alone)
    assert found[-1] == 0
    gradients = torch.autograd.grad(found.sum(), matrices)
    expected = torch.autograd.grad(alone.sum(), matrices)
    torch.testing.assert_close(gradients, expected)


def test_averages_move_as_equations_5_and_6_of_adalora() -> None:
    """Of two tensors at once: the spread is taken about the average that has moved already."""
    averages = [torch.tensor([1.0, 2.0]), torch.tensor([0.0])]
    spreads = [torch.tensor([0.5, 0.0]), torch.tensor([1.0])]
    values = [torch.tensor([3.0, 2.0]), torch.tensor([4.0])]
    moved, spread = smoothed(averages, spreads, values, 0.75, 0.5)
    assert [one.tolist() for one in moved] == [[1.5, 2.0], [1.0]]
    assert [one.tolist() for one in spread] == [[0.25 + 0.75, 0.0], [0.5 + 1.5]]
    assert averages[0].tolist() == [1.0, 2.0], "what was given stays"
