"""A run is worked on by one process; a dead one's claim is taken over, a living one's never."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ClaimedError, ClaimLostError
from bench.store.claim import BEAT, FILE, SILENCE, Claim, claimed, holder, left_behind
from bench.store.owner import Owner, parse_owner, this_process

HOLDER = """
import sys, time
from pathlib import Path
from bench.store.claim import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:  # type: ignore[misc]
    """Another process, which holds the claim of tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def write_claim(folder: Path, owner: Owner, age: float = 0.0) -> None:
    """A claim with its last sign of life `age` seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(owner.to_json())
    moment = time.time() - age
    os.utime(folder / FILE, (moment, moment))


def test_a_claim_is_there_until_the_block_ends(tmp_path: Path) -> None:
    """The file names this process; it is removed on the way out, on errors too."""
    folder = tmp_path / "run"
    for error in (None, ValueError):
        try:
            with claimed(folder):
                owner = parse_owner((folder / FILE).read_text())
                assert owner is not None
                assert owner.pid == os.getpid()
                assert holder(folder) == owner
                if error:
                    raise error
        except ValueError:
            pass
        assert not (folder / FILE).exists()
        assert holder(folder) is None


def test_a_living_process_keeps_its_claim(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """The error names host, process and since when; the owner's file is left alone."""
    before = (tmp_path / FILE).read_text()
    with (
        pytest.raises(ClaimedError, match=rf"process {other.pid} on .+ since 20\d\d-"),
        claimed(tmp_path),
    ):
        pass
    assert (tmp_path / FILE).read_text() == before


def test_a_stopped_process_keeps_its_claim_on_its_host(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    """A process that a scheduler stopped is seen to be there, however long it was silent."""
    other.send_signal(signal.SIGSTOP)
    moment = time.time() - 10 * SILENCE
    os.utime(tmp_path / FILE, (moment, moment))
    owner = holder(tmp_path)
    assert owner is not None
    assert owner.pid == other.pid


@pytest.mark.parametrize("wait", [True, False])
def test_a_killed_process_loses_its_claim_at_once(
    tmp_path: Path, other: subprocess.Popen[str], wait: bool
) -> None:
    """Also where nobody has asked for its exit code, so that the number is still taken."""
    other.kill()
    if wait:
        other.wait()
    else:
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert left_behind(tmp_path)
    with claimed(tmp_path):
        owner = holder(tmp_path)
        assert owner is not None
        assert owner.pid == os.getpid()
    assert not left_behind(tmp_path)


def test_a_number_used_again_is_another_process(tmp_path: Path) -> None:
    """A living process of the same number that started at another time is not the owner."""
    mine = this_process()
    write_claim(tmp_path, mine)
    assert holder(tmp_path) == mine
    write_claim(tmp_path, replace(mine, started=mine.started - 60))
    assert holder(tmp_path) is None


@pytest.mark.parametrize("machine", ["other-host boot ns", "same-name other-boot ns"])
def test_another_host_is_judged_by_its_silence(tmp_path: Path, machine: str) -> None:
    """Not by its process number, which means nothing here; a host restarted is another."""
    far = replace(this_process(), machine=machine, pid=2**22 + 1)
    write_claim(tmp_path, far, age=SILENCE - 5)
    assert holder(tmp_path) == far
    with pytest.raises(ClaimedError), claimed(tmp_path):
        pass
    write_claim(tmp_path, far, age=SILENCE + 5)
    assert holder(tmp_path) is None
    with claimed(tmp_path):
        assert holder(tmp_path) is not None


def test_silence_is_measured_by_the_file_servers_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose own clock is an hour wrong takes nothing from the living."""
    far = replace(this_process(), machine="elsewhere")
    write_claim(tmp_path, far)
    real = time.time
    for wrong in (-3600, 3600):
        monkeypatch.setattr(time, "time", lambda wrong=wrong: real() + wrong)
        assert holder(tmp_path) == far


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"pid": 1}', "\x00\x01", "null"])
def test_a_torn_claim_is_nobodys(tmp_path: Path, torn: str) -> None:
    """A claim is written whole, so that a torn one has no owner that could go on with it."""
    (tmp_path / FILE).write_text(torn)
    assert holder(tmp_path) is None
    assert not left_behind(tmp_path)
    with claimed(tmp_path):
        assert holder(tmp_path) is not None


def test_signs_of_life_are_given(tmp_path: Path) -> None:
    """The time of the claim follows the clock while its process works."""
    with claimed(tmp_path, beat=0.01):
        os.utime(tmp_path / FILE, (1, 1))
        deadline = time.monotonic() + 20
        while (tmp_path / FILE).stat().st_mtime < time.time() - 60:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_who_lost_a_claim_is_told_and_leaves_the_new_one(tmp_path: Path) -> None:
    """A process that was stopped for long wakes up: it gives no sign for another, and stops."""
    new = replace(this_process(), machine="elsewhere", host="elsewhere")
    with claimed(tmp_path, beat=0.01) as claim:
        claim.check()
        write_claim(tmp_path, new, age=60)
        written = (tmp_path / FILE).stat().st_mtime
        with pytest.raises(ClaimLostError, match=r"taken over by process \d+ on elsewhere"):
            claim.check()
        time.sleep(0.1)
    assert (tmp_path / FILE).stat().st_mtime == written
    assert parse_owner((tmp_path / FILE).read_text()) == new


def test_loops_look_once_in_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`alive` reads nothing until a beat has passed."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    claim = Claim(tmp_path, this_process())
    write_claim(tmp_path, replace(this_process(), token="another"))  # noqa: S106
    claim.alive()
    clock[0] += BEAT + 1
    with pytest.raises(ClaimLostError):
        claim.alive()


def test_of_many_at_once_one_gets_it(tmp_path: Path) -> None:
    """Twelve claim a dead owner's run at the same moment, thirty times: one each time."""
    dead = replace(this_process(), started=0.0)
    ready = threading.Barrier(12)

    def attempt(number: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        for turn in range(30):
            folder = tmp_path / str(turn)
            if number == 0:
                write_claim(folder, dead)
            ready.wait()
            try:
                with claimed(folder):
                    seen["got"] += 1
                    ready.wait()
            except ClaimedError:
                seen["refused"] += 1
                ready.wait()
        return seen

    with ThreadPoolExecutor(12) as pool:
        total = sum(pool.map(attempt, range(12)), Counter())
    assert total == {"got": 30, "refused": 330}
