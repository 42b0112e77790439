"""LaTeX itself takes every table that is committed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TABLES = Path(__file__).parents[2] / "results" / "tables"

PREAMBLE = r"\documentclass{article}\usepackage{booktabs}\begin{document}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_every_table_compiles_with_booktabs_alone(tmp_path: Path) -> None:
    """All of them in one document, which stops at the first error."""
    tables = sorted(TABLES.glob("*.tex"))
    assert tables
    body = "\n".join(rf"\input{{{table}}}\clearpage" for table in tables)
    (tmp_path / "all.tex").write_text(f"{PREAMBLE}\n{body}\n\\end{{document}}\n")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000
