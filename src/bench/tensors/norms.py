"""Norms of the rows of a weight."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


@torch.no_grad()
def row_norms(form: Callable[[], Tensor]) -> Tensor:
    """‖V‖ of each row (o,) of the weight that `form` makes, outside the graph, in fp32."""
    with torch.autocast("cuda", enabled=False), torch.autocast("cpu", enabled=False):
        norms: Tensor = form().norm(dim=1)
    return norms
