"""`python -m bench.report` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.report.__main__ import main
from tests.report.report_records import make_record, write
from tests.specs import SPECS


def some_records():
    """Records of every kind: seeds, groups, holes, another block, a superseded run."""
    groups = [
        make_record(
            method, seed, settings={"train": {"steps": steps}}, metrics={"BLEU": 0.1 * steps}
        )
        for method in ("lora", "lorma_plus")
        for seed in (0, 1, 2)
        for steps in (3, 7)
    ]
    return [
        *groups,
        make_record("ft", status="failed", error="ValueError"),
        make_record("ft", source="synthetic", preset="quick", model="smollm2_135m"),
        make_record("lora", again="x", settings={"train": {"steps": 3}}),
    ]


DRAWN = ("loda_table_1", "lorma_table_3")
"""Those in which the records below have a place."""

ANALYSES = (
    *(f"lorma_table_{number}" for number in (1, 11, 9, 12, 15)), "lorma_figure_7", "loda_figure_2",
)  # fmt: skip
"""Tables of weights, costs and data, which are written with or without anything of ours."""

FILES = (
    tuple(
        name
        for spec in SPECS
        for name in (
            *(f"tables/{spec.name}.{ending}" for ending in ("md", "tex", "csv")),
            *(
                f"figures/{spec.name}-gpt2_medium-paper-real.{ending}"
                for ending in ("svg", "png")
                if spec.name in DRAWN
            ),
        )
    )
    + tuple(f"tables/{name}.{ending}" for name in ANALYSES for ending in ("md", "tex", "csv"))
    + ("index.html",)
)


def contents(results):
    made = sorted([*results.glob("tables/*"), *results.glob("figures/*"), *results.glob("*.html")])
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in made}


def test_the_same_bytes_on_every_run_and_whatever_the_order_of_files(tmp_path):
    """Records written forwards, and backwards into a folder that was reported before."""
    first, second = tmp_path / "first", tmp_path / "second"
    write(first, *some_records())
    write(second, *reversed(some_records()))
    assert main([f"paths.results={first}"]) == 0
    made = contents(first)
    for name in made:
        (second / name).parent.mkdir(exist_ok=True)
        (second / name).write_text("an older one")
    assert main([f"paths.results={second}"]) == 0
    assert sorted(made) == sorted(FILES)
    assert made == contents(second)
    assert all(b"\r" not in text for name, text in made.items() if not name.endswith(".png"))


def test_what_was_read_left_out_and_written_is_said(results, capsys):
    write(results, make_record())
    bad = results / "e2e" / "gpt2_medium" / "lora" / "bad.json"
    bad.write_text(json.dumps({"foreign": 1}), encoding="utf-8")
    assert main([f"paths.results={results}"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"read 1 record from {results}"
    assert said[1] == f"left out {bad}: not a record of bench (no schema)"
    assert said[2:] == [f"wrote {results / name}" for name in FILES]


def test_the_environment_names_the_folder_unless_an_argument_does(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "environment"))
    assert main([]) == 0
    assert main([f"paths.results={tmp_path / 'argument'}"]) == 0
    assert contents(tmp_path / "environment") == contents(tmp_path / "argument")


def test_the_default_folder_is_results(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCH_RESULTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert contents(tmp_path / "results")


@pytest.mark.parametrize("argument", ["--fast", "paths.result=x", "paths.results=", "seed=1"])
def test_an_unknown_argument_is_one_line_and_exit_2(argument, capsys):
    assert main([argument]) == 2
    said = capsys.readouterr()
    assert said.err == f"{argument}: no such argument; allowed: paths.results=DIR\n"
    assert said.out == ""


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_1(tmp_path, capsys):
    path = tmp_path / "file"
    path.write_text("", encoding="utf-8")
    assert main([f"paths.results={path}"]) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert said.count("\n") == 1


def test_a_figure_that_cannot_be_written_is_one_line_and_exit_1(results, capsys):
    """Another process finds out, and this one says so."""
    write(results, make_record())
    (results / "figures").write_text("", encoding="utf-8")
    assert main([f"paths.results={results}"]) == 1
    said = capsys.readouterr().err
    assert "figures" in said
    assert "cannot be written" in said
    assert said.count("\n") == 1


def test_torch_is_never_imported(results):
    """In a process of its own, as other tests of this one import torch."""
    write(results, make_record())
    code = (
        "import sys; from bench.report.__main__ import main; "
        f"status = main(['paths.results={results}']); "
        "heavy = {'torch', 'transformers', 'datasets', 'evaluate'}; "
        "sys.exit(status or ' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_says_how_to_call_it(capsys):
    assert main(["--help"]) == 0
    assert "python -m bench.report [paths.results=DIR]" in capsys.readouterr().out
