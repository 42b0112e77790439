r"""The LaTeX table: balanced, aligned, and no text that TeX would act on."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bench.report.latex import escape, render
from bench.report.runs import read_runs
from bench.report.tables import blocks_of
from tests.report.report_records import make_record, write


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("50 % & more", r"50 \% \& more"),
        ("a_b^c #1 $x", r"a\_b\textasciicircum{}c \#1 \$x"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("~<>|", r"\textasciitilde{}\textless{}\textgreater{}\textbar{}"),
        ("1.0 ± 0.1 –", r"1.0 $\pm$ 0.1 --"),
        ("[a] *b", r"{[}a] {*}b"),
        ("one\n% two", r"one \% two"),
    ],
)
def test_special_characters_are_escaped(plain, latex):
    """The ten special characters of LaTeX (Lamport, LaTeX, section 2.1) and a few more."""
    assert escape(plain) == latex


def text_of(spec, results):
    """The table of a method whose label, error and settings are full of signs."""
    hostile = "R&D_100%{#$^~\\"
    failed = make_record("lora", status="failed", error=hostile)
    null = make_record("ft", metrics={"METEOR": None}, unavailable={"METEOR": hostile})
    quick = make_record("ft", preset="quick", source="synthetic")
    write(results, failed, null, quick)
    rows = tuple(replace(row, label=hostile) if row.method == "lora" else row for row in spec.rows)
    return render(replace(spec, rows=rows), blocks_of(spec, read_runs(results)[0])), failed


def test_a_label_with_signs_is_escaped(spec, results):
    rows = tuple(
        replace(row, label="A_1 & 5%") if row.method == "lora" else row for row in spec.rows
    )
    changed = replace(spec, rows=rows)
    assert r"A\_1 \& 5\% & ours &" in render(changed, blocks_of(changed, []))


def test_the_label_for_latex_is_taken_as_it_is(spec):
    assert r"LoRMA$_\pi$ & paper & 0.3M & 69.0 &" in render(spec, blocks_of(spec, []))


def test_structure_is_balanced_and_every_row_has_all_columns(spec, results):
    text, _ = text_of(spec, results)
    code = re.sub(r"(?m)(?<!\\)%.*$", "", text)
    bare = re.sub(r"\\[\\{}&%$#_]", "", code)
    depth = 0
    for sign in re.findall("[{}]", bare):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0

    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", code):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []

    rows = re.findall(r"(?m)^(.*) \\\\$", code)
    # One line with the settings of the paper is compared with it.
    assert len(rows) == 2 * (1 + 2 * len(spec.rows)) + 1
    assert {re.sub(r"\\&", "", row).count("&") for row in rows} == {8}
    assert set(re.findall(r"\\begin\{tabular\}\{(\w+)\}", code)) == {"llrrrrrrl"}


def test_every_sign_outside_ascii_was_translated(spec, results):
    """Old engines know no other letters; those of names may still come through."""
    text, _ = text_of(spec, results)
    assert text.isascii()


def test_every_line_of_ours_names_its_records(spec, results):
    text, failed = text_of(spec, results)
    assert f"% records: {failed.run_id}\n" in text
    assert text.count("% records: ") == 2 * len(spec.rows)
