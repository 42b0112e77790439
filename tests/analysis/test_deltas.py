"""ΔW and the multiplier of attached methods against their equations written out."""

from __future__ import annotations

import pytest
import torch

from bench.analysis.deltas import merged, multiplier
from bench.analysis.spectra import numerical_rank
from bench.attach.attach import Attached, adapted_maps
from bench.methods.base import Update
from tests.methods.every import FILES, attached, method

UPDATES = [
    name for name in FILES if method(name).update is not None and "merge" not in method(name).lacks
]


def stirred(made: Attached) -> Attached:
    """Every trained tensor moved, as training would."""
    generator = torch.Generator().manual_seed(0)
    for tensor in made.trained().values():
        tensor.data += 0.1 * torch.randn(tensor.shape, generator=generator)
    return made


def rank(M: torch.Tensor) -> int:
    return numerical_rank(torch.linalg.svdvals(M.detach()), M.shape)


@pytest.mark.parametrize("name", UPDATES)
def test_every_update_merges_in_float64(name: str) -> None:
    """What is subtracted from W is the merged weight, to more digits than fp32 has."""
    made = stirred(attached(method(name), "tiny_llama"))
    for module in adapted_maps(made.model).values():
        precise = merged(module)
        assert precise.dtype == torch.float64
        assert torch.allclose(precise.float(), module.merged(), rtol=1e-4, atol=1e-5)


def test_lora_and_lorma_plus_have_rank_r() -> None:
    """Table 15 prints 8 for both; the factors are those of the equations, in float64."""
    for name in ("lora", "lorma_plus"):
        made = stirred(attached(method(name, rank=8, alpha=16), "tiny_gpt2"))
        for module in adapted_maps(made.model).values():
            W = module.base.weight.double()
            product = 2 * module.adapter["B"].double() @ module.adapter["A"].double()
            expected = product if name == "lora" else product @ W
            update = merged(module) - W
            assert torch.allclose(update, expected, rtol=0, atol=1e-14)
            assert rank(update) == 8


def test_the_multiplier_reproduces_the_merged_weight() -> None:
    """T W (pre) and W T (post), T = I + s B A; beside trained norms T is that of V.

    LLaMA's value is 24 × 48, so that the two orders have multipliers of two sizes.
    """
    for options in ({"order": "pre"}, {"order": "post"}, {"order": "pre", "magnitude": True}):
        made = stirred(attached(method("lorma_plus", rank=4, alpha=8, **options), "tiny_llama"))
        for module in adapted_maps(made.model).values():
            T, W = multiplier(module), module.base.weight.double()
            assert T is not None
            product = 2 * module.adapter["B"].double() @ module.adapter["A"].double()
            identity = torch.eye(W.shape[options["order"] == "post"], dtype=torch.float64)
            assert torch.allclose(T, identity + product, rtol=0, atol=1e-14)
            V = W @ T if options["order"] == "post" else T @ W
            if "magnitude" in options:
                V *= (module.adapter["m"].double() / V.norm(dim=1))[:, None]
            assert torch.allclose(merged(module), V, rtol=0, atol=1e-14)


def test_lorma_pis_multiplier_has_full_rank_where_its_product_has_rank_r() -> None:
    """Section 5.6: B A is of rank r, its rows rotated are not; rotated here one by one."""
    made = stirred(attached(method("lorma_pi", rank=4, alpha=4), "tiny_gpt2"))
    for module in adapted_maps(made.model).values():
        product = module.adapter["B"].double() @ module.adapter["A"].double()
        rotated = torch.stack([row.roll(place) for place, row in enumerate(product)])
        T, W = multiplier(module), module.base.weight.double()
        assert T is not None
        assert torch.allclose(T, rotated, rtol=0, atol=1e-14)
        assert rank(product) == 4
        assert rank(T) == 48
        assert rank(merged(module) - W) >= 47


def test_other_updates_have_no_multiplier() -> None:
    """LoRA adds; a plain map has no update at all."""
    module = next(iter(adapted_maps(attached(method("lora"), "tiny_gpt2").model).values()))
    assert isinstance(module.update, Update)
    assert multiplier(module) is None
    assert multiplier(module.base) is None
