"""What the smoke test needs of a machine, got where that can be done."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel", "scontrol", "squeue")
PACKAGES = ("slurm-wlm", "munge")
"""Debian's names."""
PLUGIN = "hydra_plugins.hydra_submitit_launcher"


class NotHere(Exception):  # noqa: N818  (nothing went wrong: it cannot be tried on this machine)
    """Why Slurm cannot be tried here, in one line."""


def get() -> None:
    """Install what is missing, or raise NotHere."""
    if not sys.platform.startswith("linux"):
        raise NotHere(f"Slurm runs on Linux, this is {sys.platform}")
    if os.geteuid() != 0:
        raise NotHere("the daemons of a cluster of one's own are started by root")
    if importlib.util.find_spec(PLUGIN) is None:
        raise NotHere("hydra-submitit-launcher is not installed; pip install '.[launchers]'")
    if not missing():
        return
    if shutil.which("apt-get") is None:
        raise NotHere(f"no {', '.join(missing())}, and no apt-get to install them")
    print(f"installing {' and '.join(PACKAGES)}", flush=True)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        _apt(command)
    if missing():
        raise NotHere(f"no {', '.join(missing())} behind apt-get install {' '.join(PACKAGES)}")


def missing() -> list[str]:
    """The programs that are not there."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def _apt(command: list[str]) -> None:
    """Run apt-get without questions; its last line is the reason where it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", *command], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise NotHere(f"apt-get {command[0]} failed: {said[-1]}")
