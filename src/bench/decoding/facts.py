"""What the record tells about decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(kw_only=True)
class Decoding:
    """In which way texts were decoded; filled in while they are."""

    replayed: bool = False
    """Whether steps were replayed as CUDA graphs."""
    reason: str | None = None
    """Why not."""
    batch_size: int = 0
    """Inputs decoded together; 0 where nothing was decoded."""

    @property
    def facts(self) -> dict[str, Any]:
        """Plain data for the record."""
        told = {"step": "graph" if self.replayed else "eager", "batch_size": self.batch_size}
        return told | ({"reason": self.reason} if self.reason else {})
