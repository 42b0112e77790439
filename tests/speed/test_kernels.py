"""Kernels of a step, by kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bench.speed.kernels import kernels_of, kind_of, profiled
from bench.speed.results import Kernels
from bench.speed.show import as_text
from bench.speed.table import profile
from tests.speed.conftest import example

if TYPE_CHECKING:
    from bench.speed.results import Speed


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("nvjet_sm90_tst_96x64_64x8_4x2_h_bz_NNN", "products"),
        ("void cutlass::Kernel2<cutlass_80_simt_sgemm_128x64_8x5_nn_align1>", "products"),
        ("void pytorch_flash::flash_bwd_kernel<Flash_bwd<cutlass::bfloat16_t>>", "attention"),
        ("fmha_cutlassF_f32_aligned_64x64_rf_sm80(PyTorchMemEffAttention::Params)", "attention"),
        ("triton_poi_fused__to_copy_add_mul_pow_tanh_view_6", "fused"),
        ("Memset (Device)", "copies"),
        ("void at::native::vectorized_elementwise_kernel<4, FillFunctor<float>>", "others"),
    ],
)  # fmt: skip
def test_kinds_are_told_from_names(name: str, kind: str) -> None:
    """Names that were seen on an H100; kernels of attention are written with cutlass too."""
    assert kind_of(name) == kind


def test_counts_and_times_are_those_of_one_step() -> None:
    """Of two steps: 3 products of 100 us each in all, and a fused kernel of 50."""
    found = kernels_of([("gemm_a", 4, 400.0), ("gemm_b", 2, 200.0), ("triton_c", 2, 100.0)], 2)
    assert found is not None
    assert (found.count, found.busy_ms) == (4.0, pytest.approx(0.35))
    assert found.parts == pytest.approx({"products": 0.3, "fused": 0.05})
    assert kernels_of([], 2) is None


def test_without_a_gpu_nothing_is_profiled(start_of: Callable[..., Any]) -> None:
    """And no pass is taken for it."""
    runner = start_of("task=e2e", "method=lora").runner("eager")
    assert profiled(runner) is None
    assert runner.losses == []


def test_a_profile_is_that_of_the_fastest_way(speed: Speed) -> None:
    """The longest kind first; a measurement without profiles has no such table."""
    assert profile(speed) is None
    first = speed.methods[0]
    kernels = Kernels(count=1037.2, busy_ms=4.5, parts={"fused": 1.5, "products": 3.0})
    ways = [{**vars(way), "kernels": kernels if way.way == "graph" else None} for way in first.ways]
    one = example(methods=({**vars(first), "ways": ways},))
    found = profile(one)
    assert found is not None
    assert found.heads == (
        "method", "way", "kernels", "products, ms", "fused, ms", "between, ms", "step, ms",
    )  # fmt: skip
    assert found.rows == (("loda", "graph", "1,037", "3.0", "1.5", "0.5", "5.0"),)
    assert as_text(one).endswith("0.5         5.0")
