"""A run that hangs is ended, and says where; one that works, or is stopped, is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.errors import HangError
from bench.store.store import Store
from bench.watchdog import Watchdog
from tests.soak.sweeping import logged


def test_a_silent_run_is_reported_and_ended() -> None:
    """The report says for how long and shows the stack of the run; then comes exit code 1."""
    reports: list[HangError] = []
    codes: list[int] = []
    watchdog = Watchdog(0.002, reports.append, codes.append)
    with watchdog.watching():
        deadline = time.monotonic() + 20
        while not codes and time.monotonic() < deadline:
            time.sleep(0.01)
    assert codes == [1]
    (error,) = reports
    assert "longer than hang_minutes=0.002" in str(error)
    assert "test_a_silent_run_is_reported_and_ended" in error.__notes__[0]


def test_signs_of_life_keep_it_off() -> None:
    """Four times the limit passes, with signs all along."""
    codes: list[int] = []
    watchdog = Watchdog(0.005, lambda error: None, codes.append)
    with watchdog.watching():
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            watchdog.sign()
            time.sleep(0.01)
    assert codes == []


def test_the_process_ends_though_its_report_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the record cannot be written either, that is shown, and the process ended."""
    codes: list[int] = []

    def full(error: HangError) -> None:
        raise OSError("disk full")

    watchdog = Watchdog(0.0005, full, codes.append)
    with watchdog.watching():
        time.sleep(0.5)
    assert codes == [1]
    assert "OSError: disk full" in capsys.readouterr().err


@pytest.mark.parametrize("minutes", [None, 30.0])
def test_what_ends_in_time_is_not_watched_any_longer(minutes: float | None) -> None:
    """No thread stays behind, and none is made without a limit."""
    watchdog = Watchdog(minutes, lambda error: None, lambda code: None)
    started = time.monotonic()
    with watchdog.watching():
        pass
    assert time.monotonic() - started < 0.4


def test_a_stopped_process_does_not_hang() -> None:
    """A scheduler stops a process for three times the limit: it goes on to its end."""
    code = (
        "import time, os\n"
        "from bench.watchdog import Watchdog\n"
        "dog = Watchdog(0.01, lambda error: None)\n"
        "with dog.watching():\n"
        "    print('there', flush=True)\n"
        "    for _ in range(30):\n"
        "        time.sleep(0.05); dog.sign()\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    os.kill(child.pid, signal.SIGSTOP)
    time.sleep(1.8)
    os.kill(child.pid, signal.SIGCONT)
    assert child.wait(timeout=30) == 0


def test_a_run_that_hangs_leaves_a_record_and_goes_on(tmp_path: Path) -> None:
    """Its prediction sleeps: the record says where, and the same command needs no new training."""
    code = (
        "import sys, time\n"
        "from tests.soak import stub, worker\n"
        "worker.install()\n"
        "if sys.argv.pop(1) == 'hang':\n"
        "    stub.Job.predict = lambda self: time.sleep(600)\n"
        "sys.exit(worker.main())\n"
    )
    root = Path(__file__).parents[1]
    (tmp_path / "state").mkdir()
    path = os.pathsep.join([str(root / "src"), str(root)])
    given = {"PYTHONPATH": path, "BENCH_SOAK_STATE": str(tmp_path / "state")}

    def bench(how: str) -> subprocess.CompletedProcess[str]:
        minutes = "0.01" if how == "hang" else "30"
        command = [sys.executable, "-c", code, how, "model=tiny_llama", f"hang_minutes={minutes}"]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60,
            env={**os.environ, **given},
        )  # fmt: skip

    hung = bench("hang")
    assert hung.returncode == 1
    (record,), _ = Store(tmp_path / "results").read()
    assert record.status == "failed"
    assert record.error is not None
    assert record.error["type"] == "HangError"
    assert "in <lambda>" in record.error["traceback"].splitlines()[-1]
    assert record.error["message"] in hung.stderr
    assert bench("work").returncode == 0
    (record,), _ = Store(tmp_path / "results").read()
    assert record.status == "finished"
    assert [stage for stage, *_ in logged(tmp_path)] == ["fit", "predict", "score"]
