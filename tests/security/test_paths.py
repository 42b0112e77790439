"""Nothing that a record, a run's folder or a data folder says leads out of its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.__main__ import main as analysis
from bench.analysis.records import Analysis, read_analyses, write_analysis
from bench.config import Cell, DataConfig
from bench.errors import ConfigError, DataError, StoreError
from bench.export.__main__ import main as export
from bench.rerun.__main__ import main as rerun
from bench.start import with_start
from bench.store.names import check_inside, check_name, check_run_id
from bench.store.record import Record, parse
from bench.store.store import Store
from bench.tasks import local
from bench.tasks.e2e import E2E
from bench.trained import find_adapter, find_record
from tests.security.hostile import CELL, RUN_ID, put, values

BAD_NAMES = (
    "..", ".", "", ".hidden", "../../etc", "/etc", "a/b", "a\\b", "a\0b", "a\n", "a b", "~",
    "$HOME", "ä", "a" * 101, 7, None, ["a"],
)  # fmt: skip
BAD_RUN_IDS = (
    "../../../../etc/passwd", "..", "", "/etc/passwd", "0123456789abcde", "0123456789abcdef0",
    "0123456789ABCDEF", "0123456789abcdeg", "0123456789abcdef\n", "０123456789abcdef", 16, None,
)  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_what_is_no_name(name: object) -> None:
    """A separator, a dot in front, white space, another alphabet, or no text at all."""
    with pytest.raises(StoreError, match="must be a name"):
        check_name("cell.task", name)
    for section in ("task", "model", "method"):
        with pytest.raises(StoreError, match=f"cell.{section}="):
            parse(json.dumps(values(cell={**CELL, section: name})))


@pytest.mark.parametrize("run_id", BAD_RUN_IDS)
def test_what_is_no_run_id(run_id: object, tmp_path: Path) -> None:
    """16 lower-case hexadecimal digits and nothing else, in a record and in a path."""
    with pytest.raises(StoreError, match="must be 16 digits"):
        check_run_id(run_id)
    with pytest.raises(StoreError, match="must be 16 digits"):
        parse(json.dumps(values(run_id=run_id)))
    with pytest.raises(StoreError, match="must be 16 digits"):
        Store(tmp_path).path(dict(CELL), run_id)  # type: ignore[arg-type]


def test_real_names_are_allowed() -> None:
    """Everything that the project itself calls tasks, models and methods, and all its records."""
    from bench.list.catalogues import models
    from bench.list.methods import methods
    from bench.registry import tasks

    names = [*tasks(), *(entry["name"] for entry in (*models(), *methods(None)))]
    assert len(names) > 50
    for name in names:
        assert check_name("name", name) == name
    records, damaged = Store(Path(__file__).parents[2] / "results").read()
    assert len(records) > 50
    assert damaged == []


@pytest.mark.parametrize(
    "path",
    ["../x/adapter.safetensors", "/etc/passwd", f"{RUN_ID}/../../x", f"{RUN_ID}/a/b", RUN_ID,
     f"{RUN_ID}/..", "fedcba9876543210/adapter.safetensors", 7, None],
)  # fmt: skip
def test_artifacts_are_files_of_the_run(path: object) -> None:
    """A path elsewhere is refused before anybody opens it."""
    with pytest.raises(StoreError, match=r"artifacts\.adapter=.*is no file of run"):
        parse(json.dumps(values(artifacts={"adapter": {"path": path, "sha256": "0" * 64}})))


def test_a_written_record_stays_inside(tmp_path: Path) -> None:
    """Names and links are checked again where a record is written."""
    results, outside = tmp_path / "results", tmp_path / "outside"
    outside.mkdir()
    record = Record(run_id=RUN_ID, status="finished", cell=dict(CELL), config={}, identity={})
    record.cell["method"] = "../../../outside"
    with pytest.raises(StoreError, match=r"cell\.method"):
        Store(results).write(record)
    record.cell["method"] = "lora"
    (results / "e2e").mkdir(parents=True)
    (results / "e2e" / "tiny").symlink_to(outside)
    with pytest.raises(StoreError, match="leads out of"):
        Store(results).write(record)
    assert list(outside.iterdir()) == []


def test_a_record_behind_a_link_is_not_read(tmp_path: Path) -> None:
    """Neither as a record nor in a message is anything told of what is in the file."""
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(values(status="failed")))
    results = tmp_path / "results"
    place = put(results, "")
    place.unlink()
    place.symlink_to(secret)
    records, (damaged,) = Store(results).read()
    assert records == []
    assert "leads out of" in damaged.reason
    with pytest.raises(StoreError, match="leads out of"):
        find_record(results, RUN_ID)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    """A shared disk is often reached by one."""
    put(tmp_path / "disk", values())
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    assert find_record(tmp_path / "results", RUN_ID).run_id == RUN_ID


def test_links_in_a_circle(tmp_path: Path) -> None:
    """One line, not an endless walk."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(StoreError, match="check its links"):
        check_inside(tmp_path / "a", tmp_path)


HOSTILE = (
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    "%2e%2e",
    "a" * 5000,
    "\x1b[31m",
    "*",
    "a\0b",
)


@pytest.mark.parametrize("run_id", HOSTILE)
@pytest.mark.parametrize(
    ("command", "words"),
    [(export, ["--to", "merged"]), (analysis, []), (rerun, [])],
    ids=["export", "analysis", "rerun"],
)
def test_commands_with_a_hostile_run_id(
    command: Callable[[list[str]], int], words: list[str], run_id: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One line, exit code 2, nothing made."""
    put(tmp_path / "results", values())
    kind = ["ranks"] if command is analysis else []
    places = [f"paths.results={tmp_path / 'results'}", f"paths.runs={tmp_path / 'runs'}"]
    assert command([*kind, run_id, *words, *places]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert "\x1b" not in error
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("run_id", HOSTILE)
def test_starting_from_a_hostile_run_id(
    run_id: str, compose_cell: Callable[..., Cell], tmp_path: Path
) -> None:
    """`train.start_from` is looked up among records, and never made into a path."""
    from dataclasses import replace

    cell = compose_cell()
    cell = replace(cell, train=replace(cell.train, start_from=run_id))
    with pytest.raises((StoreError, ConfigError), match="no record of such a run"):
        with_start(cell)


def test_a_records_file_that_tells_of_another_run(tmp_path: Path) -> None:
    """A record whose run_id is not its file's name is not that run's."""
    put(tmp_path, values(run_id="f" * 16))
    with pytest.raises(StoreError, match="holds the record of another run"):
        find_record(tmp_path, RUN_ID)


def test_an_adapter_behind_a_link(tmp_path: Path) -> None:
    """A run's folder, or a file in it, that lies elsewhere is refused."""
    runs, outside = tmp_path / "runs", tmp_path / "outside"
    outside.mkdir()
    (outside / "adapter.safetensors").write_bytes(b"x")
    runs.mkdir()
    (runs / RUN_ID).symlink_to(outside)
    noted = {"adapter": {"path": f"{RUN_ID}/adapter.safetensors", "sha256": "0" * 64}}
    record = parse(json.dumps(values(artifacts=noted)))
    with pytest.raises(StoreError, match="leads out of"):
        find_adapter(runs, record)
    (runs / RUN_ID).unlink()
    (runs / RUN_ID).mkdir()
    (runs / RUN_ID / "adapter.safetensors").symlink_to(outside / "adapter.safetensors")
    with pytest.raises(StoreError, match="leads out of"):
        find_adapter(runs, record)


def test_an_analysis_stays_inside(tmp_path: Path) -> None:
    """The model's name of a record names a folder of the analyses."""
    given: dict[str, Any] = {"kind": "ranks", "name": RUN_ID, "runs": [], "settings": {},
                             "values": [], "created": "", "provenance": {}}  # fmt: skip
    with pytest.raises(StoreError, match=r"model\.name"):
        write_analysis(tmp_path / "results", Analysis(model={"name": "../../../x"}, **given))
    with pytest.raises(StoreError, match=r"model\.name"):
        parse(json.dumps(values(model={"name": "../../../x"})))
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    place = tmp_path / "results" / "analysis" / "ranks" / "tiny" / "a.json"
    place.parent.mkdir(parents=True)
    place.symlink_to(secret)
    found, (damaged,) = read_analyses(tmp_path / "results")
    assert found == []
    assert "leads out of" in damaged.reason


def test_rows_behind_a_link(tmp_path: Path) -> None:
    """data/e2e/test.jsonl -> a file elsewhere: refused, and none of it is told."""
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0\n")
    (file,) = E2E.files["test"]
    root = tmp_path / "data"
    place = root / file.source.folder
    place.mkdir(parents=True)
    (place / f"{file.local}.jsonl").symlink_to(secret)
    with pytest.raises(DataError, match=r"leads outside data\.root") as raised:
        local.read(file, DataConfig(source="local", root=root))
    assert "root:x" not in str(raised.value)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"leads outside data\.root"):
        local.read(file, DataConfig(source="local", root=root))
