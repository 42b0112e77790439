"""All files of the analyses' tables."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bench.report.analyses.write import grids, write_grids
from bench.report.runs import read_runs
from tests.report.analyses.analysis_files import (
    complexity_row,
    energy_rows,
    of_model,
    of_runs,
    rank_row,
    similarity_row,
    trained,
)
from tests.report.analyses.test_pages import NAMES
from tests.report.report_records import write

TABLES = {f"tables/{name}.{end}" for name in NAMES for end in ("md", "tex", "csv")}
FIGURES = {
    f"figures/{name}.{end}"
    for name in ("loda_figure_2-gpt2", "lorma_figure_7-roberta_large-cola-paper-real")
    for end in ("svg", "png")
}


def fill(results: Path, *, backwards: bool = False) -> None:
    """An analysis of each kind, of two seeds."""
    order = (1, 0) if backwards else (0, 1)
    for seed in order:
        lora, plus = trained("lora", seed), trained("lorma_plus", seed)
        write(results, *((plus, lora) if backwards else (lora, plus)))
        ranks = [rank_row(8), rank_row(9 + seed, step=1), rank_row(7, step=2)]
        of_runs(results, "ranks", [plus], ranks)
        of_runs(results, "compare", [plus, lora], [similarity_row(1.0 + seed)], rank=8)
        of_model(
            results, "energy", "gpt2", f"block-{seed}", energy_rows(), block=seed, shape=[512, 512]
        )
    of_model(results, "complexity", "gpt2", "query", [complexity_row("lora", 9)], part="query")


def contents(results: Path) -> dict[str, bytes]:
    """What was written, by its path."""
    made, damaged = grids(results, read_runs(results)[0])
    assert damaged == []
    written = write_grids(results, made)
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in written}


def test_the_same_bytes_whatever_the_order_of_files(tmp_path: Path) -> None:
    """Written twice, and from files that were made in another order."""
    first, second = tmp_path / "first", tmp_path / "second"
    fill(first)
    fill(second, backwards=True)
    made = contents(first)
    assert made.keys() == TABLES | FIGURES
    assert contents(first) == made == contents(second)
    assert all(b"\r" not in text for name, text in made.items() if not name.endswith(".png"))


def test_an_empty_folder_still_has_every_table(results: Path) -> None:
    """The printed numbers, and no figure."""
    assert contents(results).keys() == TABLES


def test_a_damaged_analysis_is_named_and_the_others_are_shown(results: Path) -> None:
    """As with records."""
    fill(results)
    bad = results / "analysis" / "ranks" / "roberta_large" / "bad.json"
    bad.write_text("{", encoding="utf-8")
    made, damaged = grids(results, read_runs(results)[0])
    assert [one.path for one in damaged] == [bad]
    assert len(write_grids(results, made)) == len(TABLES | FIGURES)


def test_every_link_of_a_page_leads_to_a_file(results: Path) -> None:
    """Analyses, records and figures."""
    fill(results)
    links = [
        results / "tables" / link
        for name, text in contents(results).items()
        if name.endswith(".md")
        for link in re.findall(r"\]\((\S+)\)", text.decode())
    ]
    assert len(links) > 8
    assert all(link.is_file() for link in links)


def test_torch_is_never_imported(results: Path) -> None:
    """In a process of its own, as other tests of this one import torch."""
    fill(results)
    code = (
        "import sys; from pathlib import Path; from bench.report.runs import read_runs; "
        "from bench.report.analyses.write import grids, write_grids; "
        f"results = Path({str(results)!r}); "
        "write_grids(results, grids(results, read_runs(results)[0])[0]); "
        "heavy = {'torch', 'transformers', 'datasets', 'evaluate'}; "
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
