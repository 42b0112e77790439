"""One `seed` gives independent streams of randomness, each named by its purpose.

The order of the data and the initial adapter therefore depend on the seed alone,
not on what was drawn before: every method sees the same batches.
"""

from __future__ import annotations

import hashlib

PURPOSES = ("order", "init", "dropout", "head", "plugins", "held out")


def derive(seed: int, purpose: str) -> int:
    """A 63-bit seed for one purpose, from the cell's seed."""
    if purpose not in PURPOSES:
        raise ValueError(f"purpose {purpose!r} is none of {PURPOSES}")
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
