"""Torch compiles quickly what it compiled before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.utils import counters

from bench.models.compiled import compiled, compiling_quickly
from bench.tensors.thin import thin


class Scaled(nn.Module):
    """A narrow product, times a number."""

    def __init__(self, scaling: float) -> None:
        super().__init__()
        self.scaling = scaling
        self.narrow = nn.Parameter(torch.ones(4, 16))

    def forward(self, x: Tensor) -> Tensor:
        """(..., 16) -> (..., 4)."""
        return thin(x, self.narrow) * self.scaling


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests and runs compiled is not there; what is compiled here is not left."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch._dynamo.reset()
    counters.clear()


def gradient(module: Scaled) -> Tensor:
    """Of the sum of the results, as compiled code has it."""
    with compiled([module], "inductor"):
        return torch.autograd.grad(module(torch.ones(3, 16)).sum(), [module.narrow])[0]


@pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "clang++"))), reason="there is no compiler of C++ here"
)
@pytest.mark.usefixtures("own_cache")
def test_code_with_autograd_functions_is_compiled_once() -> None:
    """A process that has forgotten it finds it on disk, and computes the same."""
    found = gradient(Scaled(0.5))
    assert counters["aot_autograd"]["autograd_cache_saved"] == 1
    torch._dynamo.reset()
    again = gradient(Scaled(0.5))
    assert counters["aot_autograd"]["autograd_cache_hit"] == 1
    torch.testing.assert_close(found, torch.full((4, 16), 1.5))
    assert torch.equal(again, found)


@pytest.mark.usefixtures("own_cache")
def test_a_number_is_written_into_the_code() -> None:
    """What was compiled with another number is other code, and right."""
    traced: list[torch.fx.GraphModule] = []

    def backend(code: torch.fx.GraphModule, _: list[Tensor]) -> torch.fx.GraphModule:
        traced.append(code)
        return code

    module = Scaled(0.5)
    for scaling in (0.5, 0.25, 0.125):
        module.scaling = scaling
        with compiled([module], backend):
            torch.testing.assert_close(module(torch.ones(1, 16)), torch.full((1, 4), 16 * scaling))
    assert len(traced) == 3


def test_torch_is_left_as_it_was() -> None:
    """Settings of the compiler hold for what is compiled here alone."""
    before = torch._dynamo.config.specialize_float
    with compiling_quickly():
        assert torch._dynamo.config.specialize_float is True
    assert torch._dynamo.config.specialize_float is before
