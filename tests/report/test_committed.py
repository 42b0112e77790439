"""The tables in the checkout are those that its records make."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.report.__main__ import main

RESULTS = Path(__file__).parents[2] / "results"


def test_committed_tables_are_up_to_date(tmp_path: Path) -> None:
    """Rebuilt from a copy of the committed records, every table has the committed bytes."""
    for folder in RESULTS.iterdir():
        if folder.is_dir() and folder.name not in {"tables", "figures"}:
            shutil.copytree(folder, tmp_path / folder.name)
    assert main([f"paths.results={tmp_path}"]) == 0
    for made in sorted((tmp_path / "tables").iterdir()):
        assert (RESULTS / "tables" / made.name).read_bytes() == made.read_bytes(), made.name
