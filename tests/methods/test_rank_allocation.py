"""AdaLoRA against HF PEFT, and the budget that must be met exactly."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from bench.attach.attach import Attached, adapted_maps
from bench.errors import ConfigError
from bench.methods.rank_allocation import RankAllocation
from bench.training.hooks import Hooks
from bench.training.optimizers import build_optimizer
from tests.methods.every import IDS, attached, logits, loss, method, plain, train

STEPS, RANK, TARGET = 10, 4, 2
OPTIONS: dict[str, Any] = {
    "target_rank": TARGET, "initial_warmup": 0.2, "final_warmup": 0.3, "interval": 2,
    "orthogonality": 0.3, "scored": "after",
}  # fmt: skip
"""In steps: t_i = 2, T - t_f = 7, pruning at 4, 6 and 7."""


def allocated(name: str = "adalora", **options: Any) -> Attached:
    """AdaLoRA on query and value of two blocks: four maps."""
    own = {"rank": RANK, "alpha": 8, "parts": ["query", "value"]}
    return attached(
        method(name, **own, plugins={"rank_allocation": {**OPTIONS, **options}}), "tiny_gpt2"
    )


def gates(made: Attached) -> Tensor:
    """E of every map (n, r)."""
    return torch.stack([m.adapter["e"].detach().clone() for m in adapted_maps(made.model).values()])


class Stepper:
    """Our training step, one at a time."""

    def __init__(self, made: Attached, steps: int) -> None:
        self.made = made
        self.optimizer = build_optimizer(made.method.optimizer, made)
        self.hooks = Hooks(made, self.optimizer, steps, seed=0, loss_of=lambda _: loss(made))

    def step(self, number: int) -> float:
        """One step; its loss with the extra term."""
        self.hooks.begin(number, [])
        total = loss(self.made) + sum(self.hooks.extra_losses())
        total.backward()
        self.hooks.gradient()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.hooks.end()
        return float(total.detach())


def peft_model(made: Attached) -> Any:
    """PEFT's AdaLoRA with the same start, on the same base model."""
    from peft import AdaLoraConfig, get_peft_model

    config = AdaLoraConfig(
        target_r=TARGET, init_r=RANK, tinit=2, tfinal=3, deltaT=2, total_step=STEPS,
        beta1=0.85, beta2=0.85, orth_reg_weight=0.3, lora_alpha=8, lora_dropout=0.0,
        target_modules=list(adapted_maps(made.model)),
    )  # fmt: skip
    model: Any = get_peft_model(plain("tiny_gpt2").model, config).eval()
    ours = adapted_maps(made.model)
    for name, layer in model.base_model.model.named_modules():
        if name in ours:
            for theirs, tensor in (("lora_A", "A"), ("lora_B", "B")):
                getattr(layer, theirs)["default"].data.copy_(ours[name].adapter[tensor])
    return model


def test_every_step_is_that_of_peft() -> None:
    """Loss, budget, e behind every pruning, logits and merged logits agree over ten steps."""
    made = allocated()
    theirs = peft_model(made)
    ours, plugin = Stepper(made, STEPS), RankAllocation(**OPTIONS)
    optimizer = torch.optim.AdamW(
        [p for p in theirs.parameters() if p.requires_grad], lr=0.01, weight_decay=0.0
    )
    allocator = theirs.base_model.rankallocator
    pruned = []
    for step in range(1, STEPS + 1):
        total = theirs.base_model(input_ids=IDS, labels=IDS).loss
        total.backward()
        optimizer.step()
        theirs.base_model.update_and_allocate(step)
        optimizer.zero_grad()
        assert ours.step(step) == pytest.approx(float(total.detach()), abs=1e-5)
        named = dict(theirs.named_parameters())
        found = [
            named[f"base_model.model.{name}.lora_E.default"].detach().flatten()
            for name in adapted_maps(made.model)
        ]
        torch.testing.assert_close(gates(made), torch.stack(found), atol=1e-5, rtol=0)
        assert torch.equal(gates(made) == 0, torch.stack(found) == 0)
        budget = plugin.budget(step, STEPS, 4 * RANK, 4 * TARGET)
        assert budget == allocator.budget_schedule(step)[0]
        pruned.append(int((gates(made) == 0).sum()))
    assert pruned == [0, 0, 0, 7, 0, 8, 8, 8, 8, 8]
    with torch.no_grad():
        expected = theirs(input_ids=IDS).logits
        assert not torch.allclose(expected, plain("tiny_gpt2").model(input_ids=IDS).logits)
        torch.testing.assert_close(logits(made), expected, atol=1e-5, rtol=0)
        assert made.merge() is None
        merged = theirs.merge_and_unload()(input_ids=IDS).logits
        torch.testing.assert_close(made.model(input_ids=IDS).logits, merged, atol=1e-5, rtol=0)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("name", ["adalora", "adalorma"])
def test_the_budget_is_met_in_the_end(name: str, steps: int) -> None:
    """Exactly target·maps components are left, however short the run, with the defaults."""
    composed = method(name)
    made = attached(composed, "tiny_gpt2")
    train(made, steps)
    kept = gates(made) != 0
    assert kept.sum() == 8 * len(kept)


@pytest.mark.parametrize("scored", ["before", "after"])
def test_sensitivity_takes_the_weights_that_were_asked_for(scored: str) -> None:
    """Ī behind step 1 is 0.15 |w ∂loss/∂w|, Ū 0.15 · 0.85 of it; w before or after the step."""
    made = allocated(scored=scored)
    stepper = Stepper(made, STEPS)
    ((_, now),) = stepper.hooks._moments
    name, layer = next(iter(adapted_maps(made.model).items()))
    start = layer.adapter["B"].detach().clone()
    seen: list[Tensor] = []
    layer.adapter["B"].register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))
    stepper.step(1)
    weight = start if scored == "before" else layer.adapter["B"].detach()
    assert not torch.allclose(start, layer.adapter["B"])
    expected = 0.15 * (weight * seen[-1]).abs()
    average, spread = now.memory[f"average {name}.B"], now.memory[f"spread {name}.B"]
    torch.testing.assert_close(average, expected, rtol=1e-5, atol=0)
    torch.testing.assert_close(spread, 0.85 * expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lora", {}, "needs method.gate=importance"),
        ("ft", {}, "needs method.gate=importance"),
        ("adalora", {"target_rank": 13}, "target_rank=13: must be at most method.rank=12"),
        ("adalora", {"initial_warmup": 0.5}, "their sum must be below 1"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    """Updates without e, and schedules without room."""
    with pytest.raises(ConfigError, match=message):
        RankAllocation(**options).check(method(name, plugins={}))
