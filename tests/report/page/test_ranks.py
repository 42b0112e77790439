"""Series of groups over ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.page.groups import groups_of
from bench.report.page.ranks import rank_of, series
from tests.report.page.page_runs import full_run

if TYPE_CHECKING:
    from bench.report.runs import Run


def at(rank: int | None, method: str = "lora", **train: object) -> Run:
    """A run of a rank; alpha goes with it, as in papers."""
    update = {"rank": rank, "alpha": None if rank is None else 2 * rank}
    return full_run(method, settings={"method": update, "train": train})


def test_a_series_is_a_method_at_several_ranks_by_rank() -> None:
    """Other settings are another series, and one rank is none."""
    runs = [at(8), at(2), at(16), at(4, batch_size=1), at(8, batch_size=1), at(4, "dora")]
    groups = groups_of(runs)
    found = [[rank_of(groups[index]) for index in indices] for indices in series(groups)]
    assert sorted(map(str, found)) == ["[2.0, 8.0, 16.0]", "[4.0, 8.0]"]


def test_a_method_without_a_rank_has_no_series() -> None:
    """Nor has a rank that is no number."""
    groups = groups_of([at(None), at(None, batch_size=1)])
    assert [rank_of(group) for group in groups] == [None, None]
    assert series(groups) == []
