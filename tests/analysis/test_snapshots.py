"""`snapshots=true`: what is kept, and that it names no other run."""

from __future__ import annotations

import pytest
import safetensors.torch
import torch

from bench.config import cell_from
from bench.errors import ConfigError, StoppedError
from bench.identity import identify
from bench.run import run
from bench.store.snapshots import snapshot_path, snapshots
from tests.analysis.conftest import Study, small
from tests.cells import compose_settings

DATA = {"train": "a" * 64, "validation": "b" * 64, "test": "c" * 64}


def test_they_change_no_identity() -> None:
    """The same run_id with and without, as for a run that was made before there were any."""
    settings = compose_settings("method=lora")
    with_them = identify(cell_from({**settings, "snapshots": True}), DATA, "w")
    assert identify(cell_from(settings), DATA, "w") == with_them
    del settings["snapshots"]
    assert identify(cell_from(settings), DATA, "w") == with_them


def test_one_at_every_validation_pass(study: Study) -> None:
    """Steps 2 and 4 of 4; the last is the adapter, the first is on the way to it."""
    folder = study.folder / "runs" / study.run_ids["lora"]
    kept = snapshots(folder)
    assert list(kept) == [2, 4]
    adapter = safetensors.torch.load_file(folder / "adapter.safetensors")
    first, last = (safetensors.torch.load_file(path) for path in kept.values())
    assert adapter.keys() == first.keys() == last.keys()
    assert all(torch.equal(adapter[name], last[name]) for name in adapter)
    assert not any(torch.equal(adapter[name], first[name]) for name in adapter)


def test_none_unless_asked(tmp_path) -> None:
    """And the trained tensors are the same to the bit."""
    for name, wanted in (("without", "false"), ("with", "true")):
        with pytest.raises(StoppedError):
            run(
                cell_from(
                    compose_settings(
                        *small(tmp_path / name, "stop_after=fit", f"snapshots={wanted}")
                    )
                )
            )
    (without,), (kept,) = ((tmp_path / name / "runs").iterdir() for name in ("without", "with"))
    assert snapshots(without) == {}
    assert len(snapshots(kept)) == 2
    assert without.name == kept.name
    held = [(folder / "adapter.safetensors").read_bytes() for folder in (without, kept)]
    assert held[0] == held[1]


def test_only_snapshots_are_found(tmp_path) -> None:
    """In the order of their steps, as numbers; a file that is being written is none."""
    for step in (10, 9, 100):
        snapshot_path(tmp_path, step).parent.mkdir(exist_ok=True)
        snapshot_path(tmp_path, step).write_bytes(b"")
    (tmp_path / "snapshots" / ".step-11.safetensors.x1").write_bytes(b"")
    (tmp_path / "snapshots" / "step-best.safetensors").write_bytes(b"")
    assert list(snapshots(tmp_path)) == [9, 10, 100]


def test_it_is_a_switch() -> None:
    """A number is refused in one line."""
    with pytest.raises(ConfigError, match="snapshots=2"):
        cell_from({**compose_settings(), "snapshots": 2})
