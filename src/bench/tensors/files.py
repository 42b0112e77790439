"""Tensors in files of the safetensors format, whose header and sizes its library checks."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from bench.errors import StoreError


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by their names, or a StoreError where it is damaged or missing."""
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise StoreError(f"{path}: no readable tensors ({reason}); make the run again") from None
