"""The command line of `python -m bench.list`, and the table that it prints."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.list.__main__ import main
from bench.list.text import as_table
from bench.paths import config_folder

KINDS = ("methods", "tasks", "models", "tables", "runs")


@pytest.mark.parametrize("kind", ["method", "model", "table"])
def test_every_file_of_a_group_is_listed_under_its_name(listed, kind):
    names = sorted(path.stem for path in (config_folder() / kind).glob("*.yaml"))
    assert [entry["name"] for entry in listed(f"{kind}s")] == names


def test_the_table_is_aligned_and_changes_no_name(capsys, results):
    """A run_id of digits around an e is no number."""
    assert main(["runs", f"paths.results={results}"]) == 0
    head, rule, failed, done = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["run_id", "task", "model", "method"]
    for column in ("task", "status"):
        at = head.index(column)
        assert rule[at - 1] + failed[at - 1] + done[at - 1] == "   "
        assert rule[at] == "-"
    assert done.startswith("1234567890e51234 ")
    assert done.endswith("BLEU=0.6813, NIST=null, CIDEr=2.5, extra=1")


def test_only_a_terminal_that_is_too_narrow_gets_more_than_a_line_each(listed):
    found = listed("methods")
    one_line_each = as_table(found, "methods")
    assert len(one_line_each.splitlines()) == 2 + len(found)
    width = max(map(len, one_line_each.splitlines()))
    assert as_table(found, "methods", width) == one_line_each
    folded = as_table(found, "methods", width - 1)
    assert max(map(len, folded.splitlines())) < width
    words = one_line_each.replace("-", " ").split()
    assert sorted(folded.replace("-", " ").split()) == sorted(words)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["method"], "did you mean methods?"),
        (["zzz"], "allowed: methods, models, runs, tables, tasks"),
        ([], "required: methods|tasks|models|tables|runs"),
        (["tasks", "--jsn"], "--jsn"),
        (["runs", "paths.result=x"], "did you mean paths.results"),
        (["runs", "paths.results="], "paths.results=DIR"),
        (["tasks", "paths.results=x"], "`runs` takes paths.results=DIR"),
        (["methods", "paths.results=x"], "did you mean model=NAME?"),
        (["methods", "model=gtp2"], "model=gtp2: no such model; did you mean gpt2?"),
    ],
)
def test_a_wrong_command_line_is_one_line_that_says_what_to_do(failure, arguments, expected):
    assert expected in failure(*arguments)


def test_nothing_heavy_is_imported(tmp_path):
    """Each of these alone takes longer than the whole command may; only costs need torch."""
    heavy = {"torch", "transformers", "datasets", "evaluate", "pandas", "matplotlib", "hydra"}
    code = (
        "import sys; from bench.list.__main__ import main\n"
        f"codes = [main([kind]) for kind in {KINDS}]\n"
        f"found = {heavy} & set(sys.modules)\n"
        "sys.exit(f'{codes} {found}' if any(codes) or found else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_process_ends_with_the_code():
    wrong = [sys.executable, "-m", "bench.list", "method"]
    done = subprocess.run(wrong, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bench: list=method: no such list; did you mean methods?")
