"""What digits hang on besides the code: packages, processor, threads, the build of torch."""

from __future__ import annotations

import platform
import re
from typing import Any

import torch

from bench.store.machine_facts import environment, gpu_facts, processor, torch_facts
from bench.store.provenance import installed


def facts(device: str = "cpu", precision: str = "fp32") -> dict[str, Any]:
    """Everything of this environment that can move a digit."""
    gpu = torch.cuda.get_device_name() if device == "cuda" else None
    machine = processor()
    # The canary computes on one, however many there are.
    del machine["cores"]
    return {
        "device": device,
        "precision": precision,
        "threads": 1,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": installed(),
        **machine,
        **gpu_facts(gpu),
        **torch_facts(),
        "torch_build": torch_build(torch.__config__.show()),
        "environment": environment(),
    }


def torch_build(text: str) -> dict[str, str]:
    """Versions of the compiler and libraries that torch was built with, by their names."""
    lines = (re.fullmatch(r"\s*- (.+?)(?: Version)?:? v?(\d.*)", one) for one in text.splitlines())
    return {one[1]: one[2] for one in lines if one and not one[1].startswith("Build settings")}
