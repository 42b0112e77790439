"""The command: exit codes and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.canary import digits, store, stored
from bench.canary.__main__ import main
from bench.canary.digits import Digits
from bench.canary.store import Renewed
from bench.canary.stored import load

Patch = pytest.MonkeyPatch


def here(patch: Patch, **changed: object) -> None:
    """Let the cell give the stored digits, or others."""
    held = load().digits
    assert held is not None

    def run_cell(*_: object) -> Digits:
        return replace(held, **changed)  # type: ignore[arg-type]

    patch.setattr(digits, "run_cell", run_cell)


def test_the_same_digits_are_success(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0, and it says so."""
    here(monkeypatch)
    assert main([]) == 0
    assert "the same to the digit" in capsys.readouterr().out


def test_other_digits_are_told(monkeypatch: Patch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, also where they are the same but for rounding."""
    here(monkeypatch, adapter="0" * 64)
    assert main([]) == 1
    assert "NOT to the digit: adapter" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("device=gpu", "device=gpu: no such choice; did you mean cpu? allowed: cpu, cuda"),
        ("train.precision=fp64", "allowed: bf16, fp32, tf32"),
        ("threads=2", "threads: no such key"),
        ("--keep", "unrecognized arguments: --keep; see python -m bench.canary --help"),
    ],
)
def test_what_is_not_understood_is_told(
    argument: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 with one line."""
    assert main([argument]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_nothing_stored_is_told(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, with the command that stores."""
    monkeypatch.setattr(stored, "load", stored.Stored)
    assert main([]) == 2
    assert "run python -m bench.canary --store" in capsys.readouterr().err


def test_storing_writes_or_tells_why_not(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file changes only where nothing is refused."""
    path = tmp_path / "stored.json"
    monkeypatch.setattr(stored, "PATH", path)
    saved = stored.save
    monkeypatch.setattr(stored, "save", lambda held: saved(held, path))
    monkeypatch.setattr(store, "renew", lambda _: Renewed(stored=None, refused=["because"]))
    assert main(["--store"]) == 1
    assert capsys.readouterr().err == "nothing is stored:\nbecause\n"
    assert not path.exists()
    held = load()
    monkeypatch.setattr(store, "renew", lambda _: Renewed(stored=held, refused=[]))
    assert main(["--store"]) == 0
    assert load(path) == held
