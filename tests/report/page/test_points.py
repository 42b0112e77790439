"""The data of the charts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.report.page.entries import anchors, environment
from bench.report.page.groups import groups_of
from bench.report.page.metrics import metrics_of
from bench.report.page.points import settings
from tests.report.page.page_runs import full_record, full_run, run_of
from tests.specs import SPECS

if TYPE_CHECKING:
    from bench.report.runs import Run


def drawn(*runs: Run) -> list[dict[str, Any]]:
    """What the charts are given of these runs."""
    titles = {"e2e": "E2E", "gpt2_medium": "GPT-2 medium"}
    return settings(groups_of(runs), metrics_of(runs, SPECS), titles, anchors(runs))


def test_a_point_has_its_scores_costs_and_place_in_the_page() -> None:
    """In the unit of the tables, with the deviation over seeds."""
    runs = [full_run("lora", seed, metrics={"BLEU": bleu}) for seed, bleu in ((0, 0.6), (1, 0.62))]
    (setting,) = drawn(*runs)
    (point,) = setting["points"]
    assert point["scores"]["BLEU"] == [61, 1.41421]
    assert point["costs"] == {"trained": 100_000, "memory": 2, "step": 12.5}
    assert (point["n"], point["at"]) == (2, f"run-{runs[0].run_id}")
    assert setting["name"] == "E2E · GPT-2 medium · paper preset · real · all rows"
    json.dumps(setting, allow_nan=False)


def test_the_front_is_of_means_in_the_better_direction() -> None:
    """FT costs more than LoRA and scores less: it is on no front."""
    (setting,) = drawn(
        full_run("ft", trained=9_000_000, metrics={"BLEU": 0.5}),
        full_run("lora", metrics={"BLEU": 0.6}),
        full_run("lorma_pi", trained=50_000, metrics={"BLEU": 0.55}),
    )
    (bleu,) = [metric for metric in setting["metrics"] if metric["name"] == "BLEU"]
    names = [setting["points"][index]["method"] for index in bleu["fronts"]["trained"]]
    assert names == ["lorma_pi", "lora"]


def test_times_of_another_machine_are_left_out_and_counted() -> None:
    """Parameters are the same everywhere; times are not."""
    runs = [full_run("lora"), full_run("dora"), full_run("ft", gpu=None)]
    (setting,) = drawn(*runs)
    assert (setting["machine"], setting["elsewhere"]) == ("NVIDIA H100 80GB HBM3", 1)
    (other,) = [point for point in setting["points"] if point["method"] == "ft"]
    assert other["costs"] == {"trained": 100_000, "memory": None, "step": None}


def test_times_on_a_shared_card_are_left_out() -> None:
    """Other processes slowed its steps down; its memory is its own."""
    alone, shared, odd = (full_record(method) for method in ("lora", "dora", "ft"))
    for record, processes in ((alone, 1), (shared, 12), (odd, "many")):
        record.provenance["gpu_processes"] = processes
    runs = [run_of(record) for record in (alone, shared, odd)]
    assert [run.sharing for run in runs] == [0, 11, 0]
    (setting,) = drawn(*runs)
    costs = {point["method"]: point["costs"] for point in setting["points"]}
    assert costs["lora"] == costs["ft"] == {"trained": 100_000, "memory": 2, "step": 12.5}
    assert costs["dora"] == {"trained": 100_000, "memory": 2, "step": None}
    assert "shared with 11 other processes" in environment(runs[1])


def test_a_score_that_is_far_off_leaves_the_axis() -> None:
    """So that the others can be told apart; the chart names it."""
    (setting,) = drawn(
        full_run("one_shot", metrics={"BLEU": 0.01}),
        full_run("lora", metrics={"BLEU": 0.66}),
        full_run("dora", metrics={"BLEU": 0.67}),
    )
    bleu = setting["metrics"][0]
    assert [setting["points"][index]["method"] for index in bleu["off"]] == ["one_shot"]
    low, high = bleu["domain"]
    assert 60 < low < 66
    assert 67 < high < 75


def test_what_did_not_finish_is_not_drawn() -> None:
    """A condition without any finished run has no chart at all."""
    assert drawn(full_run(status="failed", error="ValueError")) == []
    assert drawn() == []
