"""A Slurm cluster of one node on loopback, for the length of a `with` block.

munged, slurmctld and slurmd run in the foreground of this process, with keys, state and logs
in a temporary folder. Whatever ends the block, they end too and the folder is removed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import psutil

from tests.slurm.needs import NotHere

TEMPLATE = Path(__file__).with_name("slurm.conf")
PATIENCE = 60.0
"""Seconds for a daemon to answer, or to end."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What commands need to reach the cluster."""

    folder: Path
    environment: dict[str, str]
    daemons: tuple[subprocess.Popen[bytes], ...]

    def ask(self, *command: str) -> str:
        """What one of Slurm's programs prints."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True,
            timeout=PATIENCE,
        ).stdout  # fmt: skip

    def running(self) -> list[str]:
        """Numbers of the jobs that run."""
        return self.ask("squeue", "--noheader", "--states=R", "--format=%A").split()

    def states(self) -> dict[str, str]:
        """State of every job that the controller remembers, by its number, once none is left."""
        wait_for(lambda: not self.ask("squeue", "--noheader").strip(), PATIENCE)
        lines = self.ask("scontrol", "--oneliner", "show", "job").splitlines()
        told = [dict(part.split("=", 1) for part in line.split() if "=" in part) for line in lines]
        return {job["JobId"]: job["JobState"] for job in told if "JobId" in job}

    def listening(self) -> set[str]:
        """Addresses that daemons and jobs listen on."""
        found: set[str] = set()
        for daemon in self.daemons:
            process = psutil.Process(daemon.pid)
            for one in (process, *process.children(recursive=True)):
                try:
                    open_sockets = one.net_connections(kind="inet")
                except psutil.NoSuchProcess:
                    continue
                found |= {held.laddr.ip for held in open_sockets if held.status == "LISTEN"}
        return found


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a cluster, and stop it again; NotHere where its daemons do not come up."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bench-slurm-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # munged lets nobody in where a folder above its socket does not
        config = configure(folder)
        environment = {**os.environ, "SLURM_CONF": str(config)}
        for name in [name for name in environment if name.startswith(("SBATCH_", "SQUEUE_"))]:
            del environment[name]
        daemons = []
        for command, answers in (
            (munged(folder), ["munge", f"--socket={folder}/munge.socket", "--no-input"]),
            (["slurmctld", "-D", "-c", "-f", str(config)], ["scontrol", "ping"]),
            (["slurmd", "-D", "-f", str(config)], ["srun", "--immediate=5", "true"]),
        ):
            log = folder / f"{command[0]}.log"
            with log.open("wb") as file:
                daemon = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
            stack.callback(_stop, daemon)
            wait_for_daemon(daemon, answers, environment, log)
            daemons.append(daemon)
        here = Cluster(folder=folder, environment=environment, daemons=tuple(daemons))
        stack.callback(_empty, here)
        yield here


def configure(folder: Path) -> Path:
    """Write keys and settings of a cluster into `folder`; the path of its slurm.conf."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    settings = {
        "host": socket.gethostname().partition(".")[0],
        "folder": folder,
        **dict(zip(("controller_port", "node_port"), free_ports(2), strict=True)),
    }
    path = folder / "slurm.conf"
    path.write_text(Template(TEMPLATE.read_text()).substitute(settings))
    return path


def munged(folder: Path) -> list[str]:
    """The command that starts the daemon of authentication, with all its files in `folder`."""
    files = {"socket": "socket", "key-file": "key", "log-file": "messages", "pid-file": "pid",
             "seed-file": "seed"}  # fmt: skip
    given = [f"--{option}={folder}/munge.{name}" for option, name in files.items()]
    return ["munged", "--foreground", *given]


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, all different."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]


def wait_for_daemon(
    daemon: subprocess.Popen[bytes], answers: list[str], environment: dict[str, str], log: Path
) -> None:
    """Return once the command `answers` succeeds; NotHere, in the daemon's words, otherwise."""

    def up() -> bool:
        if daemon.poll() is not None:
            return True
        asked = subprocess.run(answers, env=environment, capture_output=True, check=False)
        return asked.returncode == 0 and b"DOWN" not in asked.stdout

    if not wait_for(up, PATIENCE) or daemon.poll() is not None:
        said = [line for line in log.read_text(errors="replace").splitlines() if "rror" in line]
        raise NotHere(f"{log.stem} does not come up: {'; '.join(said[-3:]) or 'it says nothing'}")


def wait_for(true: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def _empty(here: Cluster) -> None:
    """Cancel what still runs, so that no job outlives its cluster."""
    try:
        here.ask("scancel", "--user=root", "--signal=KILL", "--full")
        here.ask("scancel", "--user=root")
        wait_for(lambda: not here.ask("squeue", "--noheader").strip(), PATIENCE)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"slurm-smoke: jobs may be left: {error}", flush=True)


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
