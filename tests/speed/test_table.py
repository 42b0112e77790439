"""A measurement as rows and sentences."""

from __future__ import annotations

from dataclasses import replace

from bench.speed.notes import notes
from bench.speed.results import Memory, PackedSpeed, Speed
from bench.speed.show import as_text
from bench.speed.table import fastest, grid
from tests.speed.conftest import example


def test_a_row_has_every_way_and_what_the_fastest_comes_to(speed: Speed) -> None:
    """PEFT was measured nowhere, so it has no column; a refused method has no row."""
    found = grid(speed)
    assert found.heads == (
        "method", "trained", "eager, ms", "graph, ms", "tokens/s", "MFU", "memory, MiB",
        "largest difference",
    )  # fmt: skip
    assert found.rows == (("loda", "1,664", "20.0", "5.0", "4,000", "1.6%", "5", "2e-04"),)


def test_a_device_without_memory_numbers_has_no_column_for_them(speed: Speed) -> None:
    """As on a CPU."""
    first = speed.methods[0]
    ways = [{**vars(way), "memory": None} for way in first.ways]
    found = grid(example(methods=({**vars(first), "ways": ways},)))
    assert "memory, MiB" not in found.heads
    assert len(found.rows[0]) == len(found.heads)


def test_the_fastest_is_one_of_ours(speed: Speed) -> None:
    """HF PEFT's time is never told as ours."""
    first = speed.methods[0]
    ways = [{**vars(way), "way": "peft"} if way.way == "graph" else vars(way) for way in first.ways]
    one = example(methods=({**vars(first), "ways": ways[:2]},)).methods[0]
    best = fastest(one)
    assert best is not None
    assert best.way == "eager"


def test_notes_tell_what_was_measured_and_what_was_not(speed: Speed) -> None:
    """Rows, passes, decoding, and each reason with its methods."""
    told = "\n".join(notes(speed))
    for part in (
        "118,272 values, on Device 1",
        "batches of 8 hub e2e rows, no dropout",
        "4 operations for 69,120 values and each real token, of 1 Tflop/s (measured)",
        "10 beams, graph: 0.250 s an input, 0.500 s by transformers alone",
        "75% of the texts are the same",
        "HF PEFT: HF PEFT has no such method (loda)",
        "no bias here (bitfit)",
    ):
        assert part in told
    drawn = "\n".join(notes(example(drawn=True)))
    assert "random tokens" in drawn
    # What random weights say is decided by the last digit.
    assert "texts" not in drawn


def test_runs_together_have_a_column_of_their_own(speed: Speed) -> None:
    """What a run takes of a joint step, and all of its memory."""
    first = speed.methods[0]
    memory = Memory(allocated_peak=7 << 20, reserved_peak=8 << 20)
    packed = PackedSpeed(runs=8, way="graph", step_ms=12.0, memory=memory, seconds=(0.024,))
    found = example(methods=(replace(first, packed=packed),))
    assert grid(found).heads[4:6] == ("8 packed, ms a run", "tokens/s")
    assert grid(found).rows[0][4] == "1.5"
    expected = "packed: 8 runs of loda train together as graph steps of 12.0 ms, in 7 MiB"
    assert expected in notes(found)
    refused = replace(first, packed=PackedSpeed(runs=8, reason="nothing trains"))
    assert "packed: nothing trains (loda)" in notes(example(methods=(refused,)))


def test_the_screen_shows_both(speed: Speed) -> None:
    """The table stands before its notes."""
    text = as_text(speed)
    assert text.index("1,664") < text.index("Tflop/s")
