"""AdaLoRA: a budget of components, shared out by importance (Zhang et al., arXiv 2303.10512).

The update is B diag(e) A (gate=importance), A (r, i), B (o, r), e (r,), on n maps of
initial rank r. T is the number of steps; t_i and t_f are fractions of it here.

    loss         task + γ · mean over all A and B of ‖A Aᵀ − I‖_F and ‖Bᵀ B − I‖_F
    sensitivity  I = |w · ∂loss/∂w| of every value w of A, B and e
    smoothed     Ī ← β1 Ī + (1 − β1) I        Ū ← β2 Ū + (1 − β2) |I − Ī|
    importance   S_k = s(e_k) + mean_j s(A_kj) + mean_j s(B_jk) with s = Ī Ū
    budget       n r up to t_i, n·target_rank from T − t_f on, between them
                 n·target_rank + n (r − target_rank) (1 − (t − t_i) / (T − t_f − t_i))³

Every ΔT steps e of the components outside the budget is set to 0; they may come back
until T − t_f, when the choice becomes final. Equation 4 of the paper has the squared
norms, summed (penalty=squared); the released program, for which the published γ hold, and
HF PEFT have the mean of the norms, and so has this by default. The paper scores the
weights that the gradient was taken at; both programs score them after the optimizer has
stepped (`scored=after`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS
from bench.methods.low_rank import LowRank
from bench.methods.plugin import Moment, Plugin, structure
from bench.types import Count, Fraction, NotNegative

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bench.methods.compose import MethodConfig


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class RankAllocation(Plugin):
    """Prune components of all maps together, down to an average rank."""

    key = "rank_allocation"
    source = "Zhang et al. 2023, equations 4 to 9 and algorithm 1, arXiv 2303.10512"

    target_rank: Count = 8
    """Average number of components of a map in the end."""
    initial_warmup: Fraction = 0.1
    """t_i: fraction of the steps before anything is pruned."""
    final_warmup: Fraction = 0.5
    """t_f: fraction of the steps behind the final choice."""
    interval: Count = 10
    """ΔT: steps from one pruning to the next; the final choice is made in any case."""
    beta1: Fraction = 0.85
    """Smoothing of the sensitivity."""
    beta2: Fraction = 0.85
    """Smoothing of its uncertainty."""
    orthogonality: NotNegative = 0.1
    """γ: weight of the orthogonality loss."""
    penalty: Literal["mean", "squared"] = "mean"
    """The mean of the distances from orthonormal, or the sum of their squares."""
    scored: Literal["before", "after"] = "before"
    """Whether sensitivities take the weights before or after the optimizer's step."""

    def check(self, method: MethodConfig) -> None:
        """The update must have e, and more components than the target."""
        update = structure(method)
        if not isinstance(update, LowRank) or update.gate != "importance":
            raise ConfigError(
                "method.plugins.rank_allocation: needs method.gate=importance on an update that "
                "has one (lora, lorma_plus)"
            )
        if self.target_rank > update.rank:
            raise ConfigError(
                f"method.plugins.rank_allocation.target_rank={self.target_rank}: must be at most "
                f"method.rank={update.rank}, the rank to start from"
            )
        if self.initial_warmup + self.final_warmup >= 1:
            raise ConfigError(
                f"method.plugins.rank_allocation: initial_warmup={self.initial_warmup} and "
                f"final_warmup={self.final_warmup} leave no steps to prune in; "
                "their sum must be below 1"
            )

    def phases(self, steps: int) -> tuple[int, int]:
        """The steps behind which pruning begins, and at which the choice becomes final."""
        last = max(steps - round(self.final_warmup * steps), 1)
        return min(round(self.initial_warmup * steps), last - 1), last

    def settled(self, steps: int) -> int:
        """Before the final choice there are more components than the target."""
        return self.phases(steps)[1]

    def budget(self, step: int, steps: int, full: int, target: int) -> int:
        """Components of all maps together that may stay at `step`."""
        first, last = self.phases(steps)
        left = 1 - (min(max(step, first), last) - first) / (last - first)
        return int((full - target) * left**3 + target)

    def extra_loss(self, now: Moment) -> Tensor:
        """γ times the mean distance from orthonormal rows of A and columns of B."""
        from bench.attach.attach import adapted_maps
        from bench.tensors.importance import distances_from_orthonormal

        maps = adapted_maps(now.model).values()
        distances = distances_from_orthonormal(
            [M for m in maps for M in (m.adapter["A"], m.adapter["B"].mT)]
        )
        if self.penalty == "squared":
            return self.orthogonality * distances.square().sum()
        return self.orthogonality * distances.mean()

    def gradient(self, now: Moment) -> None:
        """Score the weights, or keep their gradients until they have changed."""
        if not self._scores(now):
            return
        gradients = {name: tensor.grad for name, tensor in _triplets(now)}
        if self.scored == "before":
            self._smooth(now, gradients)
        else:
            now.memory |= {f"gradient {name}": tensor for name, tensor in gradients.items()}

    def step_end(self, now: Moment) -> None:
        """Score, and prune where it is time."""
        if self._scores(now) and self.scored == "after":
            names = [name for name, _ in _triplets(now)]
            self._smooth(now, {name: now.memory.pop(f"gradient {name}") for name in names})
        first, last = self.phases(now.steps)
        if first < now.step <= last and (now.step % self.interval == 0 or now.step == last):
            kept = self._strongest(now)
            if now.step == last:
                now.memory.clear()
            now.memory["kept"] = kept
            self._prune(now)
        elif now.step > last:
            self._prune(now)

    def _scores(self, now: Moment) -> bool:
        """Whether this step's sensitivities count: up to the final choice, and in one at least."""
        return now.step < max(self.phases(now.steps)[1], 2)

    def _smooth(self, now: Moment, gradients: Mapping[str, Tensor | None]) -> None:
        """Take the sensitivities of all tensors into their averages."""
        import torch

        from bench.tensors.importance import smoothed

        held = dict(_triplets(now))
        known = [gradient for gradient in gradients.values() if gradient is not None]
        if len(known) < len(held):
            lost = next(name for name, gradient in gradients.items() if gradient is None)
            raise RuntimeError(f"{lost} has no gradient to tell its importance by")
        weights = [tensor.detach() for tensor in held.values()]
        sensitivities = torch._foreach_abs(torch._foreach_mul(weights, known))
        averages, spreads = (
            [now.memory.get(f"{kind} {name}", torch.zeros_like(held[name])) for name in held]
            for kind in ("average", "spread")
        )
        after = smoothed(averages, spreads, sensitivities, self.beta1, self.beta2)
        for kind, tensors in zip(("average", "spread"), after, strict=True):
            found = zip(held, tensors, strict=True)
            now.memory |= {f"{kind} {name}": tensor for name, tensor in found}

    def _strongest(self, now: Moment) -> Tensor:
        """Which components are within the budget, (n, r)."""
        import torch

        from bench.attach.attach import adapted_maps
        from bench.tensors.importance import strongest, triplet_scores

        def importance(name: str) -> Tensor:
            score: Tensor = now.memory[f"average {name}"] * now.memory[f"spread {name}"]
            return score

        names = list(adapted_maps(now.model))
        scores = torch.stack(
            [triplet_scores(*(importance(f"{name}.{t}") for t in "eAB")) for name in names]
        )
        n, r = scores.shape
        return strongest(scores, self.budget(now.step, now.steps, n * r, n * self.target_rank))

    def _prune(self, now: Moment) -> None:
        """Set e of the components outside the budget to 0."""
        import torch

        from bench.attach.attach import adapted_maps

        gates = [layer.adapter["e"].data for layer in adapted_maps(now.model).values()]
        kept = now.memory["kept"].to(gates[0].dtype).unbind()
        torch._foreach_mul_(gates, kept)


def _triplets(now: Moment) -> Iterator[tuple[str, nn.Parameter]]:
    """A, B and e of every map, by name."""
    from bench.attach.attach import adapted_maps

    for name, layer in adapted_maps(now.model).items():
        for tensor in "ABe":
            yield f"{name}.{tensor}", layer.adapter[tensor]
