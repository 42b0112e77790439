"""AutoLoRA: learn how many components each map needs (Zhang et al., arXiv 2403.09113).

The update is B diag(softmax(λ)) A (gate=softmax; the tensor of λ is called l).

    search   before each step, λ takes a step of Adam down the held-out loss behind one
             step of the weights (DARTS, arXiv 1806.09055, equations 6 to 8):
             ∇_λ L_held(w', λ) − (∇_λ L(w + εu, λ) − ∇_λ L(w − εu, λ)) / 2ε
             w' = w − η ∇_w L(w, λ)    u = η ∇_w' L_held(w', λ)    ε = 0.01 / ‖u‖
    choice   component k stays where softmax(λ)_k ≥ 1 / r, or λ_k / Σ λ ≥ 1 / r
    training all trained tensors go back to their start, the optimizer forgets, the schedule
             begins again, on all rows: LoRA with the kept components, scaled by alpha / kept

The paper compares the gate itself (threshold=softmax); the released search compares
λ_k / Σ λ while its forward pass uses softmax(λ) (threshold=ratio). The two differ by the
mean they compare with: of exp(λ), or of λ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Property
from bench.methods.low_rank import LowRank
from bench.methods.plugin import Moment, Plugin, structure
from bench.types import Fraction, Positive

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bench.methods.compose import MethodConfig

STATE = ("searching", "choice")
"""Buffers of an update that tell how far the search is."""


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class RankSearch(Plugin):
    """Search the rank of each map on held-out rows, then train with it."""

    key = "rank_search"
    source = "Zhang et al. 2024, section 3 and algorithm 1, arXiv 2403.09113"

    search: Fraction = 0.5
    """Fraction of the steps that is spent on the search; one step at least."""
    held_out: Fraction = 0.5
    """Fraction of the training rows that λ learns from during the search."""
    lr: Positive = 3e-4
    """Adam's learning rate for λ, the released program's."""
    threshold: Literal["ratio", "softmax"] = "softmax"
    """Which share of a component is compared with 1 / r."""
    unrolled: bool = True
    """Whether λ looks one step of the weights ahead; otherwise w' = w."""

    @property
    def lacks(self) -> Mapping[Property, str]:
        """λ is out of the training loop's reach."""
        return {"gradient": "the search itself steps λ, on held-out rows; the loop's loss does not"}

    def check(self, method: MethodConfig) -> None:
        """The update must have λ, and there must be rows to learn it from."""
        update = structure(method)
        if not isinstance(update, LowRank) or update.gate != "softmax":
            raise ConfigError(
                "method.plugins.rank_search: needs method.gate=softmax on an update that has one "
                "(lora, lorma_plus)"
            )
        for name in ("search", "held_out"):
            if getattr(self, name) == 0:
                raise ConfigError(f"method.plugins.rank_search.{name}=0: must be above 0, below 1")

    @property
    def uncapturable(self) -> str:
        """The steps of a search are two passes on other rows."""
        return "rank_search computes losses of its own, and its search ends with other tensors"

    def search_steps(self, steps: int) -> int:
        """Steps of the search."""
        return max(round(self.search * steps), 1)

    def changed(self, name: str) -> bool:
        """The state of the search goes with the adapter."""
        return name.rpartition(".")[2] in STATE

    def step_begin(self, now: Moment) -> None:
        """Step λ."""
        from bench.tensors.adam import adam_change
        from bench.tensors.unrolled import unrolled_gradient

        if now.step > self.search_steps(now.steps):
            return
        weights, gates = dict(_weights(now)), dict(_gates(now))
        if now.step == 1:
            now.memory |= {f"start {name}": p.detach().clone() for name, p in weights.items()}
        rates = {p: group["lr"] for group in now.optimizer.param_groups for p in group["params"]}
        gradients = unrolled_gradient(
            list(weights.values()),
            list(gates.values()),
            now.train_loss,
            now.held_out_loss,
            [rates[p] if self.unrolled else 0.0 for p in weights.values()],
        )
        for (name, gate), gradient in zip(gates.items(), gradients, strict=True):
            moments = now.memory.get(f"first {name}"), now.memory.get(f"second {name}")
            change, first, second = adam_change(gradient, *moments, now.step, self.lr)
            gate.data.add_(change)
            now.memory[f"first {name}"], now.memory[f"second {name}"] = first, second

    def gradient(self, now: Moment) -> None:
        """Keep λ from the training loop's optimizer."""
        for _, gate in _gates(now):
            gate.grad = None

    def step_end(self, now: Moment) -> None:
        """Behind the search, choose the components and begin afresh."""
        from bench.attach.attach import adapted_maps
        from bench.tensors.components import chosen_components

        if now.step != self.search_steps(now.steps):
            return
        for layer in adapted_maps(now.model).values():
            t = layer.tensors()
            kept = chosen_components(t["l"].detach(), softmax=self.threshold == "softmax")
            t["searching"].zero_()
            t["choice"].copy_(kept * (len(kept) / kept.sum()))
        for name, weight in _weights(now):
            weight.data.copy_(now.memory[f"start {name}"])
        now.optimizer.state.clear()
        now.memory.clear()


def _gates(now: Moment) -> Iterator[tuple[str, nn.Parameter]]:
    """λ of every map, by name."""
    from bench.attach.attach import adapted_maps

    for name, layer in adapted_maps(now.model).items():
        yield name, layer.adapter["l"]


def _weights(now: Moment) -> Iterator[tuple[str, Tensor]]:
    """Everything else that trains, by name."""
    gates = {id(gate) for _, gate in _gates(now)}
    for name, parameter in now.model.named_parameters():
        if parameter.requires_grad and id(parameter) not in gates:
            yield name, parameter
