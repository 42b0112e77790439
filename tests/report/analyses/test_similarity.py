"""LoRMA's Table 9 from compare analyses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.report.analyses.grid import Grid
from tests.report.analyses.analysis_files import of_runs, similarity_row, trained
from tests.report.analyses.conftest import texts
from tests.report.report_records import write

Made = Callable[[str], Grid]


def compared(results: Path, method: str, seeds: dict[int, float], **changes: str) -> None:
    """Compare a run of each seed with the LoRA run of that seed; values by the seed."""
    for seed, value in seeds.items():
        run, lora = trained(method, seed, **changes), trained("lora", seed, **changes)
        write(results, run, lora)
        rows = [
            one
            for block in (3, 23)
            for one in (
                similarity_row(value * block, block=block),
                similarity_row(100.0 * block, block=block, compared="random"),
            )
        ]
        of_runs(results, "compare", [run, lora], rows, rank=8)


def test_mean_and_deviation_over_pairs_beside_the_printed_numbers(
    results: Path, made: Made
) -> None:
    """Values 1 and 2 times the block: mean 1.5, sample deviation 0.7071 times the block."""
    compared(results, "lorma_plus", {0: 1.0, 1: 2.0})
    (part,) = made("lorma_table_9").parts
    rows = texts(part)
    assert part.remarks == ("r = 8.",)
    assert rows[0] == [
        "block 3, query", "LoRMA_+", "ours", "4.50 ± 2.12", "9.00 ± 4.24", "13.5 ± 6.4",
        "18.0 ± 8.5", "22.5 ± 10.6", "–", "n=2",
    ]  # fmt: skip
    assert rows[1][2:5] == ["ours − paper", "+0.96", "+8.9258"]
    assert rows[2][1:4] == ["Random", "ours", "300 ± 0"]
    paper = [row for row in rows if row[2] == "paper"]
    assert paper[0] == [
        "layer 3", "LoRMA_+", "paper", "3.54", "0.0742", "0.99", "0.06", "2.28e-06", "–", "",
    ]  # fmt: skip
    assert [row[0] for row in paper] == ["layer 3"] * 3 + ["layer 23"] * 3


def test_directions_are_the_printed_ones(made: Made) -> None:
    """Of the five measures, the cosine alone is better when higher."""
    arrows = [head[-1] for head in made("lorma_table_9").parts[0].heads[3:8]]
    assert arrows == ["↓", "↑", "↓", "↓", "↓"]


def test_a_reference_of_two_methods_counts_once_among_random_matrices(
    results: Path, made: Made
) -> None:
    """Both were drawn from the same seed and compared with the same LoRA run."""
    compared(results, "lorma_plus", {0: 1.0, 1: 2.0})
    compared(results, "lorma_pi", {0: 3.0, 1: 4.0})
    rows = texts(made("lorma_table_9").parts[0])
    own = [(row[1], row[-1]) for row in rows if row[2] == "ours" and row[0].startswith("block 3,")]
    assert own == [("LoRMA_+", "n=2"), ("LoRMA_π", "n=2"), ("Random", "n=2")]


def test_another_model_is_not_comparable(results: Path, made: Made) -> None:
    """It is said once, no difference is shown, and the CSV says why."""
    compared(results, "lorma_pi", {0: 1.0}, model="smollm2_135m")
    grid = made("lorma_table_9")
    assert (
        grid.parts[0]
        .remarks[0]
        .startswith("Not comparable with the paper's numbers: another model (SmolLM2-135M")
    )
    assert not any(row[2] == "ours − paper" for row in texts(grid.parts[0]))
    facts = [fact for fact in grid.facts if fact.published is not None]
    assert {fact.difference for fact in facts} == {None}
    assert all(fact.verdict.startswith("not comparable: another model") for fact in facts)


def test_every_value_of_ours_links_to_its_analyses(results: Path, made: Made) -> None:
    """Which exist, and name both runs."""
    compared(results, "lorma_plus", {0: 1.0, 1: 2.0})
    grid = made("lorma_table_9")
    for row in grid.parts[0].rows:
        assert len(row.links) == (2 if row.cells[2].text == "ours" else 0)
        assert all((results / link).is_file() for link in row.links)
    fact = grid.facts[0]
    assert (fact.method, fact.quantity, fact.mean, fact.n) == (
        "lorma_plus", "frobenius_distance", 4.5, 2,
    )  # fmt: skip
    assert fact.run_ids == tuple(
        trained(method, seed).run_id
        for seed in sorted((0, 1), key=lambda seed: trained("lorma_plus", seed).run_id)
        for method in ("lorma_plus", "lora")
    )


def test_without_analyses_the_printed_numbers_stand_alone(made: Made) -> None:
    """With the command that would fill the table."""
    (part,) = made("lorma_table_9").parts
    assert "python -m bench.analysis compare RUN_ID LORA_RUN_ID" in part.remarks[0]
    assert {row[2] for row in texts(part)} == {"paper"}
    assert len(part.rows) == 6
