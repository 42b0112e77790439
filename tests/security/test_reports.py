"""Records of strangers in tables, figures and exported cards: text, never markup."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.errors import ConfigError
from bench.paths import config_folder
from bench.report import latex, markdown, tidy
from bench.report.figures import draw
from bench.report.figures.pictures import pictures
from bench.report.runs import read_runs
from bench.report.spec import TableSpec, harmless, load_spec
from bench.report.tables import blocks_of
from tests.report.report_records import make_record, write
from tests.specs import SPECS

HOSTILE = (
    "<script>alert(1)</script>",
    r"\input{/etc/passwd}",
    "a | b\n\n# heading",
    "](javascript:alert(1))",
    "![x](http://tracker.example/x.png)",
    "`code` $x$ **b** &lt;",
    "</title></svg><script>1</script>",
    "\x1b[31m\u202e",
)
EVERYTHING = " ".join(HOSTILE)


@pytest.fixture(scope="module")
def spec() -> TableSpec:
    """The specification of a table that is committed."""
    return load_spec(
        config_folder() / "table" / "lorma_table_3.yaml", config_folder() / "published"
    )


def blocks(spec: TableSpec, folder: Path, hostile: str) -> tuple[TableSpec, list]:
    """A table whose labels, errors, settings, titles and reasons are all hostile."""
    settings = {"train": {"schedule": hostile}, "model": {"title": hostile}}
    write(
        folder,
        make_record("lora", status="failed", error=hostile, settings=settings),
        make_record(
            "ft", settings=settings, metrics={"METEOR": None}, unavailable={"METEOR": hostile}
        ),
        make_record("lorma_pi", settings=settings, versions={hostile: 1}),
        make_record("lorma_pi", settings=settings, versions={hostile: 2}),
    )
    rows = tuple(replace(row, label=hostile, latex=None) for row in spec.rows)
    named = replace(spec, title=hostile, rows=rows)
    runs, damaged = read_runs(folder)
    assert damaged == []
    assert len(runs) == 4
    return named, blocks_of(named, runs)


@pytest.mark.parametrize("hostile", [*HOSTILE, EVERYTHING])
def test_markdown(hostile: str, spec: TableSpec, tmp_path: Path) -> None:
    """No tag, link, image, code, heading or column that a record made."""
    text = markdown.render(*blocks(spec, tmp_path, hostile))
    ours = re.sub(r"\]\(\.\./[\w/.+-]+\)", "](ours)", text)
    bare = re.sub(r"\\.", "", ours)
    assert not re.search(r"<[a-zA-Z/!]", bare)
    assert re.findall(r"\]\(([^)]*)", bare) == ["ours"] * len(re.findall(r"\]\(", bare))
    assert not re.search(r"&\w+;", bare)
    assert not re.search(r"\$|\*\*|~", bare)
    assert [line for line in bare.splitlines() if line.startswith("# ")] == bare.splitlines()[:1]
    tables = [line for line in bare.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {4 + len(spec.columns) + 1}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


@pytest.mark.parametrize("hostile", [*HOSTILE, EVERYTHING])
def test_latex(hostile: str, spec: TableSpec, tmp_path: Path) -> None:
    r"""No command that a record made: \input is the letters i, n, p, u, t."""
    text = latex.render(*blocks(spec, tmp_path, hostile))
    code = re.sub(r"(?m)(?<!\\)%.*$", "", text)
    assert set(re.findall(r"\\([a-zA-Z]+)", code)) <= {
        "begin", "end", "centering", "footnotesize", "setlength", "tabcolsep", "caption", "label",
        "toprule", "midrule", "bottomrule", "smallskip", "raggedright", "scriptsize", "par",
        "textsuperscript", "textbackslash", "textless", "textgreater", "textbar",
        "textasciitilde", "textasciicircum", "textperiodcentered", "pm", "times", "uparrow",
        "downarrow", "pi",
    }  # fmt: skip
    assert "^^" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


@pytest.mark.parametrize("hostile", [*HOSTILE, EVERYTHING])
def test_figures(hostile: str, spec: TableSpec, tmp_path: Path) -> None:
    """The SVG is well-formed, and has no element or address that a record made."""
    named, found = blocks(spec, tmp_path, hostile)
    for picture in pictures(named, found):
        svg = draw.render(picture)["svg"].decode()
        root = ET.fromstring(svg)  # noqa: S314  (made by matplotlib a line above)
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"script", "foreignObject", "image", "a", "iframe", "animate", "set"}
        names = {name.rpartition("}")[2] for element in root.iter() for name in element.attrib}
        assert not [name for name in names if name.startswith("on")]
        links = [
            value
            for element in root.iter()
            for name, value in element.attrib.items()
            if name.endswith("href")
        ]
        assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize("hostile", [*HOSTILE, "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)"])
def test_csv(hostile: str, spec: TableSpec, tmp_path: Path) -> None:
    """Every row has every column, and no text is a formula of a spreadsheet."""
    text = tidy.render(*blocks(spec, tmp_path, hostile))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > len(spec.columns)
    for row in rows:
        assert None not in row
        assert not row["label"].startswith(("=", "+", "-", "@"))
        assert None not in row.values()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


@pytest.mark.parametrize(
    "text",
    [r"\input{x}", r"\write18{x}", "^^5cinput{x}", r"\textbfx", r"\def\a{b}", "%", "a & b", "#1",
     r"\csname x\endcsname", "~", r"\\", "\n\n", "é"],
)  # fmt: skip
def test_labels_of_a_table_specification(text: str) -> None:
    """LaTeX that a specification gives as it is has fonts, indices and Greek letters only."""
    with pytest.raises(ValueError, match="only text, indices"):
        harmless(text)


def test_labels_that_are_committed() -> None:
    """All of them are allowed."""
    labels = [row.latex for spec in SPECS for row in spec.rows if row.latex]
    assert len(labels) > 5
    assert [harmless(label) for label in labels] == labels


def test_the_name_of_a_specification(tmp_path: Path) -> None:
    r"""It stands in \label and in the names of files."""
    path = tmp_path / "a}\\input{b.yaml"
    path.write_text("title: x\n")
    with pytest.raises(ConfigError, match="its name must be of letters"):
        load_spec(path, tmp_path)


def test_the_card_of_an_exported_model(finished) -> None:
    """Title, licence, metrics and reservation are text; the program in it is the harness's."""
    from bench.export.card import Facts, card

    cell, record = finished("method=lora")
    cell = replace(cell, model=replace(cell.model, title=EVERYTHING, licence=EVERYTHING))
    record.metrics = {EVERYTHING: 0.5}
    text = card(cell, record, Facts(kind="merged", labels=None, end=None, note=EVERYTHING))
    bare = re.sub(r"\\.", "", text.partition("## Use")[0])
    assert not re.search(r"<[a-zA-Z/!]|\]\(", bare)
    assert {line.count("|") for line in bare.splitlines() if line.startswith("|")} == {3}
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("repository", 'x"); import os; os.system("true'),
        ("repository", "a/b/c"),
        ("repository", "../x"),
        ("requirement", "x==1 --index-url http://evil.example"),
        ("requirement", "x"),
        ("requirement", "-r file==1"),
    ],
)
def test_where_a_model_comes_from(key: str, value: str) -> None:
    """What stands in a program or a command that a person copies is a plain name."""
    from bench.check import build
    from bench.models.config import HubSource, PackageSource

    hub = {"kind": "hub", "repository": "a/b", "revision": "0" * 40}
    package = {"kind": "package", "module": "m", "file": "f", "requirement": "m==1"}
    kind, given = (HubSource, hub) if key in hub else (PackageSource, package)
    assert build(kind, given, "source")
    with pytest.raises(ConfigError, match=f"source.{key}"):
        build(kind, {**given, key: value}, "source")
