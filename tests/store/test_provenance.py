"""Where a number came from: code, packages and machine, and nobody's name."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.errors import ConfigError
from bench.store.machine_facts import (
    busiest,
    computing,
    gpu_facts,
    loaded_driver,
    parse_smi,
    processor,
    torch_facts,
)
from bench.store.provenance import constraints_hash, git_state, installed, provenance

FIXED = ("code", "git_sha", "dirty", "packages", "python", "platform", "cpu", "gpu", "driver",
         "threads")  # fmt: skip
CLEAN = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing."""


def git(folder: Path, *arguments: str) -> str:
    """A git command with an author of its own, whatever is set on this machine."""
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The package of a committed project."""
    package = tmp_path / "src" / "bench"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("A = 1\n")
    (tmp_path / "weights.bin").write_bytes(bytes(range(256)))
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "constraints.txt").write_bytes(b"abc")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return package


def test_a_clean_checkout(checkout: Path) -> None:
    """The commit that git names, and no diff."""
    head = git(checkout, "rev-parse", "HEAD").strip()
    clean = {"git_sha": head, "dirty": False, "diff": None, "untracked": False}
    assert git_state(checkout) == clean


def test_the_diff_tells_changes_apart(checkout: Path) -> None:
    """One byte of a text or binary file, staged or not, is another diff; undone, it is none."""
    module, weights = checkout / "__init__.py", checkout.parents[1] / "weights.bin"
    clean = git_state(checkout)
    module.write_text("A = 2\n")
    first = git_state(checkout)
    assert first["dirty"] is True
    expected = git(checkout, "diff", "HEAD", "--binary", "--full-index").encode()
    assert first["diff"] == hashlib.sha256(expected).hexdigest() != CLEAN
    git(checkout, "add", "--all")
    assert git_state(checkout) == first
    module.write_text("A = 3\n")
    weights.write_bytes(bytes(256))
    second = git_state(checkout)
    weights.write_bytes(bytes(255) + b"\1")
    third = git_state(checkout)
    assert len({first["diff"], second["diff"], third["diff"]}) == 3
    git(checkout, "reset", "--quiet", "--hard")
    assert git_state(checkout) == clean


def test_a_persons_settings_of_git_do_not_count(checkout: Path) -> None:
    """The same change has the same hash, however one likes to read diffs."""
    (checkout / "__init__.py").write_text("A = 2\n")
    before = git_state(checkout)
    for setting in ("diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.context=9",
                    "color.ui=always", "diff.external=/bin/false"):  # fmt: skip
        key, _, value = setting.partition("=")
        git(checkout, "config", key, value)
        assert git_state(checkout) == before


def test_untracked_modules(checkout: Path) -> None:
    """A module that git does not know is told of; other files beside the package are not."""
    (checkout.parents[1] / "notes.py").write_text("")
    assert git_state(checkout)["untracked"] is False
    (checkout / "new.py").write_text("")
    assert git_state(checkout) == {**git_state(checkout), "untracked": True, "dirty": False}


def test_a_package_that_git_does_not_know(checkout: Path) -> None:
    """An installed package inside somebody's checkout has not that checkout's commit."""
    installed_there = checkout.parents[1] / "venv" / "bench"
    installed_there.mkdir(parents=True)
    (installed_there / "__init__.py").write_text("")
    assert git_state(installed_there)["git_sha"] is None


def test_a_copied_tree_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git the commit comes from the environment, and must be one."""
    monkeypatch.delenv("BENCH_GIT_SHA", raising=False)
    assert git_state(tmp_path)["git_sha"] is None
    monkeypatch.setenv("BENCH_GIT_SHA", "0123456789" * 4)
    stated = {"git_sha": "0123456789" * 4, "dirty": None, "diff": None, "untracked": None}
    assert git_state(tmp_path) == stated
    for wrong in ("main", "0123", "A" * 40, "0" * 41):
        monkeypatch.setenv("BENCH_GIT_SHA", wrong)
        with pytest.raises(ConfigError, match=f"BENCH_GIT_SHA={wrong}: must be a commit"):
            git_state(tmp_path)


def test_the_checkouts_commit_counts_before_what_is_stated(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that was left over does not hide where the code is from."""
    monkeypatch.setenv("BENCH_GIT_SHA", "0" * 40)
    assert git_state(checkout)["git_sha"] == git(checkout, "rev-parse", "HEAD").strip()


def test_constraints_are_the_checkouts(checkout: Path) -> None:
    """FIPS 180-2, appendix B.1; a package that is installed as a wheel has none."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert constraints_hash(checkout) == digest
    (checkout.parents[1] / "pyproject.toml").unlink()
    assert constraints_hash(checkout) is None


CPUINFO = """\
processor\t: 0
model name\t: Some CPU @ 2.00GHz
flags\t\t: fpu sse4_2 avx avx2 avx512f amx_bf16 hypervisor

processor\t: 1
model name\t: Another
flags\t\t: fpu
"""


def test_the_processor_of_linux() -> None:
    """The first one, as the kernel lists it; only what kernels are chosen by."""
    found = processor(CPUINFO)
    assert found["cpu"] == "Some CPU @ 2.00GHz"
    assert found["instructions"] == ["amx_bf16", "avx", "avx2", "avx512f", "sse4_2"]
    assert processor("")["cpu"]


def test_what_nvidia_smi_prints() -> None:
    """`--format=csv,noheader,nounits` of a driver, and of one that hides its clocks."""
    clocks = {"sm": 345, "sm_max": 1980, "memory": 2619, "memory_max": 2619}
    assert parse_smi("580.159.04, 345, 1980, 2619, 2619\n") == ("580.159.04", clocks)
    hidden = parse_smi("550.54.15, [N/A], 1980, [Not Supported], 2619\n0, 0, 0, 0, 0\n")
    assert hidden == ("550.54.15", {**clocks, "sm": None, "memory": None})
    assert parse_smi("No devices were found\n") == (None, None)


def test_processes_that_share_a_gpu() -> None:
    """The server of MPS computes nothing itself; where all are hidden, nothing is known."""
    assert computing("/usr/bin/python3\n/usr/bin/python3\nnvidia-cuda-mps-server\n") == 2
    assert computing("python3\n") == 1
    assert computing("") is None
    assert computing("nvidia-cuda-mps-server\n") is None


@pytest.mark.parametrize(("then", "now", "told"), [(1, 2, 2), (3, 2, 3), (None, 2, 2), (1, 0, 1)])
def test_the_most_that_shared_a_gpu_count(
    then: int | None, now: int, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start of a run and at its end, by what nvidia-smi prints; nothing without a GPU."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n" + "echo python3\n" * now)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    facts = {"gpu": "H200", "gpu_processes": then}
    assert busiest(facts) == {"gpu": "H200", "gpu_processes": told}
    assert busiest({"gpu": None, "gpu_processes": None}) == {"gpu": None, "gpu_processes": None}


def test_without_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name stays, clocks are null; without a GPU all are."""
    monkeypatch.setenv("PATH", str(tmp_path))
    known = {"gpu": "H100", "driver": loaded_driver()}
    assert gpu_facts("H100") == {**known, "gpu_clocks": None, "gpu_processes": None}
    assert set(gpu_facts(None).values()) == {None}


def test_the_drivers_line_without_its_builder() -> None:
    """Two lines as the kernel modules write them; the builder's account is left out."""
    opened = (
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  "
        "(someone@somewhere)  Tue 1 Jan 2026\nGCC version: 15.2.0\n"
    )
    assert loaded_driver(opened) == "580.159.04"
    closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 2023\n"
    assert loaded_driver(closed) == "535.104.05"
    assert loaded_driver("") is None


def test_what_torch_was_told() -> None:
    """As torch itself says it; and it is not imported for that."""
    import torch

    found = torch_facts()
    assert found["cuda"] == torch.version.cuda
    assert found["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    held = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("high")
        assert torch_facts()["arithmetic"]["matmul"] == "high"
    finally:
        torch.set_float32_matmul_precision(held)
    code = (
        "import sys; from bench.store.provenance import provenance; "
        "assert provenance(1, None)['arithmetic'] is None; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_whole() -> None:
    """Every fixed field is there, packages are those of this Python, and it is JSON."""
    import numpy as np

    found = provenance(3, None)
    assert set(FIXED) <= found.keys()
    assert found["threads"] == 3
    assert found["python"] == platform.python_version()
    assert found["packages"]["numpy"] == np.__version__
    assert installed(("no-such-package-at-all",)) == {}
    json.dumps(found, allow_nan=False)


def test_nobody_is_named() -> None:
    """Neither the host nor the user nor their folders stand in a record."""
    text = json.dumps(provenance(1, "GPU"))
    home = str(Path.home())
    names = {name for name in (socket.gethostname(), getpass.getuser(), home) if len(name) > 4}
    assert not [name for name in names if name in text]
    assert str(Path(__file__).parents[2]) not in text
