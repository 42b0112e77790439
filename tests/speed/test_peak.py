"""What a device can do at best."""

from __future__ import annotations

import time

import pytest
import torch

from bench.speed.peak import measured, peak_of


@pytest.mark.parametrize(
    ("name", "precision", "flops"),
    [
        ("NVIDIA H100 80GB HBM3", "bf16", 989.4e12),
        ("NVIDIA H100 PCIe", "fp32", 51.2e12),
        ("NVIDIA H200", "tf32", 494.7e12),
        ("NVIDIA A100-SXM4-80GB", "bf16", 312e12),
    ],
)
def test_known_gpus_have_their_data_sheet(
    monkeypatch: pytest.MonkeyPatch, name: str, precision: str, flops: float
) -> None:
    """Dense rates, without sparsity."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: name)
    peak = peak_of(torch.device("cuda"), precision)
    assert peak.flops == pytest.approx(flops)
    assert peak.source == "data sheet"


def test_an_unknown_device_is_measured_by_a_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that moves by a second a look: 2 · 1024³ operations in one second."""
    clock = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    assert measured(torch.device("cpu"), "fp32") == pytest.approx(2 * 1024**3)
    assert peak_of(torch.device("cpu"), "fp32").source == "measured"
