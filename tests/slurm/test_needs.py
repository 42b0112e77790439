"""Where Slurm cannot be tried, the smoke test says so in one line and nothing is started."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.slurm import needs, smoke
from tests.slurm.cluster import configure, free_ports


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root on a machine with no program of Slurm's."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(needs.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)


def test_without_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 77, and what was not tried."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert smoke.main() == 77
    said = capsys.readouterr().out
    assert said.startswith("slurm-smoke: not tried: a sweep of two cells")
    assert "started by root" in said


def test_without_apt(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The missing programs are named."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(needs.NotHere, match=r"no munged, slurmctld, .* no apt-get"):
        needs.get()


def test_where_apt_fails(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own last line is the reason."""
    failed = subprocess.CompletedProcess([], 100, stdout="", stderr="W: slow\nE: no network\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(needs.NotHere, match=r"apt-get update failed: E: no network$"):
        needs.get()


def test_the_cluster_is_on_loopback(tmp_path: Path) -> None:
    """Every address of its settings is 127.0.0.1, every file below its own folder."""
    settings = dict(
        line.split("=", 1)
        for line in configure(tmp_path).read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert settings["SlurmctldHost"].endswith("(127.0.0.1)")
    assert "NodeAddr=127.0.0.1 " in settings["NodeName"]
    assert settings["CommunicationParameters"] == "NoCtldInAddrAny,NoInAddrAny"
    for key in ("StateSaveLocation", "SlurmdSpoolDir", "SlurmctldPidFile", "SlurmdPidFile"):
        assert Path(settings[key]).is_relative_to(tmp_path), key
    assert (tmp_path / "munge.key").stat().st_mode & 0o777 == 0o600


def test_ports_are_free_and_different() -> None:
    """Two clusters at once do not meet."""
    assert len(set(free_ports(4))) == 4
