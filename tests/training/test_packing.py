"""Nested state without pickle: what goes in comes out, and what cannot is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from bench.training.packing import pack, unpack


def travelled(state: Any) -> Any:
    """The state through the bytes of both files."""
    tensors, layout = pack(state)
    blob = safetensors.torch.save(tensors)
    return unpack(safetensors.torch.load(blob), json.loads(json.dumps(layout)))


def equal(one: Any, other: Any) -> bool:
    """Deep equality with types; tensors bit by bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def test_everything_comes_back() -> None:
    """Types of keys, tuples, every kind of number, and a tensor of each kind, scalars too."""
    shared = torch.arange(6.0)
    state = {
        "numbers": [0, -1, 0.1, 1e-300, True, False, None, "text", ""],
        "tuple": (1, (2.5, [None])),
        "by index": {0: {"step": torch.tensor(3.0)}, 1: {}},
        "kinds": [
            torch.ones(2, dtype=kind)
            for kind in (torch.float32, torch.bfloat16, torch.float64, torch.int64, torch.uint8,
                         torch.bool)
        ],
        "views": [shared[:3], shared[1:4], shared.reshape(2, 3).T],
        "empty": torch.zeros(0, 4),
        "marks": {"$tensor": "no tensor", "a/b": 1},
    }  # fmt: skip
    assert equal(travelled(state), state)


def test_copies_do_not_follow_the_original() -> None:
    """What training changes in place stays as it was when it was packed."""
    weight = torch.nn.Parameter(torch.ones(2))
    tensors, layout = pack({"weight": weight})
    weight.data.zero_()
    assert unpack(tensors, layout)["weight"].tolist() == [1.0, 1.0]


def test_other_objects_are_refused() -> None:
    """With the place where they stand; nothing is pickled in silence."""
    with pytest.raises(TypeError, match=r"state/plugins/0/rank: set cannot be kept"):
        pack({"plugins": [{"rank": {1, 2}}]})
