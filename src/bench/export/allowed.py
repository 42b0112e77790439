"""What cannot be exported, told before anything is loaded. No torch."""

from __future__ import annotations

from importlib.util import find_spec

from bench.errors import ConfigError, NotLowRankError, NotMergeableError
from bench.export.card import Kind
from bench.methods.compose import MethodConfig


def otherwise(method: MethodConfig) -> str:
    """What to do where a method is no LoRA."""
    return "it cannot be merged either" if "merge" in method.lacks else "use --to merged"


def check_kind(method: MethodConfig, kind: Kind) -> None:
    """Refuse, before anything is loaded, what cannot be written in this form."""
    reason = method.lacks.get("merge")
    if kind == "merged":
        if reason is not None:
            raise NotMergeableError(f"method={method.name}: cannot be merged: {reason}")
        return
    if method.select is not None:
        reason = "what trains are tensors of the base model, which a LoRA folder does not hold"
    elif method.insert is not None:
        reason = f"{method.insert.key} adds more to the model than thin matrices"
    elif method.base:
        reason = f"it was trained beside weights that {method.base[0].key} changed"
    if reason is not None:
        raise NotLowRankError(f"method={method.name}: is no LoRA: {reason}; {otherwise(method)}")
    if find_spec("peft") is None:
        raise ConfigError("--to peft: package peft is not installed; pip install peft")
