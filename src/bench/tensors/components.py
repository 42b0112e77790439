"""The components of a low-rank product: row k of A with column k of B."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def only_last(t: Mapping[str, Tensor], rank: int) -> dict[str, Tensor]:
    """The tensors with a gradient for component `rank` alone, the earlier ones detached."""
    A, B = t["A"], t["B"]
    return {
        **t,
        "A": torch.cat((A[: rank - 1].detach(), A[rank - 1 :])),
        "B": torch.cat((B[:, : rank - 1].detach(), B[:, rank - 1 :]), dim=1),
    }


@torch.no_grad()
def keep_leading(t: Mapping[str, Tensor], leading: Mapping[str, Tensor]) -> None:
    """Replace tensors, in place, by `leading` ones of no larger shape and zeros behind those."""
    for name, tensor in t.items():
        kept = leading[name].clone()
        tensor.zero_()
        tensor[tuple(slice(size) for size in kept.shape)] = kept


def chosen_components(logits: Tensor, *, softmax: bool) -> Tensor:
    """Which of the (r,) logits have a share of 1 / r or more; the largest always has.

    A share is the logit over their sum, or its softmax. Both are compared with 1 / r by
    comparing with the mean, so that equal logits all stay whatever the rounding.
    """
    weights = (logits - logits.max()).exp() if softmax else logits
    kept = weights >= weights.mean()
    kept[weights.argmax()] = True
    return kept
