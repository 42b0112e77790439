"""Nested state as tensors and plain data, for files that need no pickle.

Mappings, lists, tuples, numbers, strings and None are kept as they are, tensors under a name
of their own, with the kind of device that they were on.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

TENSOR, DEVICE, PAIRS, TUPLE = "$tensor", "$device", "$pairs", "$tuple"
MARKS = (TENSOR, DEVICE, PAIRS, TUPLE)


def pack(state: Any) -> tuple[dict[str, Tensor], Any]:
    """Tensors by name, as copies on the CPU, and a layout of JSON types with their names."""
    tensors: dict[str, Tensor] = {}
    return tensors, _packed(state, "", tensors)


def _packed(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        name = f"{len(tensors)}{path}"
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {TENSOR: name, DEVICE: value.device.type}
    if isinstance(value, dict):
        inner = {key: _packed(one, f"{path}/{key}", tensors) for key, one in value.items()}
        plain = all(isinstance(key, str) and key not in MARKS for key in inner)
        return inner if plain else {PAIRS: [[key, one] for key, one in inner.items()]}
    if isinstance(value, list | tuple):
        listed = [_packed(one, f"{path}/{index}", tensors) for index, one in enumerate(value)]
        return listed if isinstance(value, list) else {TUPLE: listed}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"state{path}: {type(value).__name__} cannot be kept in a checkpoint")


def unpack(tensors: dict[str, Tensor], layout: Any) -> Any:
    """The state that was packed, its tensors on their kind of device where there is one."""
    if isinstance(layout, list):
        return [unpack(tensors, one) for one in layout]
    if not isinstance(layout, dict):
        return layout
    if TENSOR in layout:
        usable = layout[DEVICE] != "cuda" or torch.cuda.is_available()
        return tensors[layout[TENSOR]].to(layout[DEVICE] if usable else "cpu")
    if PAIRS in layout:
        return {key: unpack(tensors, one) for key, one in layout[PAIRS]}
    if TUPLE in layout:
        return tuple(unpack(tensors, one) for one in layout[TUPLE])
    return {key: unpack(tensors, one) for key, one in layout.items()}
