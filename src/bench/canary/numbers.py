"""When two readings agree: texts exactly, numbers but for the rounding of another processor."""

from __future__ import annotations

from collections.abc import Iterator

from bench.canary.probe import Quantity, Reading

TOLERANCE = 1e-4
"""Relative. Processors and libraries of matrix products round differently, and steps of
training enlarge that; a changed equation moves numbers by far more."""

LONGEST = 60
"""Characters of a text that are shown from where it differs."""


def differences(then: Reading, now: Reading, tolerance: float = TOLERANCE) -> list[str]:
    """Each quantity that differs, with both values and by how much."""
    return list(_differences(then, now, tolerance))


def _differences(then: Reading, now: Reading, tolerance: float) -> Iterator[str]:
    for name in {**then, **now}:
        if name not in then or name not in now:
            yield f"{name}: {'only here' if name in now else 'not there here'}"
        elif (how := apart(then[name], now[name], tolerance)) is not None:
            yield f"{name}: {how}"


def apart(then: Quantity, now: Quantity, tolerance: float = TOLERANCE) -> str | None:
    """How two values of a quantity differ, or None where they agree.

    The numbers of a list are compared at the scale of its largest: a single small one among
    them is the difference of large ones, and carries their rounding.
    """
    if isinstance(then, str) or isinstance(now, str):
        return None if then == now else _texts(str(then), str(now))
    old, new = ([x] if isinstance(x, float | int) else x for x in (then, now))
    if len(old) != len(new):
        return f"{len(old)} numbers, here {len(new)}"
    scale = max((abs(x) for x in (*old, *new)), default=0.0)
    far = [abs(a - b) for a, b in zip(old, new, strict=True)]
    # Written so that a NaN differs from everything.
    wrong = [place for place, d in enumerate(far) if not d <= tolerance * scale]
    if not wrong:
        return None
    place = max(wrong, key=lambda at: (far[at] != far[at], far[at]))
    where = f"[{place}] " if len(old) > 1 else ""
    return f"{where}{old[place]!r}, here {new[place]!r} (relative {far[place] / scale:.1e})"


def _texts(then: str, now: str) -> str:
    """Both texts from a little before the place where they differ."""
    place = next(
        (at for at, (a, b) in enumerate(zip(then, now, strict=False)) if a != b),
        min(len(then), len(now)),
    )
    start = max(place - 10, 0)
    shown = (f"{'...' if start else ''}{text[start : start + LONGEST]!r}" for text in (then, now))
    return ", here ".join(shown)
