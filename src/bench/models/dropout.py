"""Dropout of a base model that acts while it trains."""

from __future__ import annotations

from torch import nn


def acting_dropout(model: nn.Module) -> str | None:
    """The first dropout probability above 0, as `module=p`; None where nothing is dropped.

    Some modules drop by themselves, with a probability that they keep as a number.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout) and module.p > 0:
            return f"{name}={module.p:g}"
        for key, value in vars(module).items():
            if "drop" in key and isinstance(value, float) and value > 0:
                return f"{name}.{key}={value:g}"
    return None
