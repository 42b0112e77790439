"""Peaks of memory are a run's own, whatever the process did before."""

from __future__ import annotations

import gc
import os
import weakref

import numpy as np
import pytest
import torch
from torch import nn

from bench import measure
from bench.measure import forget_earlier_runs, free_unused, memory_peaks, resident_peak

LARGE = 256 * 2**20
"""Bytes, far above what else a test process takes and gives back."""


def take_much() -> None:
    """Touch every page of a large array, and give it back."""
    np.ones(LARGE // 8)


@pytest.mark.skipif(
    not os.access(measure.FORGET, os.W_OK), reason="this system counts no peak anew"
)
def test_a_peak_of_an_earlier_run_is_forgotten() -> None:
    """What a process took before is in the peak until a run begins, and not in that run's."""
    forget_earlier_runs()
    before = resident_peak()
    take_much()
    assert resident_peak() > before + LARGE / 2
    forget_earlier_runs()
    assert resident_peak() < before + LARGE / 2
    take_much()
    assert memory_peaks()["rss_peak"] > before + LARGE / 2


def test_what_holds_itself_is_freed() -> None:
    """A model in a circle, as with hooks, stays in memory until it is looked for."""
    gc.disable()
    try:
        model = nn.Linear(2, 2)
        model.itself = [model]
        left = weakref.ref(model)
        del model
        assert left() is not None
        free_unused()
        assert left() is None
    finally:
        gc.enable()


def test_without_linux_the_peak_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc the system's own count stands."""
    monkeypatch.setattr(measure, "STATUS", measure.STATUS / "missing")
    monkeypatch.setattr(measure, "FORGET", measure.FORGET / "missing")
    forget_earlier_runs()
    assert resident_peak() > 10 * 2**20


def test_without_a_gpu_its_peaks_are_not_known() -> None:
    """Nothing stands where nothing was measured."""
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    peaks = memory_peaks()
    assert peaks["allocated_peak"] is None
    assert peaks["reserved_peak"] is None
