"""How the scores of a task are written."""

from __future__ import annotations

from bench.report.page.groups import Spread
from bench.report.page.metrics import metrics_of
from tests.report.page.page_runs import full_record, run_of
from tests.specs import SPECS


def test_they_have_the_unit_and_digits_of_the_tables() -> None:
    """LoRMA's Table 3 prints BLEU times 100 with one digit, and NIST as it is with two."""
    (found,) = metrics_of([run_of(full_record())], SPECS).values()
    bleu, nist = found[0], found[1]
    assert bleu.head == "BLEU ×\N{NO-BREAK SPACE}100\N{NO-BREAK SPACE}↑"
    assert bleu.text(Spread(mean=0.6912, std=0.004, n=3)) == "69.1 ± 0.4"
    assert nist.head == "NIST ↑"
    assert nist.text(Spread(mean=8.746, std=None, n=1)) == "8.75"


def test_a_part_of_the_items_is_written_as_all_of_them() -> None:
    """BLEU_seen as BLEU; what no table has, with three digits."""
    record = full_record()
    record.cell["task"] = "unheard_of"
    record.metrics = {"score": 0.5}
    found = metrics_of([run_of(record)], SPECS)["unheard_of"]
    assert [(one.name, one.head, one.digits) for one in found] == [("score", "Score ↑", 3)]
    record = full_record()
    record.cell["task"] = "webnlg"
    record.metrics = {"BLEU": 0.5, "BLEU_seen": 0.6}
    whole, seen = metrics_of([run_of(record)], SPECS)["webnlg"]
    assert (seen.scale, seen.digits) == (whole.scale, whole.digits)
    assert seen.label == "BLEU seen"


def test_a_lower_score_may_be_the_better_one() -> None:
    """TER is an error."""
    record = full_record()
    record.cell["task"] = "dart"
    record.metrics = {"BLEU": 0.5, "TER": 0.4}
    better = {one.name: one.better for one in metrics_of([run_of(record)], SPECS)["dart"]}
    assert better == {"BLEU": "higher", "TER": "lower"}
