"""The tables in the checkout are those that its records make."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.report.__main__ import main

RESULTS = Path(__file__).parents[2] / "results"


def test_committed_tables_are_what_their_records_make(tmp_path: Path) -> None:
    """Rebuilt from the records that they cite, the tables have the committed bytes.

    Runs made since then, as by `make run`, stay out: they are not cited yet.
    """
    committed = sorted((RESULTS / "tables").iterdir())
    cited = "".join(path.read_text(encoding="utf-8") for path in committed)
    for record in RESULTS.glob("*/*/*/*.json"):
        if record.stem in cited:
            copy = tmp_path / record.relative_to(RESULTS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(record, copy)
    for folder in ("analysis", "speed"):
        if (RESULTS / folder).exists():
            shutil.copytree(RESULTS / folder, tmp_path / folder, dirs_exist_ok=True)
    assert main([f"paths.results={tmp_path}"]) == 0
    for path in committed:
        assert (tmp_path / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
