"""The committed numbers against the transcripts of the papers, and the schema."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bench.errors import ConfigError
from bench.paths import config_folder
from bench.report.analyses.published import load_analyses

if TYPE_CHECKING:
    from bench.report.analyses.published import Analyses

PAPERS = Path(__file__).parents[4] / "shared" / "papers"
needs_transcripts = pytest.mark.skipif(
    not (PAPERS / "lorma.yaml").is_file(), reason=f"no transcripts of the papers: {PAPERS}"
)
MEASURES = {
    "frobenius_distance": "frobenius_distance",
    "cosine": "cosine",
    "singular_value_distance": "singular_value_sq_diff",
    "eigenvalue_distance": "eigenvalue_sq_diff",
    "principal_angle": "principal_angle",
}
"""Ours are named by what the numbers are, the transcript's by what the text says."""


def transcript(paper: str) -> Any:
    """What was read off a paper."""
    return yaml.safe_load((PAPERS / f"{paper}.yaml").read_text(encoding="utf-8"))


@needs_transcripts
def test_similarities_equal_the_transcript(printed: Analyses) -> None:
    """Table 9: every number in its place, and every direction."""
    table = transcript("lorma")["tables"]["table_9"]
    rows = [
        {"layer": row.layer, "compared": row.method, "source": "measured"}
        | {MEASURES[name]: value for name, value in row.values.items()}
        for row in printed.similarities.rows
    ]
    assert rows == table["rows"]
    better = {MEASURES[one.measure]: one.better for one in printed.similarities.columns}
    assert better == table["better"]
    assert list(better) == table["columns"]


@needs_transcripts
def test_complexities_equal_the_transcript(printed: Analyses) -> None:
    """Tables 1 and 11, but for how powers, indices and products are written."""
    tables = transcript("lorma")["tables"]

    def plain(text: str) -> str:
        pairs = (("^2", "²"), ("W0", "W₀"), ("I_pi", "I_π"), (" ", ""))
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    for ours, name, keys in (
        (printed.operations, "table_1", ("computation", "complexity")),
        (printed.counts, "table_11", ("count", "complexity")),
    ):
        found = [(row.method, *(plain(getattr(row, key)) for key in keys)) for row in ours.rows]
        rows = tables[name]["rows"]
        assert found == [(row["method"], *(plain(row[key]) for key in keys)) for row in rows]


@needs_transcripts
def test_sizes_equal_the_transcript(printed: Analyses) -> None:
    """Table 12 and what the text says of the other data sets."""
    table = transcript("lorma")["tables"]["table_12"]
    glue = [row for row in printed.sizes.rows if row.validation and not row.test]
    names = [(row["task"], row["train"], row["validation"]) for row in table["rows"]]
    found = {row.label: (row.label, row.train, row.validation) for row in glue}
    assert [found[name] for name, *_ in names] == names
    assert len(found) == len(names)
    others = {row.task: row for row in printed.sizes.rows if row not in glue}
    for task, sizes in table["other_datasets"].items():
        for column in ("train", "validation", "test", "total"):
            assert getattr(others[task], column) == sizes.get(column)
    assert others.keys() == table["other_datasets"].keys()


@needs_transcripts
def test_ranks_and_energies_equal_the_transcripts(printed: Analyses) -> None:
    """Table 15, and both statements of LoDA's Figure 2."""
    rows = transcript("lorma")["tables"]["table_15"]["rows"]
    ours = [(row.method, row.value) for row in printed.ranks.rows]
    assert ours == [(row["method"], row["rank_of_update"]) for row in rows]
    low_rank, sparse = transcript("loda")["facts_figure_2"]["rows"]
    said = [(row.kept, f"> {row.above:.0%}".replace("%", " %")) for row in printed.energies.rows]
    assert said == [
        (low_rank["R"], low_rank["energy_kept"]),
        (sparse["fraction_kept"], sparse["energy_kept"]),
    ]


def test_numbers_read_off_the_papers(printed: Analyses) -> None:
    """LoRMA (arXiv 2506.07621): a row each of Tables 9, 11, 12 and 15."""
    first = printed.similarities.rows[0]
    assert (first.layer, first.method, first.values["frobenius_distance"]) == (
        3,
        "lorma_plus",
        3.54,
    )
    assert printed.counts.rows[-1].count == "2dkb + 2drb + db"
    assert printed.sizes.rows[1].train == 67349
    assert printed.ranks.rows[2].value == 1021


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("table_11", "rows", 0, "count"), "dkb + exp(d)", "lorma.analyses.table_11.rows.0.count"),
        (("table_9", "rows", 0, "values", "cosine"), "near 0", "table_9.rows.0.values.cosine"),
        (("table_15", "layer"), -1, "lorma.analyses.table_15.layer=-1"),
        (("table_12", "rows"), [], "must be a list with something in it"),
        (("table_1", "nubmer"), "1", "did you mean lorma.analyses.table_1.number"),
    ],
)
def test_a_wrong_entry_is_named(
    tmp_path: Path, place: tuple[Any, ...], value: object, message: str
) -> None:
    """In one line, with its key."""
    shutil.copytree(config_folder() / "published", tmp_path / "published")
    path = tmp_path / "published" / "lorma.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = values["analyses"]
    for key in place[:-1]:
        found = found[key]
    found[place[-1]] = value
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_analyses(tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
