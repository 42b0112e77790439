"""Our numbers beside the published ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats as scipy_stats

from bench.report import latex, markdown, stats, tidy
from bench.report.blocks import Block
from bench.report.spec import TableSpec
from bench.report.verdicts import Verdict, verdict
from bench.store.record import Record
from tests.report.report_records import make_record
from tests.report.test_tables import blocks, lines

LORA = {"method": {"rank": 4}}


def runs(*bleu: float, **changes: object) -> list[Record]:
    """LoRA's runs, whose BLEU the paper prints as 69.1."""
    return [
        make_record(seed=seed, metrics={"BLEU": value}, settings=LORA, **changes)  # type: ignore[arg-type]
        for seed, value in enumerate(bleu)
    ]


def of_lora(spec: TableSpec, block: Block) -> Verdict:
    """The verdict on LoRA's BLEU."""
    (entry,) = [one for one in block.entries if one.row.method == "lora"]
    (line,) = lines(block, "lora")
    return verdict(spec, block, line, 0, entry.published)


def test_the_interval_is_that_of_a_mean() -> None:
    """Of scipy, for three values."""
    values = [68.7, 69.2, 69.0]
    expected = scipy_stats.ttest_1samp(values, 0).confidence_interval()
    found = stats.mean_interval(stats.mean(values), stats.sample_std(values), 3)
    assert found == pytest.approx((expected.low, expected.high))
    with pytest.raises(ValueError, match="two values"):
        stats.mean_interval(1.0, 0.0, 1)


@pytest.mark.parametrize(
    ("bleu", "text"),
    [((0.687, 0.692, 0.690), "inside"), ((0.67, 0.671, 0.672), "outside"),
     ((0.6914, 0.6914, 0.6914), "inside"), ((0.6916, 0.6916, 0.6916), "outside")],
)  # fmt: skip
def test_inside_or_outside(
    spec: TableSpec, results: Path, bleu: tuple[float, ...], text: str
) -> None:
    """In every format, where our setting is the paper's; 69.14 is printed as 69.1."""
    (block,) = blocks(spec, results, *runs(*bleu))
    found = of_lora(spec, block)
    assert found.text == text
    difference = 100 * sum(bleu) / 3 - 69.1
    assert found.difference == pytest.approx(difference)
    told = f"{difference:+.1f}, {text}"
    assert told in markdown.render(spec, (block,))
    assert told in latex.render(spec, (block,))
    rows = [row.split(",") for row in tidy.render(spec, (block,)).splitlines()]
    at = rows[0].index("verdict")
    assert next(row[at] for row in rows if "lora" in row and "BLEU" in row) == text


def test_what_cannot_be_compared_says_why(spec: TableSpec, results: Path) -> None:
    """A single seed, another model, other settings; without a number there is no verdict."""
    (block,) = blocks(spec, results / "one", *runs(0.7))
    assert of_lora(spec, block).text == "a single seed"
    _, other = blocks(spec, results / "model", *runs(0.7, 0.71, model="smollm2_135m"))
    assert of_lora(spec, other).text == (
        "not comparable: another model (SmolLM2-135M, not GPT-2 medium)"
    )
    apart = [make_record(seed=s, settings={"method": {"rank": 8}}) for s in (0, 1)]
    (block,) = blocks(spec, results / "settings", *apart)
    assert of_lora(spec, block).text == "not comparable: other settings"
    assert "ours − paper" not in markdown.render(spec, (block,))
    (block,) = blocks(spec, results / "none", make_record("ft", status="failed", error="E"))
    (line,) = lines(block, "lora")
    (entry,) = [one for one in block.entries if one.row.method == "lora"]
    nothing = verdict(spec, block, line, 0, entry.published)
    assert nothing == Verdict(difference=None, text="")
