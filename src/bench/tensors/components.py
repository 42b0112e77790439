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
