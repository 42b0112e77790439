"""Which machine computed: processor, GPU, and how torch uses them. No name of host or user."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INSTRUCTIONS = frozenset({
    "amx_bf16", "amx_int8", "amx_tile", "asimd", "avx", "avx2", "avx512_bf16", "avx512_fp16",
    "avx512_vnni", "avx512bw", "avx512dq", "avx512f", "avx512vl", "avx_vnni", "bf16", "f16c",
    "fma", "i8mm", "sse4_2", "sve", "sve2",
})  # fmt: skip
"""Sets of instructions among which torch and its libraries of matrix products choose."""

ENVIRONMENT = (
    "ATEN_CPU_CAPABILITY", "CUBLAS_WORKSPACE_CONFIG", "CUDA_LAUNCH_BLOCKING",
    "DNNL_MAX_CPU_ISA", "MKL_CBWR", "MKL_DYNAMIC", "MKL_ENABLE_INSTRUCTIONS", "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE", "OMP_NUM_THREADS", "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA", "OPENBLAS_NUM_THREADS", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)  # fmt: skip
"""Variables that choose kernels, and so can move the last digits."""

CLOCKS = {
    "clocks.sm": "sm",
    "clocks.max.sm": "sm_max",
    "clocks.mem": "memory",
    "clocks.max.mem": "memory_max",
}
"""What nvidia-smi calls the clocks, and what a record does; MHz."""

MPS = "nvidia-cuda-mps-server"
"""The process of NVIDIA's Multi-Process Service; others are its clients."""


def processor(cpuinfo: str | None = None) -> dict[str, Any]:
    """The fields cpu (its name), cores, and instructions (sets that it has and that matter)."""
    text = _content(Path("/proc/cpuinfo")) if cpuinfo is None else cpuinfo
    parts = [line.partition(":") for line in reversed(text.splitlines())]
    fields = {key.strip(): value.strip() for key, _, value in parts}
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    return {
        "cpu": fields.get("model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "instructions": sorted(INSTRUCTIONS.intersection(flags)),
    }


def gpu_facts(gpu: str | None) -> dict[str, Any]:
    """The fields gpu (its name, as torch has it), driver, gpu_clocks and gpu_processes.

    The last counts the processes that compute on it, this one too: they slow each other down.
    Null without a GPU, and where nvidia-smi does not tell.
    """
    if gpu is None:
        return dict.fromkeys(("gpu", "driver", "gpu_clocks", "gpu_processes"))
    driver, clocks = parse_smi(_nvidia_smi("gpu", "driver_version", *CLOCKS))
    return {
        "gpu": gpu,
        "driver": driver or loaded_driver(),
        "gpu_clocks": clocks,
        "gpu_processes": _processes(),
    }


def busiest(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a GPU, with more processes where more compute on it by now.

    The first of many that are started together finds itself alone.
    """
    if facts.get("gpu") is None:
        return dict(facts)
    counts = [n for n in (facts.get("gpu_processes"), _processes()) if n is not None]
    return {**facts, "gpu_processes": max(counts, default=None)}


def _processes() -> int | None:
    """How many processes compute on the GPU now, where that can be known."""
    return computing(_nvidia_smi("compute-apps", "process_name"))


def _nvidia_smi(about: str, *fields: str) -> str:
    """What nvidia-smi prints of the GPU in use, a line of `fields` each; empty without it."""
    query = f"--query-{about}={','.join(fields)}"
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    if (uuid := _uuid()) is not None:
        command.append(f"--id={uuid}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def computing(text: str) -> int | None:
    """Number of the processes named, a line each, without the one through which MPS shares a GPU.

    None for none: this process is there, but a container may hide all of them.
    """
    names = [line.strip() for line in text.splitlines() if line.strip()]
    return sum(not name.endswith(MPS) for name in names) or None


def parse_smi(text: str) -> tuple[str | None, dict[str, int | None] | None]:
    """What nvidia-smi printed of the first GPU; a clock that it does not know is null."""
    parts = [part.strip() for part in text.partition("\n")[0].split(",")]
    if len(parts) != 1 + len(CLOCKS):
        return None, None
    numbers = [int(part) if part.isdecimal() else None for part in parts[1:]]
    return parts[0], dict(zip(CLOCKS.values(), numbers, strict=True))


def loaded_driver(text: str | None = None) -> str | None:
    """Version of the driver that is loaded: the line also names who built it."""
    line = _content(Path("/proc/driver/nvidia/version")) if text is None else text
    found = re.search(r"\b\d{3,}\.\d+(?:\.\d+)?\b", line.partition("\n")[0])
    return found[0] if found else None


def _uuid() -> str | None:
    """The GPU in use, as nvidia-smi names it whatever CUDA_VISIBLE_DEVICES hides."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    found = getattr(torch.cuda.get_device_properties(torch.cuda.current_device()), "uuid", None)
    return None if found is None else f"GPU-{found}"


def torch_facts() -> dict[str, Any]:
    """The fields cuda, cudnn, cpu_capability and arithmetic, of the torch that is loaded.

    Nothing is imported, as it matters only where it computes; null without torch.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return {"cuda": None, "cudnn": None, "cpu_capability": None, "arithmetic": None}
    cuda = torch.version.cuda
    return {
        "cuda": cuda,
        "cudnn": torch.backends.cudnn.version() if cuda else None,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "arithmetic": {
            "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
            "cudnn_deterministic": torch.backends.cudnn.deterministic,
            "cudnn_benchmark": torch.backends.cudnn.benchmark,
            "cudnn_tf32": torch.backends.cudnn.allow_tf32,
            "matmul": torch.get_float32_matmul_precision(),
            "onednn": torch.backends.mkldnn.is_available(),
            "mkl": torch.backends.mkl.is_available(),
        },
    }


def environment() -> dict[str, str]:
    """The variables that choose kernels, of those that are set."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def _content(path: Path) -> str:
    """The text of a file of the system, empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
