"""LoDA and LoDA₊ against the paper's equations, in its own row vectors and with numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench.check import build
from bench.methods.loda import Bottleneck, Loda, LodaPlus

OUT, IN, RANK, ALPHA = 24, 20, 6, 9.0
KINDS = {"loda": Loda, "loda_plus": LodaPlus}
OPTIONS = [
    ("loda", {}),
    ("loda", {"norm": "first"}),
    ("loda_plus", {}),
    ("loda_plus", {"norm": "first"}),
    ("loda_plus", {"f2": "ln_act"}),
]

Array = NDArray[np.float64]


def update(name: str, **options: Any) -> Bottleneck:
    """alpha ≠ rank, so that a missing scaling shows."""
    return build(KINDS[name], {"rank": RANK, "alpha": ALPHA, **options}, "method")


def moved() -> dict[str, torch.Tensor]:
    """Tensors away from their start, in fp64."""
    generator = torch.Generator().manual_seed(1)
    shapes = {"A": (RANK, IN), "B": (OUT, RANK), "M1": (RANK, RANK), "M2": (RANK, RANK)}
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def inputs() -> torch.Tensor:
    """Seven input vectors."""
    generator = torch.Generator().manual_seed(2)
    return torch.randn(7, IN, generator=generator, dtype=torch.float64)


def leaky(v: Array) -> Array:
    """LeakyReLU with a fixed slope of 0.8 (section 3.1)."""
    return np.where(v > 0, v, 0.8 * v)


def norm(v: Array) -> Array:
    """Layer norm that does not train, with torch's eps."""
    return (v - v.mean(-1, keepdims=True)) / np.sqrt(v.var(-1, keepdims=True) + 1e-5)


def paper(name: str, x: Array, t: dict[str, Array], options: dict[str, str]) -> Array:
    """Δh of equations 1 and 2: x (n, d) times A (d, r), B (r, d) and two (r, r) matrices."""
    A, B, M1, M2 = (t[key].T for key in ("A", "B", "M1", "M2"))
    hidden = x @ A @ M1
    f1 = leaky(leaky(norm(hidden) if options.get("norm") == "first" else hidden) @ M2)
    if name == "loda":
        return x @ A @ B + f1 @ B
    v = f1 @ B
    return x @ A @ B + leaky(norm(v) if options.get("f2") == "ln_act" else v)


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_equation(name: str, options: dict[str, str]) -> None:
    """The change of y is alpha / rank times the paper's Δh."""
    x, t = inputs(), moved()
    found = update(name, **options).forward(x, lambda _: 0.0, t, lambda v: v)
    expected = paper(name, x.numpy(), {k: v.numpy() for k, v in t.items()}, options)
    np.testing.assert_allclose(found.numpy(), ALPHA / RANK * expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", KINDS)
def test_without_the_last_bottleneck_matrix_it_is_lora(name: str) -> None:
    """M2 = 0 leaves B A x: the paper's special case."""
    x, t = inputs(), moved()
    t["M2"].zero_()
    torch.testing.assert_close(update(name).change(x, t), x @ t["A"].T @ t["B"].T)


@pytest.mark.parametrize("name", KINDS)
def test_without_a_bend_it_is_lora_with_another_b(name: str) -> None:
    """A slope of 1 and no norm leave B (I + M2 M1) A x."""
    x, t = inputs(), moved()
    other = t["B"] @ (torch.eye(RANK, dtype=torch.float64) + t["M2"] @ t["M1"])
    straight = update(name, slope=1 - 1e-12).change(x, t)
    torch.testing.assert_close(straight, x @ t["A"].T @ other.T)


def test_only_a_norm_breaks_the_scale() -> None:
    """Δy(2x) = 2 Δy(x) with activations alone, which bend at 0; not with a norm behind B."""
    x, t = inputs(), moved()
    for name in KINDS:
        torch.testing.assert_close(update(name).change(2 * x, t), 2 * update(name).change(x, t))
    normed = update("loda_plus", f2="ln_act")
    assert (normed.change(2 * x, t) - 2 * normed.change(x, t)).abs().max() > 0.1


def test_norm_behind_b_jumps_at_the_start() -> None:
    """With f2=ln_act a B of any small size adds a vector of length near √o; f2=act does not."""
    x, t = inputs(), moved()
    start = {**t, "B": torch.zeros_like(t["B"])}
    moment = {**t, "B": 0.01 * t["B"]}
    for f2, low, high in (("act", 0.0, 0.5), ("ln_act", 0.8, 1.1)):
        plus = update("loda_plus", f2=f2)
        assert plus.change(x, start).abs().max() == 0
        length = plus.change(x, moment).norm(dim=1).mean() / OUT**0.5
        assert low < length < high


def test_count_of_the_paper() -> None:
    """2 (r d + r²) L with d = 1024, r = 4, L = 48: 394,752, which the paper prints as 0.38M."""
    for kind in KINDS.values():
        assert 48 * kind(rank=4, alpha=32).count(1024, 1024) == 394_752
