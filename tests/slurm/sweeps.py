"""One sweep of tiny cells as a person starts it, and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.slurm.cluster import Cluster

TINY = (
    "hydra/launcher=submitit_slurm", "hydra.launcher.timeout_min=30", "task=gsm8k",
    "model=tiny_llama", "train.batch_size=2", "train.limit=16", "train.validation_limit=4",
    "eval.limit=4", "decode.beams=1", "decode.max_new_tokens=4", "device=cpu", "threads=1",
)  # fmt: skip
LONGEST = 600.0
"""Seconds for a sweep."""


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.text}"


class Sweep:
    """A sweep with folders of its own below the cluster's."""

    def __init__(self, here: Cluster, name: str, *settings: str) -> None:
        self._here = here
        self._home = here.folder / name
        places = (f"paths.results={self._home}/results", f"paths.runs={self._home}/runs")
        self._command = [sys.executable, "-m", "bench", "-m", *TINY, *settings, *places]
        self._environment = {
            **here.environment,
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }

    def run(self) -> Said:
        """Run it to its end."""
        with self.started() as process:
            text, _ = process.communicate(timeout=LONGEST)
            return Said(process.returncode, text)

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[str]]:
        """A process of it, which has ended when the block ends."""
        process = subprocess.Popen(
            self._command, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def records(self) -> list[dict[str, Any]]:
        """The records, in the order of their paths."""
        paths = sorted(self._home.glob("results/*/*/*/*.json"))
        return [json.loads(path.read_text()) for path in paths]

    def checkpoints(self) -> list[Path]:
        """Checkpoints of the runs that are not done."""
        return sorted(self._home.glob("runs/*/checkpoints/*.json"))

    def logs(self) -> list[str]:
        """What the jobs printed, by submitit."""
        return [path.read_text() for path in sorted(self._home.glob("runs/sweeps/**/*_log.out"))]

    def run_logs(self) -> list[str]:
        """The logs in the folders of the runs."""
        return [path.read_text() for path in sorted(self._home.glob("runs/*/log.txt"))]

    def results(self) -> list[dict[str, Any]]:
        """Of each record what is computed, files by their hashes; times are none of it."""
        kept = ("run_id", "status", "metrics", "history", "params", "sampling_error")
        return [
            {**{key: record[key] for key in kept},
             "files": {name: held["sha256"] for name, held in record["artifacts"].items() if held}}
            for record in self.records()
        ]  # fmt: skip
