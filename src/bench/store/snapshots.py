"""Where a run keeps its trained tensors as they were during training (`snapshots=true`)."""

from __future__ import annotations

from pathlib import Path

FOLDER = "snapshots"


def snapshot_path(run: Path, step: int) -> Path:
    """The snapshot behind `step` optimizer steps, in the folder of a run."""
    return run / FOLDER / f"step-{step}.safetensors"


def snapshots(run: Path) -> dict[int, Path]:
    """The snapshots of a run by their step, in the order of the steps."""
    found = {
        int(path.stem.removeprefix("step-")): path
        for path in (run / FOLDER).glob("step-*.safetensors")
        if path.stem.removeprefix("step-").isdecimal()
    }
    return dict(sorted(found.items()))
