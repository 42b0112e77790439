"""OLoRA: LoRA that starts at an orthonormal basis (Büyükakyüz, arXiv 2406.01775).

W = Q R          Q (o, k) with orthonormal columns, R (k, i) upper triangular, k = min(o, i)
B = Q_r, A = R_r          the first r columns and rows
frozen: W − s·B A         so that W' = W at the start

With s = alpha / rank ≠ 1 what is taken out of W is s·Q_r R_r, as HF PEFT has it. The signs
of Q's columns are the machine's, but B A, and so the frozen weight, is the same with either.
Beside a magnitude (DoRA) the norms start at those of W, not of the frozen weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from bench.errors import ConfigError
from bench.methods.base import OPTIONS, Init, Update
from bench.methods.lora import Lora
from bench.methods.magnitude import Magnitude

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Olora(Init):
    """Start A and B at the QR decomposition of the weight."""

    key = "olora"
    source = "Büyükakyüz 2024, algorithm 1, arXiv 2406.01775"

    def start(
        self,
        weight: Tensor,
        update: Update,
        t: Mapping[str, Tensor],
        generator: Generator,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """W − s·Q_r R_r, and A = R_r, B = Q_r."""
        import torch

        inner = update.inner if isinstance(update, Magnitude) else update
        if not isinstance(inner, Lora) or inner.gate != "none":
            given = f"{inner.key}, gate={inner.gate}" if isinstance(inner, Lora) else inner.key
            raise ConfigError(
                f"method.init=olora: starts update=lora with gate=none only, not update={given}; "
                "leave the init out"
            )
        r, (o, i) = inner.rank, weight.shape
        if r > min(o, i):
            raise ConfigError(
                f"method.rank={r}: a weight of {o} x {i} has an orthonormal basis of {min(o, i)}; "
                f"set at most {min(o, i)}"
            )
        Q, R = torch.linalg.qr(weight)
        A, B = R[:r].contiguous(), Q[:, :r].contiguous()
        return weight - inner.scaling * B @ A, {**t, "A": A, "B": B}
