"""Gradient of a held-out loss through one step of the weights (DARTS, arXiv 1806.09055)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Loss = Callable[[], Tensor]

REACH = 0.01
"""Norm of the step of the weights that the second derivative is measured over (DARTS)."""


def gradients(loss: Tensor, of: Sequence[Tensor]) -> list[Tensor]:
    """Gradients of a scalar; zero for what it does not depend on."""
    found = torch.autograd.grad(loss, list(of), allow_unused=True)
    return [torch.zeros_like(t) if g is None else g for t, g in zip(of, found, strict=True)]


@torch.no_grad()
def _move(weights: Sequence[Tensor], start: Sequence[Tensor], by: Sequence[Tensor]) -> None:
    """Set the weights to `start` + `by`."""
    for weight, origin, change in zip(weights, start, by, strict=True):
        weight.copy_(origin + change)


@torch.no_grad()
def _restore(weights: Sequence[Tensor], start: Sequence[Tensor]) -> None:
    """Put the weights back."""
    for weight, origin in zip(weights, start, strict=True):
        weight.copy_(origin)


def unrolled_gradient(
    weights: Sequence[Tensor],
    logits: Sequence[Tensor],
    train_loss: Loss,
    held_out_loss: Loss,
    rates: Sequence[float],
) -> list[Tensor]:
    """∇_λ of held_out_loss(w − rate ⊙ ∇_w train_loss(w, λ), λ), for λ = `logits`.

    The losses are of the tensors as they stand; the weights are left as they were. The
    product with the second derivative is a central difference, both sides of it with the
    same dropout. Rates of 0 leave the gradient at w itself.
    """
    start = [weight.detach().clone() for weight in weights]
    ahead = any(rates)
    if ahead:
        slopes = gradients(train_loss(), weights)
        _move(weights, start, [-r * g for r, g in zip(rates, slopes, strict=True)])
    found = gradients(held_out_loss(), [*logits, *weights])
    direct, slopes = found[: len(logits)], found[len(logits) :]
    _restore(weights, start)
    along = [rate * slope for rate, slope in zip(rates, slopes, strict=True)]
    size = float(torch.stack([a.square().sum() for a in along]).sum().sqrt())
    if not ahead or size == 0:
        return direct
    reach = REACH / size
    devices = [w.device for w in weights[:1] if w.device.type == "cuda"]
    sides = []
    for side in (reach, -reach):
        _move(weights, start, [side * a for a in along])
        with torch.random.fork_rng(devices):
            sides.append(gradients(train_loss(), logits))
    _restore(weights, start)
    return [d - (p - m) / (2 * reach) for d, p, m in zip(direct, *sides, strict=True)]
