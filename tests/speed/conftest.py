"""Methods at their start on a tiny model, and the command on one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cells import compose_settings

if TYPE_CHECKING:
    from bench.speed.results import Speed
    from bench.speed.ways import Start

TINY = (
    "model=tiny_gpt2", "batches=2", "warmup=1", "rounds=1", "padded=256", "queries=2", "threads=1",
    "train.batch_size=2", "decode.max_new_tokens=4", "train.limit=16",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.training import token_cache

    monkeypatch.setattr(token_cache, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def start_of() -> Callable[..., Start]:
    """A method at its start, with what trains moved away from there by `moved`."""

    def made(*overrides: str, moved: float = 0.0, batches: int = 2) -> Start:
        import torch

        from bench.config import cell_from
        from bench.speed.base import Base
        from bench.speed.measurement import measurement
        from bench.speed.settings import Settings

        given = {text.partition("=")[0] for text in overrides}
        small = ("model=tiny_gpt2", "train.limit=16", "train.batch_size=2", "threads=1")
        kept = [text for text in small if text.partition("=")[0] not in given]
        cell = cell_from(compose_settings("data=synthetic", *kept, *overrides))
        shared = measurement(cell, Settings(batches=batches), torch.device("cpu"))
        start = shared.start(cell, Base(read=shared.read, autocast=shared.autocast))
        generator = torch.Generator().manual_seed(1)
        for tensor in start.values.values():
            tensor.add_(moved * torch.randn(tensor.shape, generator=generator))
        start.attached.load_state(start.values)
        return start

    return made


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """The exit code of the command, and its results folder."""
    from bench.speed.__main__ import main

    def run(*words: str) -> tuple[int, Path]:
        given = {word.partition("=")[0] for word in words}
        kept = [word for word in TINY if word.partition("=")[0] not in given]
        folder = tmp_path / "results"
        return main([*kept, *words, f"paths.results={folder}"]), folder

    return run


@pytest.fixture
def speed() -> Speed:
    """A measurement with round numbers."""
    return example()


def example(**changes: Any) -> Speed:
    """Two methods: one in three ways, one that the model cannot have."""
    from bench.speed.results import (
        Agreement,
        Decoding,
        Memory,
        MethodSpeed,
        Peak,
        Speed,
        WaySpeed,
    )

    eager = WaySpeed(
        way="eager",
        step_ms=20.0,
        tokens_per_second=1000.0,
        utilisation=0.004,
        memory=Memory(allocated_peak=3 << 20, reserved_peak=4 << 20),
        seconds=(0.04,),
        losses=(2.0, 1.5),
    )
    agreement = Agreement(first=0.0, largest=2e-4, steps=2, tolerance=1e-3, holds=True)
    graph = WaySpeed(
        way="graph",
        step_ms=5.0,
        tokens_per_second=4000.0,
        utilisation=0.016,
        memory=Memory(allocated_peak=5 << 20, reserved_peak=6 << 20),
        seconds=(0.01,),
        losses=(2.0, 1.5),
        agreement=agreement,
    )
    peft = WaySpeed(way="peft", reason="HF PEFT has no such method")
    values: dict[str, Any] = {
        "schema": 1,
        "command": ("python", "-m", "bench.speed"),
        "created": "2026-01-01T00:00:00+00:00",
        "model": "tiny_gpt2",
        "title": "Tiny GPT-2 (random)",
        "drawn": False,
        "values": 118_272,
        "multiplied": 69_120,
        "device": "Device 1",
        "precision": "fp32",
        "batch_size": 8,
        "settings": {"rounds": 1, "batches": 2, "dropout": "off", "task": "e2e", "data": "hub"},
        "peak": Peak(flops=1e12, source="measured"),
        "methods": (
            MethodSpeed(
                method="loda", trained=1664, refused=None, tokens=40, ways=(eager, graph, peft)
            ),
            MethodSpeed(method="bitfit", trained=0, refused="no bias here", tokens=0, ways=()),
        ),
        "decoding": Decoding(
            inputs=4,
            ours=0.25,
            plain=0.5,
            same=0.75,
            how={"step": "graph"},
            settings={"beams": 10},
        ),
        "provenance": {},
    }
    return Speed(**{**values, **changes})


def only(folder: Path) -> Speed:
    """The one measurement below a folder."""
    from bench.speed.files import load, paths

    (path,) = paths(folder)
    return load(path)
