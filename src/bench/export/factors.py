"""What was trained as thin matrices beside the weights that transformers loads.

    V = W + up·down           up (o, k), down (k, i)
    W' = V                    or, with magnitudes m (o,),  W' = diag(m / ‖V‖_row) V

W is the weight as it was loaded. Where a start or a plugin changed the frozen weight to
W₁ = W + D, the factors of D stand beside the update's own: [up | up_D], [down ; down_D]. A
start takes out of W what the update adds there, so that D is minus that; the change that a
plugin made is decomposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bench.attach.attach import adapted_maps
from bench.attach.linear import AdaptedLinear
from bench.errors import NotLowRankError
from bench.export.restore import Trained
from bench.methods.magnitude import Magnitude
from bench.models.dense import dense_weight
from bench.models.join import SLOTS
from bench.models.split import SplitAttention


@dataclass(frozen=True)
class Factors:
    """The change of one linear map, in fp32."""

    up: Tensor
    """(o, k)."""
    down: Tensor
    """(k, i)."""
    magnitude: Tensor | None
    """M (o,), the norms of the rows, where they train apart."""

    @property
    def rank(self) -> int:
        """K."""
        return self.down.shape[0]


@torch.no_grad()
def factors_of(trained: Trained) -> dict[str, Factors]:
    """Factors of every adapted map, by its name in the model, whose projections are split.

    Raises a NotLowRankError, with the reason, where there are none.
    """
    maps = adapted_maps(trained.attached.model)
    return {name: _factors(name, adapted, trained) for name, adapted in maps.items()}


def _factors(name: str, adapted: AdaptedLinear, trained: Trained) -> Factors:
    weight = dense_weight(adapted.base)
    t = adapted.tensors()
    up, down = _own(adapted, t)
    original = trained.originals.get(name)
    if original is not None and not torch.equal(original, weight):
        change = _of_start(adapted, trained.starts.get(name), original)
        if change is None:
            change = thin(original, weight, name)
        up, down = torch.cat((up, change[0]), dim=1), torch.cat((down, change[1]))
    return Factors(up, down, t["m"].float() if isinstance(adapted.update, Magnitude) else None)


def _own(adapted: AdaptedLinear, t: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Factors of what the update adds with the tensors `t`, in fp32."""
    update = adapted.update
    inner = update.inner if isinstance(update, Magnitude) else update
    precise = {key: tensor.detach().float() for key, tensor in t.items()}
    return inner.low_rank(dense_weight(adapted.base).float(), precise)


def _of_start(
    adapted: AdaptedLinear, start: Mapping[str, Tensor] | None, original: Tensor
) -> tuple[Tensor, Tensor] | None:
    """Factors of D where it is, up to rounding, minus what the update adds at its start."""
    if start is None:
        return None
    up, down = _own(adapted, start)
    added, weight = up @ down, dense_weight(adapted.base).float()
    rounding = torch.finfo(original.dtype).eps * (weight.norm() + added.norm())
    if (weight + added - original.float()).norm() > rounding:
        return None
    return -up, down


def thin(original: Tensor, weight: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Factors (o, k) and (k, i) of D = `weight` − `original`, both (o, i), up to rounding.

    Rounding makes independent errors of about e in every entry, which together have a 2-norm
    of about e (√o + √i): singular values below it are left out. Raises a NotLowRankError
    where k thin factors would hold as many values as D, and where W was rounded so coarsely
    that small singular values cannot be told from it.
    """
    o, i = original.shape
    if original.dtype != torch.float32:
        kind = str(original.dtype).removeprefix("torch.")
        raise NotLowRankError(f"{name}: the frozen weight itself changed, rounded to {kind}")
    # In fp32 the decomposition would add errors of its own, larger than those of rounding.
    W, D = original.double(), weight.double() - original.double()
    size = W.square().mean().sqrt() + D.square().mean().sqrt()
    bound = torch.finfo(original.dtype).eps * size * (o**0.5 + i**0.5)
    U, S, Vh = torch.linalg.svd(D, full_matrices=False)
    k = int(S.gt(bound).sum())
    if k * (o + i) >= o * i:
        raise NotLowRankError(f"{name}: the frozen weight itself changed, by a matrix of rank {k}")
    return (U[:, :k] * S[:k]).float(), Vh[:k].float()


def joined(factors: Mapping[str, Factors], model: nn.Module) -> dict[str, Factors]:
    """The same by the names of transformers' own model, in which query, key and value are one.

    `model` is the base model, still split. Slots that are not adapted change by exactly zero.
    """
    fused: dict[str, dict[str, Factors]] = {}
    found: dict[str, Factors] = {}
    for name, one in factors.items():
        parent, _, slot = name.rpartition(".")
        if isinstance(model.get_submodule(parent), SplitAttention):
            fused.setdefault(parent, {})[slot] = one
        else:
            found[name] = one
    for name, slots in fused.items():
        split = model.get_submodule(name)
        weights = {slot: split.get_submodule(slot).get_parameter("weight") for slot in SLOTS}
        found[name] = _side_by_side(slots, weights)
    return found


def _side_by_side(slots: Mapping[str, Factors], weights: Mapping[str, Tensor]) -> Factors:
    """One change (3o, i) of all slots; the ranks add up."""
    ups = [slots[s].up if s in slots else w.new_zeros((len(w), 0)) for s, w in weights.items()]
    down = torch.cat([slots[slot].down for slot in weights if slot in slots])
    up = torch.block_diag(*(block.float() for block in ups))
    if all(one.magnitude is None for one in slots.values()):
        return Factors(up, down, None)
    norms = []
    for slot, weight in weights.items():
        held = slots[slot].magnitude if slot in slots else None
        norms.append(weight.detach().float().norm(dim=1) if held is None else held)
    return Factors(up, down, torch.cat(norms))
