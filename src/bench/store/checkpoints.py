"""Checkpoints of a training: files that are whole or named as damaged. No torch.

    step-120.safetensors   tensors
    step-120.json          step, SHA-256 of the tensors, the rest of the state, its own SHA-256

The JSON file is written last: without it there is no checkpoint. The last two are kept, so
that a damaged newest one costs the steps since the one before.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import StoreError
from bench.store.files import write_atomic

KEPT = 2
"""Checkpoints that stay."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The state of a training behind `step`."""

    step: int
    tensors: bytes
    """In the format of safetensors."""
    layout: Any
    """Plain data: everything but the tensors."""


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints in one folder."""

    folder: Path

    def write(self, checkpoint: Checkpoint) -> None:
        """Add a checkpoint, and remove those before the last two."""
        stem = self.folder / f"step-{checkpoint.step}"
        write_atomic(stem.with_suffix(".safetensors"), checkpoint.tensors)
        held = {
            "step": checkpoint.step,
            "tensors": hashlib.sha256(checkpoint.tensors).hexdigest(),
            "layout": checkpoint.layout,
        }
        text = json.dumps({"sha256": _digest(held), **held})
        write_atomic(stem.with_suffix(".json"), text + "\n")
        for step in self.steps()[KEPT:]:
            self._remove(step)

    def steps(self) -> list[int]:
        """The steps behind which there are checkpoints, the newest first."""
        named = [path.stem.removeprefix("step-") for path in self.folder.glob("step-*.json")]
        return sorted((int(name) for name in named if name.isdecimal()), reverse=True)

    def read(self, step: int) -> Checkpoint:
        """The checkpoint behind `step`; a StoreError that names the file where it is damaged."""
        path = self.folder / f"step-{step}.json"
        try:
            held = json.loads(path.read_bytes())
            digest = held.pop("sha256")
            if digest != _digest(held) or held["step"] != step:
                raise StoreError(f"{path}: damaged, its content does not have its checksum")
            path = path.with_suffix(".safetensors")
            tensors = path.read_bytes()
        except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{path}: damaged, cannot be read ({error})") from None
        if hashlib.sha256(tensors).hexdigest() != held["tensors"]:
            raise StoreError(f"{path}: damaged, its content does not have its checksum")
        return Checkpoint(step=step, tensors=tensors, layout=held["layout"])

    def clear(self) -> None:
        """Remove all, once what they led to is on disk."""
        for step in self.steps():
            self._remove(step)
        for path in self.folder.glob("step-*.safetensors"):
            path.unlink(missing_ok=True)

    def _remove(self, step: int) -> None:
        for suffix in (".json", ".safetensors"):
            (self.folder / f"step-{step}{suffix}").unlink(missing_ok=True)


def _digest(held: dict[str, Any]) -> str:
    """SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
