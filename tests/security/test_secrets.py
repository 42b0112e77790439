"""Tokens and passwords are in no file that a run leaves, and in nothing that is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.config import Cell
from bench.errors import DataError
from bench.run import run
from bench.store.folder import RunFolder
from bench.store.redact import redact, redacted, secrets
from bench.store.store import Store
from bench.tracking import tracking

TOKEN = "hf_Zk3v-9q/W+x="


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token in the environment."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return TOKEN


def holding(folder: Path, text: str) -> list[Path]:
    """Files below a folder with a text in them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if text.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    "name",
    ["HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS", "DB_PASSWORD", "GOOGLE_CREDENTIALS",
     "my_token"],
)  # fmt: skip
def test_which_variables_are_secret(name: str) -> None:
    """Their names say so, in any case; values of 8 characters or more."""
    assert secrets({name: "12345678"}) == ("12345678",)
    assert secrets({name: "1234567"}) == ()
    assert secrets({"HOME": "12345678"}) == ()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("token s3cret-value.", "token ***."),
        ("s3cret-values3cret-value", "******"),
        ("https://user:pa55@host/x", "https://***@host/x"),
        ("http://user@host:80", "http://***@host:80"),
        ("https://a:b@c@host/", "https://***@host/"),
        ("mail a@b.c, https://host/a@b", "mail a@b.c, https://host/a@b"),
        ("nothing", "nothing"),
    ],
)
def test_what_is_hidden(text: str, clean: str) -> None:
    """Known values wherever they stand, and who logs in by a URL."""
    assert redact(text, secrets({"TOKEN": "s3cret-value"})) == clean


def test_a_secret_in_another_spelling() -> None:
    """As Python, JSON and URLs write it; the longer of two secrets is hidden whole."""
    secret = 'a"b\\c d/é1'
    hidden = secrets({"TOKEN": secret})
    for spelled in (secret, repr(secret), json.dumps(secret), "a%22b%5Cc%20d%2F%C3%A91"):
        assert redact(spelled, hidden).strip("'\"") == "***"
    assert redact("12345678abc", secrets({"A_KEY": "12345678", "B_KEY": "12345678abc"})) == "***"


def test_plain_data() -> None:
    """Texts at any depth; numbers and keys stay."""
    held = {"a": ["s3cret-value", 1, None, {"s3cret-value": "x s3cret-value"}]}
    clean = {"a": ["***", 1, None, {"s3cret-value": "x ***"}]}
    assert redacted(held, ("s3cret-value",)) == clean


def test_a_message_without_the_secret(token: str) -> None:
    """Errors that a person reads, on a terminal or in a log of Slurm."""
    assert str(DataError(f"refused: {token}")) == "refused: ***"


def test_a_failing_run_leaves_it_nowhere(
    token: str, compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """An exception with the token, in a frame whose line holds it too: message and traceback."""
    cell = compose_cell()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"401 for https://me:{token}@hub.example, Bearer {token}")

    monkeypatch.setattr("bench.stages.load", fail)
    with pytest.raises(RuntimeError):
        run(cell)
    (record,), _ = Store(cell.paths.results).read()
    assert record.status == "failed"
    assert record.error is not None
    assert record.error["message"] == "401 for https://***@hub.example, Bearer ***"
    assert "Bearer ***" in record.error["traceback"]
    assert holding(cell.paths.results, token) == []
    assert holding(cell.paths.runs, token) == []
    assert token not in capsys.readouterr().out


def test_a_finished_run_leaves_it_nowhere(
    token: str, compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reason that a program gave for a missing metric, a setting, and a line of the log."""
    from bench.metrics import e2e
    from bench.metrics.scores import Scores

    lacking = Scores({"BLEU": 1.0, "METEOR": None}, {"METEOR": f"java -Dkey={token}"})
    monkeypatch.setattr(e2e, "score_e2e", lambda *_: lacking)
    cell = compose_cell(f"+logging.project='{token}'")
    record = run(cell)
    assert record.unavailable == {"METEOR": "java -Dkey=***"}
    assert record.config["logging"]["project"] == "***"
    with tracking(cell, RunFolder(cell.paths.runs / record.run_id), record.run_id) as tracker:
        tracker.say(f"using {token}")
    assert (cell.paths.runs / record.run_id / "log.txt").read_text().endswith("using ***\n")
    assert holding(cell.paths.results, token) == []
    assert holding(cell.paths.runs, token) == []


def test_what_is_sent(
    token: str, compose_cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Weights & Biases gets no secret, and no folder, name or output of this machine."""
    import sys

    started: dict[str, Any] = {}

    def init(**options: Any) -> SimpleNamespace:
        started.update(options)
        return SimpleNamespace(finish=lambda: None)

    fake = SimpleNamespace(
        init=init, login=lambda **_: False, Settings=lambda **options: options
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "wandb", fake)
    root = tmp_path / "rows"
    cell = compose_cell(
        "logging=wandb", f"train.start_from='{token}'", "data=local", f"data.root={root}",
        f"model.path={tmp_path / 'base'}",
    )  # fmt: skip
    with tracking(cell, RunFolder(tmp_path / "run"), "abc"):
        pass
    sent = json.dumps(started["config"])
    assert started["config"]["train"]["start_from"] == "***"
    assert token not in sent
    assert str(tmp_path) not in sent
    told = started["settings"]
    assert (told["console"], told["host"]) == ("off", "")
    assert told["x_disable_meta"] is told["x_disable_machine_info"] is told["disable_git"] is True


def test_those_settings_are_of_the_package() -> None:
    """Weights & Biases knows each of them under this name, and takes the value."""
    wandb = pytest.importorskip("wandb")
    from bench.tracking import UNTOLD

    settings = wandb.Settings(**UNTOLD)
    assert {name: getattr(settings, name) for name in UNTOLD} == UNTOLD
