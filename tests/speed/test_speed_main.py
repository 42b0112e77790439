"""`python -m bench.speed` as a person runs it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.report.analyses.speeds import read_speeds, tables
from bench.report.analyses.write import write_grids
from bench.speed import measurement
from bench.speed import method as measuring
from bench.speed.results import MethodSpeed
from bench.speed.ways import Start
from tests.speed.conftest import only

Measured = Callable[..., tuple[int, Path]]


def test_runs_are_measured_together(measured: Measured) -> None:
    """Where asked for, whole; with the reason where a method cannot."""
    code, folder = measured(
        "methods=lora,bitfit", "packed=all", "runs=3", "peft=none", "dense=none", "queries=0"
    )
    assert code == 0
    lora, bitfit = only(folder).methods
    assert lora.packed is not None
    assert lora.packed.way == "eager"
    assert lora.packed.runs == 3
    assert lora.packed.step_ms == pytest.approx(1000 * lora.packed.seconds[0] / 2)
    assert lora.packed.run_ms == pytest.approx(lora.packed.step_ms / 3)
    assert bitfit.packed is not None
    assert bitfit.packed.reason == "method.select trains the base model's own tensors"


def test_a_tiny_measurement_is_whole(measured: Measured, capsys: pytest.CaptureFixture) -> None:
    """Every way of the CPU with its numbers, agreement with eager steps, decoding; and a table."""
    code, folder = measured("methods=lora,lorma_plus", "seed=3")
    assert code == 0
    speed = only(folder)
    assert "written: " in capsys.readouterr().out
    assert [one.method for one in speed.methods] == ["lora", "lorma_plus"]
    ways = {way.way: way for way in speed.methods[0].ways}
    for name in ("eager", "peft", "dense"):
        way = ways[name]
        assert way.step_ms is not None
        assert way.tokens_per_second is not None
        assert len(way.losses) == 4
        assert way.step_ms == pytest.approx(1000 * way.seconds[0] / 2)
        assert way.tokens_per_second == pytest.approx(speed.methods[0].tokens / way.seconds[0])
        assert way.utilisation == pytest.approx(
            4 * speed.multiplied * way.tokens_per_second / speed.peak.flops
        )
    for name in ("peft", "dense"):
        agreement = ways[name].agreement
        assert agreement is not None
        assert agreement.holds
        assert agreement.steps == 4
        assert agreement.largest is not None
        assert agreement.largest < 1e-5
    for name in ("graph", "compiled"):
        assert ways[name].reason == "CUDA graphs need a GPU"
    assert speed.decoding is not None
    assert speed.decoding.inputs == 2
    # All but the table of 1,024 positions of 48 values.
    assert (speed.values, speed.multiplied) == (118_272, 118_272 - 1024 * 48)
    assert speed.provenance["packages"]["torch"]


def test_folders_of_this_machine_are_not_kept(measured: Measured) -> None:
    """The command line is, less what names them."""
    _, folder = measured("methods=lora", "queries=0", "dense=none", "peft=none")
    speed = only(folder)
    assert "methods=lora" in speed.command
    assert not any(str(folder) in word for word in speed.command)
    assert speed.decoding is None
    assert {way.way for way in speed.methods[0].ways} == {"eager", "graph", "compiled"}


def test_losses_apart_are_an_exit_code(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The file is written all the same, and says which."""
    monkeypatch.setitem(measuring.TOLERANCES, "fp32", 1e-30)
    code, folder = measured("methods=loda", "queries=0")
    assert code == 1
    assert "losses do not agree: loda dense" in capsys.readouterr().err
    assert only(folder).apart


def test_each_method_is_on_disk_as_soon_as_it_is_measured(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A fault in the second one leaves the first."""
    first = measurement.measured

    def broken(start: Start, *others: Any) -> MethodSpeed:
        if start.attached.method.name == "loda":
            raise ZeroDivisionError
        return first(start, *others)

    monkeypatch.setattr(measurement, "measured", broken)
    with pytest.raises(ZeroDivisionError):
        measured("methods=lora,loda", "queries=0", "peft=none", "dense=none")
    assert [one.method for one in only(tmp_path / "results").methods] == ["lora"]


def test_with_dropout_nothing_is_compared(measured: Measured) -> None:
    """Each way draws masks of its own."""
    code, folder = measured("methods=lora", "dropout=model", "queries=0", "dense=none")
    assert code == 0
    assert all(way.agreement is None for way in only(folder).methods[0].ways)


def test_a_method_that_the_model_cannot_have_says_why(measured: Measured) -> None:
    """The others are measured."""
    code, folder = measured(
        "model=tiny_llama", "methods=bitfit,one_shot,lora", "peft=none", "dense=none", "queries=0"
    )
    assert code == 0
    first, second, third = only(folder).methods
    assert "no bias" in str(first.refused)
    assert "trains nothing" in str(second.refused)
    assert third.ways[0].step_ms


def test_a_method_whose_training_breaks_down_is_still_written(measured: Measured) -> None:
    """Losses that are no finite numbers are null, and agree with nothing."""
    code, folder = measured(
        "methods=lora", "method.optimizer.lr=1e30", "queries=0", "peft=none", "rounds=2"
    )
    losses = only(folder).methods[0].ways[0].losses
    assert losses[0] is not None
    assert math.isfinite(losses[0])
    assert None in losses
    assert code == 1


def test_a_shape_is_measured_without_rows(measured: Measured) -> None:
    """Random tokens on random weights."""
    code, folder = measured(
        "shape=tiny_gpt2",
        "decode.max_new_tokens=8",
        "methods=lora,prompt",
        "queries=1",
        "peft=none",
        "dense=none",
    )
    assert code == 0
    speed = only(folder)
    assert speed.drawn
    assert 60 <= speed.methods[0].tokens <= 440
    assert speed.methods[1].tokens > speed.methods[0].tokens


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("methods=lorra", "did you mean lora?"),
        ("model=gpt5", "model=gpt5: no such model"),
        ("round=3", "round: no such key"),
        ("train.batch_size=none", "train.batch_size=none"),
        ("shape=roberta_base methods=lora", "is an encoder"),
    ],
)
def test_what_is_wrong_is_one_line(
    measured: Measured, capsys: pytest.CaptureFixture, word: str, said: str
) -> None:
    """Exit code 2, and nothing is written."""
    code, folder = measured(*word.split())
    error = capsys.readouterr().err
    assert code == 2
    assert said in error
    assert len(error.splitlines()) == 1
    assert not folder.exists()


def test_the_report_shows_it(measured: Measured) -> None:
    """A page with every method, and a figure in both forms."""
    _, folder = measured("methods=lora,loda", "queries=0", "peft=none")
    found, damaged = read_speeds(folder)
    assert not damaged
    written = write_grids(folder, tables(found))
    assert [path.suffix for path in written] == [".md", ".tex", ".csv", ".svg", ".png"]
    page = written[0].read_text(encoding="utf-8")
    assert "| lora " in page
    assert "| loda " in page


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_on_a_gpu_steps_are_graphs_that_agree(measured: Measured, precision: str) -> None:
    """Every way has its time and its memory, and none is far from eager steps."""
    code, folder = measured(
        "methods=lora,lorma_pi", "device=cuda", f"train.precision={precision}", "compiled=lora"
    )
    assert code == 0
    for one in only(folder).methods:
        for way in one.ways:
            assert way.reason is None or way.way == "peft"
            assert way.memory is not None or way.reason
            assert way.agreement is None or way.agreement.holds
