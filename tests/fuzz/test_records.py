"""Records of any content are read, or left out in one line; no command falls over one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config import cell_from
from bench.metrics import e2e
from bench.metrics.scores import Scores
from bench.store.store import Damaged, Store
from tests.cells import compose_settings
from tests.fuzz.effort import cases
from tests.fuzz.places import Place, changed, places, without
from tests.fuzz.told import check_line
from tests.fuzz.values import json_values, nested
from tests.specs import SPECS

if TYPE_CHECKING:
    from bench.report.runs import Run

TINY = (
    "model=tiny_gpt2", "method=lora", "train.steps=2", "train.batch_size=2", "train.limit=8",
    "train.validation_limit=2", "eval.limit=2", "decode.beams=1", "decode.max_new_tokens=2",
    "threads=1", "device=cpu",
)  # fmt: skip

Mutation = tuple[Place, Any]
LEFT_OUT = object()
"""In place of a value: the place itself is left out."""


@dataclass(frozen=True)
class Bench:
    """Folders with one finished run, whose record is replaced."""

    home: Path
    record: dict[str, Any] = field(repr=False)

    @property
    def path(self) -> Path:
        """Where its record is."""
        cell = self.record["cell"]
        parts = [cell[name] for name in ("task", "model", "method")]
        return self.home.joinpath("results", *parts, f"{self.record['run_id']}.json")

    @property
    def settings(self) -> list[str]:
        """Where commands find the folders."""
        return [f"paths.{name}={self.home / name}" for name in ("results", "runs")]

    def hold(self, content: bytes) -> None:
        """Put `content` in place of the record."""
        shutil.rmtree(self.home / "results")
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(content)

    def hold_changed(self, mutations: list[Mutation]) -> None:
        """Put the record there, with changes that still have their place in it."""
        held = self.record
        for place, value in mutations:
            if place in list(places(held)):
                held = without(held, place) if value is LEFT_OUT else changed(held, place, value)
        self.hold(json.dumps(held).encode())


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A tiny model that was trained, with scores that were not computed."""
    from bench.run import run

    home = tmp_path_factory.mktemp("bench")
    folders = [f"paths.{name}={home / name}" for name in ("results", "runs")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(e2e, "score_e2e", lambda *_: Scores({"BLEU": 0.25, "METEOR": None}))
        run(cell_from(compose_settings(*TINY, *folders)))
    (path,) = (home / "results").glob("*/*/*/*.json")
    return Bench(home, json.loads(path.read_text()))


@st.composite
def mutations(draw: st.DrawFn, bench: Bench) -> list[Mutation]:
    """A few places of the record, each with what stands there instead."""
    where = st.sampled_from(list(places(bench.record)))
    new = json_values() | st.just(LEFT_OUT)
    return draw(st.lists(st.tuples(where, new), min_size=1, max_size=3))


def contents() -> st.SearchStrategy[bytes]:
    """Any bytes, any JSON, and what makes readers of JSON fall over."""
    odd = [
        b"", b"\0", b"{", b"\xff", b"[" * 200_000, b'{"a":' * 20_000, b"9" * 5000, b"NaN",
        b"1e999", b'{"schema": "bench-record/1"}', b'{"schema": "bench-record/2"}',
        b"\xef\xbb\xbf{}", json.dumps(nested(300)).encode(),
        b'{"schema": "bench-record/1", "run_id": Infinity}',
    ]  # fmt: skip
    as_json = json_values().map(lambda value: json.dumps(value).encode())
    return st.sampled_from(odd) | st.binary(max_size=60) | as_json


def commands(bench: Bench) -> dict[str, Callable[[], int]]:
    """The commands that read records without a model; each returns its exit code."""
    from bench.list.__main__ import main as list_main

    places = bench.settings[:1]
    return {
        "list": lambda: list_main(["runs", *places]),
        "list as JSON": lambda: list_main(["runs", "--json", *places]),
        "report": lambda: reported(bench.home / "results"),
    }


def reported(results: Path) -> int:
    """All that bench.report computes, without drawing; of no runs it is the same every time."""
    from bench.report.runs import read_runs

    runs, damaged = read_runs(results)
    for file in damaged:
        check_line(file.reason)
    if runs:
        render(runs)
    else:
        render_nothing()
    return 0


@cache
def render_nothing() -> None:
    """Every table where each record is left out."""
    render([])


def render(runs: list[Run]) -> None:
    """Every table in every form, and the data of its figures."""
    from bench.report import latex, markdown, tidy
    from bench.report.figures.pictures import pictures
    from bench.report.tables import blocks_of

    for spec in SPECS:
        blocks = blocks_of(spec, runs)
        for form in (latex, markdown, tidy):
            form.render(spec, blocks).encode()
        list(pictures(spec, blocks))


def check_commands(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command works, naming on stderr what it leaves out, a line each."""
    records, damaged = Store(bench.home / "results").read()
    assert len(records) + len(damaged) == 1
    for one in damaged:
        assert isinstance(one, Damaged)
        check_line(one.reason)
    for name, command in commands(bench).items():
        assert command() == 0, name
        said = capsys.readouterr()
        for line in said.err.splitlines():
            assert line.startswith("bench: "), (name, said.err)


@cases(25, times=40)
@given(content=contents())
def test_any_bytes(content: bytes, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no record is left out, and named."""
    bench.hold(content)
    check_commands(bench, capsys)


@cases(40, times=60)
@given(data=st.data())
def test_any_change(data: st.DataObject, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """A record with other values is read or left out."""
    bench.hold_changed(data.draw(mutations(bench)))
    check_commands(bench, capsys)


@cases(8, times=80)
@given(data=st.data(), command=st.sampled_from(["ranks", "curve", "peft", "merged"]))
def test_commands_that_rebuild(
    data: st.DataObject, command: str, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Analysis and export of a run whose record was changed."""
    bench.hold_changed(data.draw(mutations(bench)))
    check_rebuilt(command, bench, capsys)


def check_rebuilt(command: str, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that loads the model of a record leaves files, or says why not in one line."""
    from bench.analysis.__main__ import main as analyse
    from bench.export.__main__ import main as export

    shutil.rmtree(bench.home / "out", ignore_errors=True)
    run = str(bench.record["run_id"])
    if command in {"ranks", "curve"}:
        runs = [run] if command == "ranks" else [run, run]
        code = analyse([command, *runs, *bench.settings])
    else:
        out = ["--to", command, "--out", str(bench.home / "out")]
        code = export([run, *out, *bench.settings])
    said = capsys.readouterr()
    assert code in {0, 2}
    if code == 2:
        check_line(said.err.splitlines()[-1])
        assert said.err.startswith("bench"), said.err


@pytest.mark.parametrize(
    "mutation",
    [
        (("identity", "inputs"), None),
        (("artifacts",), {"a" * 5000: 3}),
        (("metrics",), {"\ud800": 10**400}),
        (("model",), {}),
        (("identity",), {}),
        (("cell", "preset"), LEFT_OUT),
        (("config", "train"), []),
    ],
)
def test_changes_that_were_found(
    mutation: Mutation, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Changes that some command fell over, or might: each is read, left out, or told."""
    bench.hold_changed([mutation])
    check_commands(bench, capsys)
    check_rebuilt("curve", bench, capsys)
    check_rebuilt("peft", bench, capsys)


def test_the_record_as_it_is(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """What is changed above is a record that every command can use."""
    bench.hold_changed([])
    check_commands(bench, capsys)
    records, _ = Store(bench.home / "results").read()
    assert [one.run_id for one in records] == [bench.record["run_id"]]
