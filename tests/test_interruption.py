"""Signals and time limits: at once, or behind the round of a loop."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from bench.errors import TimeLimitError
from bench.interruption import Interruption


def send(number: signal.Signals) -> None:
    """Signal this process."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, ()), (signal.SIGTERM, ("SIGTERM",))])
def test_a_signal_waits_for_the_round(
    number: signal.Signals, said: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Inside a loop it is noted and told; the look stops, naming any signal but Ctrl-C."""
    with Interruption().watched() as interruption:
        with interruption.deferred():
            send(number)
            assert interruption.wanted
        with pytest.raises(KeyboardInterrupt) as stopped:
            interruption.look()
    assert stopped.value.args == said
    assert "stopping behind this step; once more to stop at once" in capsys.readouterr().err


def test_the_second_signal_stops_at_once() -> None:
    """For those who cannot wait."""
    with Interruption().watched() as interruption, interruption.deferred():
        send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGTERM)


def test_outside_of_loops_a_signal_stops_at_once() -> None:
    """Loading and scoring have no rounds."""
    with Interruption().watched(), pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        send(signal.SIGTERM)


def test_handlers_are_put_back() -> None:
    """Behind the run, signals do what they did."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interruption().watched():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_thread_receives_no_signals() -> None:
    """Python hands signals to the main thread; a run in another goes without."""
    done: list[bool] = []

    def work() -> None:
        with Interruption().watched() as interruption:
            interruption.look()
            done.append(interruption.wanted)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [False]


def test_a_time_limit_ends_the_run() -> None:
    """In minutes from the start; the message says how to go on."""
    now = [0.0]
    interruption = Interruption(2, clock=lambda: now[0])
    now[0] = 119.0
    interruption.look()
    assert not interruption.wanted
    now[0] = 121.0
    assert interruption.wanted
    with pytest.raises(TimeLimitError, match=r"time_limit=2: reached .* goes on from the last"):
        interruption.look()
