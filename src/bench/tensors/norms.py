"""Norms of the rows of a weight."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


@torch.no_grad()
def row_norms(form: Callable[[], Tensor], device: torch.device) -> Tensor:
    """‖V‖ of each row (o,) of the weight that `form` makes, outside the graph.

    Autocast is off on `device`: what `form` makes from fp32 stays fp32. A row of zeros, as a
    sparse base may have, gets the smallest positive number, so that it can be divided by.
    """
    with torch.autocast(device.type, enabled=False):
        norms: Tensor = torch.linalg.vector_norm(form(), dim=1)
    return norms.clamp_min(torch.finfo(norms.dtype).tiny)
