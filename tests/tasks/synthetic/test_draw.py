"""Drawing from a seeded generator: every choice may come, and none beyond the ends."""

from __future__ import annotations

from random import Random

from bench.tasks.synthetic.draw import number, pick, shuffled


class Ends(Random):
    """A generator that gives the least and the greatest number that `random` may give."""

    def __init__(self) -> None:
        super().__init__()
        self._given = [0.0, 1 - 2**-53]

    def random(self) -> float:
        """The next of the two."""
        self._given.reverse()
        return self._given[1]


def test_the_ends_of_a_range_are_reached_and_not_passed() -> None:
    """`random()` is 0 or more and less than 1."""
    rng = Ends()
    assert {pick(rng, "abc") for _ in range(2)} == {"a", "c"}
    assert {number(rng, -5, 9) for _ in range(2)} == {-5, 9}


def test_a_seed_gives_these_draws() -> None:
    """What Python's generator gives for it: 0.1344, 0.8474, 0.7638, 0.2551, 0.4954 ..."""
    rng = Random(1)  # noqa: S311  (reproducible draws, nothing secret)
    assert [pick(rng, range(10)) for _ in range(5)] == [1, 8, 7, 2, 4]
    rng.seed(1)
    assert shuffled(rng, "abcd") == ["a", "d", "c", "b"]
