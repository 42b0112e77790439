"""`python -m bench.analysis` on runs of a tiny cell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from bench.analysis.records import Analysis, parse_analysis
from bench.analysis.rows import CurveRow, RankRow, SimilarityRow
from bench.errors import NotMergeableError
from bench.methods.lora import Lora
from tests.analysis.conftest import Study


def ranks(analysis: Analysis, matrix: str) -> dict[tuple[int, str, int | None], int]:
    """Ranks by block, part and step."""
    rows = [row for row in analysis.values if isinstance(row, RankRow)]
    return {(row.block, row.part, row.step): row.rank for row in rows if row.matrix == matrix}


def test_ranks_of_every_map_now_and_at_every_snapshot(study: Study) -> None:
    """LoRA and LoRMA₊ have their rank of 4, LoRMA_π's updates and multipliers are full."""
    places = {
        (block, part, step)
        for block in (0, 1)
        for part in ("query", "value")
        for step in (None, 2, 4)
    }
    lora, plus, pi = (study.analysed("ranks", name) for name in ("lora", "lorma_plus", "lorma_pi"))
    assert ranks(lora, "update") == ranks(plus, "update") == dict.fromkeys(places, 4)
    assert ranks(lora, "multiplier") == {}
    full = {place: 48 if place[1] == "query" else 24 for place in places}
    assert ranks(plus, "multiplier") == ranks(pi, "multiplier") == full
    assert all(rank >= 0.95 * full[place] for place, rank in ranks(pi, "update").items())
    for row in pi.values:
        assert isinstance(row, RankRow)
        assert len(row.singular_values) == (row.rank if row.step is None else 0)
        assert row.energy[str(min(row.shape))] == 1.0


def test_the_evaluated_adapter_is_the_last_snapshot(study: Study) -> None:
    """With select=last, null and step 4 are one state, and step 2 is another."""
    rows = [row for row in study.analysed("ranks", "lora").values if isinstance(row, RankRow)]
    found = {step: [row.energy for row in rows if row.step == step] for step in (None, 2, 4)}
    assert found[None] == found[4] != found[2]


def test_full_fine_tuning_changes_every_map(study: Study, tiny_model: Callable[..., Any]) -> None:
    """All seven parts; ranks and values are numpy's of the trained less the loaded weight."""
    rows = study.analysed("ranks", "ft", "--blocks", "1").values
    folder = study.folder / "runs" / study.run_ids["ft"]
    trained, model = load_file(folder / "adapter.safetensors"), tiny_model().model
    last = [row for row in rows if isinstance(row, RankRow) and row.step is None]
    assert [row.part for row in last] == [
        "query", "key", "value", "output", "gate", "up", "down",
    ]  # fmt: skip
    for row in last:
        before = model.get_submodule(row.map).weight.double().numpy()
        change = trained[f"{row.map}.weight"].astype(np.float64) - before
        values = np.linalg.svd(change, compute_uv=False)
        assert row.rank == (values > max(row.shape) * 2.0**-23 * values[0]).sum()
        assert row.singular_values == pytest.approx(values[: row.rank].tolist())


def test_what_cannot_be_merged_is_refused_with_its_reason(
    failure: Callable[..., str], study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no ΔW then."""

    def refuse(*_: object) -> None:
        raise NotMergeableError("it is a curve")

    monkeypatch.setattr(Lora, "merged", refuse)
    error = failure("ranks", "lora", *study.places)
    assert "method=lora: cannot be merged: it is a curve" in error


def test_compare_sets_both_beside_lora(study: Study) -> None:
    """The run and a random matrix on each map; a run beside itself is at no distance."""
    rows = study.analysed("compare", "lorma_plus", "lora").values
    assert len(rows) == 8
    for row in rows:
        assert isinstance(row, SimilarityRow)
        assert (row.eigenvalue_sq_diff is None) == (row.part == "value")
        if row.compared == "random":
            side = 48 * (48 if row.part == "query" else 24)
            assert row.frobenius_distance == pytest.approx(side**0.5, rel=0.05)
    analysis = study.analysed("compare", "lora", "lora", "--blocks", "1")
    assert analysis.settings["rank"] == 4
    assert analysis.settings["blocks"] == [1]
    own = [row for row in analysis.values if getattr(row, "compared", "") == "update"]
    assert len(own) == 2
    for row in own:
        assert isinstance(row, SimilarityRow)
        assert row.frobenius_distance == row.singular_value_sq_diff == 0
        assert row.cosine == pytest.approx(1)
        assert row.principal_angle == pytest.approx(0, abs=1e-10)


def test_curve_reads_the_losses_of_the_runs(study: Study) -> None:
    """The areas are those of trace.jsonl."""
    (row,) = study.analysed("curve", "lorma_pi", "lora", "--window", "2").values
    assert isinstance(row, CurveRow)
    for method, area in (("lorma_pi", row.area), ("lora", row.reference_area)):
        text = (study.folder / "runs" / study.run_ids[method] / "trace.jsonl").read_text()
        a, b, c, d = (json.loads(line)["loss"] for line in text.splitlines())
        assert area == pytest.approx(a / 2 + b + c + d / 2)


def test_json_is_the_record(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is what was written; a run is found by the head of its run_id."""
    from bench.analysis.__main__ import main

    run_id = study.run_ids["lora"]
    assert main(["ranks", run_id[:7], "--json", "--blocks", "0", *study.places]) == 0
    printed = capsys.readouterr().out
    path = study.folder / "results/analysis/ranks/tiny_llama" / f"{run_id}.json"
    assert printed.strip() == path.read_text().strip()
    held = parse_analysis(printed)
    assert [run["run_id"] for run in held.runs] == [run_id]
    assert held.runs[0]["cell"]["method"] == "lora"
    assert held.runs[0]["identity"].startswith(run_id)
    assert {getattr(row, "block", None) for row in held.values} == {0}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rank", "lora"], "invalid choice"),
        ([], "required"),
        (["ranks"], "RUN_ID"),
        (["ranks", "zzzz"], "no record of such a run"),
        (["ranks", "lora", "--blocks", "7"], "no map in these blocks"),
        (["ranks", "lora", "paths.result=x"], "did you mean paths.results"),
        (["ranks", "lora", "paths.runs="], "empty"),
        (["ranks", "lora", "paths.runs=/nowhere"], "paths.runs=DIR"),
        (["curve", "lora", "lora", "--window", "0"], "must be 1 or more"),
        (["energy", "tiny_lama"], "did you mean tiny_llama?"),
        (["energy", "tiny_llama", "--block", "2"], "has blocks 0 to 1"),
        (["energy", "tiny_llama", "--rank", "49"], "48 singular values"),
        (["energy", "tiny_llama", "--keep", "0"], "--keep 0.0"),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str], expected: str, study: Study, failure: Callable[..., str]
) -> None:
    """Exit code 2, nothing on stdout."""
    given = [place for place in study.places if place.partition("=")[0] not in " ".join(words)]
    assert expected in failure(*words, *given)


def test_curves_of_other_batches_are_refused(
    study: Study, failure: Callable[..., str], tmp_path
) -> None:
    """A step of a larger batch is another step."""
    run_id = study.run_ids["lorma_pi"]
    path = study.folder / "results/e2e/tiny_llama/lorma_pi" / f"{run_id}.json"
    record = json.loads(path.read_text())
    record["config"]["train"]["batch_size"] = 8
    other = tmp_path / "e2e/tiny_llama/lorma_pi" / path.name
    other.parent.mkdir(parents=True)
    other.write_text(json.dumps(record))
    lora = study.folder / "results/e2e/tiny_llama/lora" / f"{study.run_ids['lora']}.json"
    (tmp_path / "e2e/tiny_llama/lora").mkdir()
    (tmp_path / "e2e/tiny_llama/lora" / lora.name).write_text(lora.read_text())
    error = failure("curve", "lorma_pi", "lora", f"paths.results={tmp_path}", study.places[1])
    assert "train.batch_size" in error
    assert "has 8" in error


def test_nothing_heavy_is_imported_before_the_runs_are_found() -> None:
    """A wrong run_id is told at once."""
    heavy = {"torch", "transformers", "datasets", "evaluate", "pandas", "matplotlib", "hydra"}
    code = (
        "import sys; from bench.analysis.__main__ import main; "
        "assert main(['ranks', 'zzz', 'paths.results=/nowhere']) == 2; "
        f"sys.exit(str({heavy!r} & set(sys.modules)) if {heavy!r} & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
