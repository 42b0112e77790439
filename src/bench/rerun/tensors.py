"""How far two files of trained tensors are apart."""

from __future__ import annotations

from pathlib import Path

from bench.tensors.files import read_tensors


def largest_difference(then: Path, now: Path) -> str:
    """The largest difference of a value, with its tensor; or that the tensors are not the same."""
    old, new = read_tensors(then), read_tensors(now)
    if {name: one.shape for name, one in old.items()} != {
        name: one.shape for name, one in new.items()
    }:
        return "in the names or shapes of its tensors"
    apart = {
        name: (new[name].double() - one.double()).abs().max().item()
        for name, one in old.items()
        if one.numel()
    }
    if not apart:
        return "in its header"
    name = max(apart, key=lambda key: apart[key])
    return f"by up to {apart[name]:.3g}, in {name}"
