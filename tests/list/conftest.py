"""`python -m bench.list` in this process, and records for it to list."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.list.__main__ import main
from bench.store.record import Record
from bench.store.store import Store

CELL = {"task": "e2e", "model": "gpt2", "method": "lora", "seed": 3, "preset": "quick"}
REST = {"config": {}, "identity": {}}


@pytest.fixture
def listed(capsys) -> Callable[..., list[dict[str, Any]]]:
    """What the command prints as JSON."""

    def listed(*arguments: str) -> list[dict[str, Any]]:
        assert main([*arguments, "--json"]) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    return listed


@pytest.fixture
def failure(capsys) -> Callable[..., str]:
    """The one line on stderr of a call that ends with exit code 2 and prints nothing else."""

    def failure(*arguments: str) -> str:
        assert main(arguments) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error.count("\n") == 1
        return error

    return failure


@pytest.fixture
def results(tmp_path) -> Path:
    """A finished and a failed run of `CELL`."""
    store = Store(tmp_path / "results")
    metrics = {"CIDEr": 2.5, "NIST": None, "BLEU": 0.68129, "extra": 1.0}
    done = {"run_id": "1234567890e51234", "status": "finished", "cell": CELL, "metrics": metrics}
    failed = {"run_id": "00aa00aa00aa00aa", "status": "failed", "cell": {**CELL, "method": "ft"}}
    store.write(Record(**REST, **done, data={"source": "synthetic"}))
    store.write(Record(**REST, **failed, data={}))
    return store.results
