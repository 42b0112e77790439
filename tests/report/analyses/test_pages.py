"""A plain table as Markdown, LaTeX and CSV: nothing in a text is taken for markup."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.report.analyses.grid import Fact, Figure, Grid, Part, Row, cells, number
from bench.report.analyses.pages import as_csv, as_latex, as_markdown, tex
from bench.report.words import Cell
from tests.report.analyses.analysis_files import energy_rows, of_model, of_runs, rank_row, trained
from tests.report.report_records import write

HOSTILE = "R&D_100%{#$^~\\ |<b>`x`*\n# =1"
NAMES = (
    "lorma_table_1", "lorma_table_9", "lorma_table_11", "lorma_table_12", "lorma_table_15",
    "lorma_figure_7", "loda_figure_2",
)  # fmt: skip


def grid(text: str = HOSTILE) -> Grid:
    """A table in which every text is the same."""
    noted = Cell(text=text, notes=(text, "second"), strong=True)
    rows = (
        Row(cells=(noted, *cells(text, "1.5")), links=("analysis/a.json",), origin=text),
        Row(cells=(noted, *cells(text, "2.5")), links=("analysis/a.json",), origin=text),
    )
    figure = Figure(name="name", title=text, files=dict)
    part = Part(heading=text, remarks=(text,), heads=(text, text, "n"), rows=rows, figure=figure)
    facts = (Fact(method=text, quantity="=x", mean=1 / 3, n=2, files=("a", "b")),)
    return Grid(name="some", title=text, remarks=(text,), parts=(part,), facts=facts)


def test_markdown_keeps_its_shape() -> None:
    """One heading a part, a table of as many columns, notes once, files of an origin once."""
    page = as_markdown(grid())
    assert len(re.findall(r"(?m)^#+ ", page)) == 2
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {4}
    assert "<b>" not in page
    assert "`x`" not in page.replace("\\`", "")
    assert page.count("(../analysis/a.json)") == 1
    assert page.count("- (a) ") == page.count("- (b) second") == 1
    assert "](../figures/name.svg)" in page


def balanced(code: str) -> bool:
    """Whether braces, environments and mathematics end where they should."""
    bare = re.sub(r"\\[\\{}&%$#_]", "", re.sub(r"(?m)(?<!\\)%.*$", "", code))
    depth = 0
    for sign in re.findall("[{}]", bare):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", bare):
        if kind == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return depth == 0 and not opened and bare.count("$") % 2 == 0


def test_latex_keeps_its_shape() -> None:
    """Balanced, every row with all columns, the files in a comment above it."""
    code = as_latex(grid())
    assert balanced(code)
    rows = re.findall(r"(?m)^(.*) \\\\$", code)
    assert {re.sub(r"\\&", "", row).count("&") for row in rows} == {2}
    assert r"\begin{tabular}{llr}" in code
    assert code.count("% from: analysis/a.json\n") == 2
    assert code.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_every_sign_of_our_own_tables_is_translated(
    results: Path, made: Callable[[str], Grid], name: str
) -> None:
    """With numbers of ours and without; old engines know no letters outside ASCII."""
    for _ in range(2):
        code = as_latex(made(name))
        assert code.isascii()
        assert balanced(code)
        record = trained("lorma_pi")
        write(results, record)
        of_runs(results, "ranks", [record], [rank_row(8), rank_row(9, step=1)])
        of_model(results, "energy", "gpt2", "b", energy_rows(), block=0, shape=[512, 512])


def test_signs_of_mathematics() -> None:
    """Those that other tables do not have."""
    assert tex("ΔW₀ d²") == r"$\Delta$W$_0$ d\textsuperscript{2}"


def test_csv_is_tidy_and_holds_no_formula() -> None:
    """One row a fact, ten digits, lists with blanks, and what begins a formula is quoted."""
    (row,) = csv.DictReader(io.StringIO(as_csv(grid("+1"))))
    assert (row["table"], row["method"], row["quantity"]) == ("some", "'+1", "'=x")
    assert (row["mean"], row["std"], row["n"], row["files"]) == ("0.3333333333", "", "2", "a b")
    (row,) = csv.DictReader(io.StringIO(as_csv(grid())))
    assert "\n" not in row["method"]


def test_numbers_below_zero_stay_numbers_in_csv() -> None:
    """A minus in front of digits is no formula."""
    fact = Fact(quantity="x", mean=-1.5, difference=-2.0)
    table = Grid(name="some", title="", remarks=(), parts=(), facts=(fact,))
    (row,) = csv.DictReader(io.StringIO(as_csv(table)))
    assert (row["mean"], row["difference"]) == ("-1.5", "-2")


@pytest.mark.parametrize(
    ("mean", "std", "text"),
    [
        (None, None, "–"),
        (0.0, None, "0"),
        (0.0, 0.0, "0"),
        (0.0741, None, "0.0741"),
        (3.5449, None, "3.54"),
        (1024.27, None, "1,024"),
        (2.28e-06, None, "2.28e-06"),
        (2.28e-06, 3e-07, "2.28e-06 ± 3.0e-07"),
        (3.5449, 0.5, "3.54 ± 0.50"),
        (384.2, 0.03, "384.20 ± 0.03"),
        (384.2, 0.0, "384 ± 0"),
        (-1e-09, 0.0066, "0.00000 ± 0.00660"),
    ],
)
def test_numbers_show_three_digits_that_tell(
    mean: float | None, std: float | None, text: str
) -> None:
    """Of the larger of value and deviation; a deviation does not look like none."""
    assert number(mean, std) == text
