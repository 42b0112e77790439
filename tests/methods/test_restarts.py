"""ReLoRA: what a restart leaves alone, what it forgets, and the rank that restarts add up to."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from bench.attach.attach import Attached, adapted_maps
from bench.errors import ConfigError
from bench.methods.restarts import Restarts
from bench.models.dense import dense_weight
from bench.tensors.forget import forget
from bench.tensors.rounding import rounded
from tests.methods.every import attached, logits, loss, method, train
from tests.methods.moments import moment


def relora(**options: Any) -> Attached:
    """LoRA of rank 4 with restarts."""
    return attached(method("relora", plugins={"restarts": options}), "tiny_gpt2")


def test_a_restart_changes_no_logits() -> None:
    """W grows by (alpha/r) B A, B is zero, A drawn anew, and the model computes the same."""
    made = relora(interval=1)
    now = moment(made)
    for _ in range(2):
        loss(made).backward()
        now.optimizer.step()
        now.optimizer.zero_grad()
    maps = adapted_maps(made.model)
    before = {name: (dense_weight(m.base).clone(), m.adapter["A"].detach().clone(),
                     m.adapter["B"].detach().clone()) for name, m in maps.items()}  # fmt: skip
    with torch.no_grad():
        expected = logits(made)
        made.method.plugins[0].step_end(now)
        torch.testing.assert_close(logits(made), expected, atol=1e-5, rtol=0)
    for name, layer in maps.items():
        W, A, B = before[name]
        torch.testing.assert_close(dense_weight(layer.base) - W, 32 / 4 * B @ A, atol=1e-6, rtol=0)
        assert (dense_weight(layer.base) - W).abs().max() > 1e-3
        assert layer.adapter["B"].abs().max() == 0
        assert not torch.allclose(layer.adapter["A"], A, atol=0.01)
        assert 0.8 * 48**-0.5 < layer.adapter["A"].abs().max() <= 48**-0.5


def test_restarts_add_up_in_rank() -> None:
    """Two restarts and a third update of rank 4 change W by a matrix of rank 12, LoRA by 4.

    The last step is followed by no restart.
    """
    for interval, rank in ((2, 12), (6, 4)):
        made = relora(interval=interval)
        start = {n: dense_weight(m.base).double() for n, m in adapted_maps(made.model).items()}
        train(made, 6)
        for name, layer in adapted_maps(made.model).items():
            change = layer.merged(torch.float64) - start[name]
            assert torch.linalg.matrix_rank(change, rtol=1e-6) == rank
            assert layer.adapter["B"].abs().max() > 0


def state_of(made: Attached, now: Any) -> dict[str, tuple[Tensor, Tensor, float]]:
    """Copies of AdamW's moments and step of every A and B."""
    return {
        f"{name}.{t}": (s["exp_avg"].clone(), s["exp_avg_sq"].clone(), float(s["step"]))
        for name, layer in adapted_maps(made.model).items()
        for t in "AB"
        for s in [now.optimizer.state[layer.adapter[t]]]
    }


@pytest.mark.parametrize("by", ["magnitude", "random"])
@pytest.mark.parametrize("moments", ["together", "apart"])
def test_most_of_the_optimizer_state_is_forgotten(by: str, moments: str) -> None:
    """90 % of each moment are zero, the largest or any stay as they were; steps go on."""
    made = relora(interval=1, prune=0.9, by=by, moments=moments)
    now = moment(made)
    for _ in range(2):
        loss(made).backward()
        now.optimizer.step()
    before = state_of(made, now)
    made.method.plugins[0].step_end(now)
    same = []
    for name, (first, second, step) in state_of(made, now).items():
        assert step == before[name][2] == 2
        for kept, old in ((first, before[name][0]), (second, before[name][1])):
            assert (kept != 0).sum() == round(0.1 * kept.numel()) == pytest.approx(19, abs=1)
            assert torch.equal(kept[kept != 0], old[kept != 0])
        largest = before[name][0].abs() >= first[first != 0].abs().min()
        assert torch.equal(first != 0, largest) == (by == "magnitude")
        same.append(torch.equal(first != 0, second != 0))
    assert all(same) == (moments == "together")


def test_random_forgetting_has_no_favourites() -> None:
    """Each of ten values survives in 30 ± 6 % of 1000 draws at a fraction of 0.7."""
    generator = torch.Generator().manual_seed(0)
    survived = torch.zeros(10)
    for _ in range(1000):
        tensor = torch.arange(1.0, 11.0)
        forget([tensor], 0.7, generator)
        survived += tensor != 0
    assert (survived / 1000 - 0.3).abs().max() < 0.06


def test_learning_rate_rises_anew_behind_each_restart() -> None:
    """As the released schedule: k/5 of the schedule's rate at step 25 c + k, from c = 1 on.

    The released one climbs to what the cosine is at the end of the rise, this factor to what
    it then is: the same up to the cosine's change over the rise.
    """
    plugin = Restarts(interval=25, warmup=0.2)
    rise = [0.2, 0.4, 0.6, 0.8]
    expected = [1.0] * 25 + (rise + [1.0] * 21) * 3
    found = [plugin.lr_factor(step, 100) for step in range(1, 101)]
    assert found == pytest.approx(expected)
    assert {Restarts(warmup=0.0).lr_factor(step, 100) for step in range(1, 101)} == {1.0}


def test_bf16_weights_grow_by_what_is_added_in_the_mean() -> None:
    """0.3 of a step of bf16 is lost by rounding to nearest; here 0.3 of 20000 weights move."""
    exact = torch.full((20000,), 1 + 0.3 / 128)
    assert exact.bfloat16().unique().tolist() == [1.0]
    found = rounded(exact, torch.bfloat16, torch.Generator().manual_seed(0))
    assert found.float().unique().tolist() == [1.0, 1 + 1 / 128]
    assert (found > 1).float().mean() == pytest.approx(0.3, abs=0.01)
    down = rounded(-exact, torch.bfloat16, torch.Generator().manual_seed(0))
    assert (down < -1).float().mean() == pytest.approx(0.3, abs=0.01)
    on_grid = torch.tensor([0.0, -2.0, 1e-30, 0.15625])
    same = rounded(on_grid.bfloat16().float(), torch.bfloat16, torch.Generator())
    assert torch.equal(same, on_grid.bfloat16())
    assert torch.equal(rounded(exact, torch.float32, torch.Generator()), exact)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("adalora", {}, "method.update=lora, method.gate=none"),
        ("lorma_plus", {}, "method.update=lora, method.gate=none"),
        ("lora", {"magnitude": True}, "method.magnitude=false"),
        ("qlora", {}, "method.base .* has transformed"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    """Updates that do not add, and weights that are not plain."""
    with pytest.raises(ConfigError, match=message):
        method(name, **{"plugins": {"restarts": {}}, **options})
