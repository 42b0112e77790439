"""The Markdown page, read back by another program's parser where it is installed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from bench.report.__main__ import main
from bench.report.markdown import escape, render
from bench.report.runs import read_runs
from bench.report.tables import blocks_of
from tests.report.report_records import make_record, write


def page(spec, results, *records):
    """The Markdown of the table from the given records."""
    write(results, *records)
    return render(spec, blocks_of(spec, read_runs(results)[0]))


def cells(text):
    """Every row of the first pipe table, its cells stripped."""
    paragraphs = text.split("\n## ")[1].split("\n\n")
    table = next(paragraph for paragraph in paragraphs if paragraph.startswith("|"))
    rows = [line.strip("|").split("|") for line in table.splitlines()]
    return [[cell.strip() for cell in row] for row in rows if not row[0].startswith(":")]


def parsed(text):
    """HTML of the page by markdown-it-py, with tables as GitHub has them."""
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    return markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


def test_our_number_stands_over_the_published_one(spec, results):
    records = [make_record(seed=seed, metrics={"BLEU": 0.68 + seed / 100}) for seed in range(3)]
    rows = cells(page(spec, results, *records))
    ours, _, papers = [row for row in rows if row[0] == "LoRA"]
    assert ours[1:4] == ["ours", "393,216", "69.0 ± 1.0"]
    assert ours[-1] == "n=3"
    assert papers == ["LoRA", "paper", "0.3M", "69.1", "8.73", "46.5", "71.4", "2.51", ""]


def test_an_empty_results_folder_gives_holes_and_every_published_number(spec, results):
    rows = cells(page(spec, results))
    assert rows[0][3:8] == ["BLEU ↑", "NIST ↑", "METEOR ↑", "ROUGE-L ↑", "CIDEr ↑"]
    assert [row[0] for row in rows[1::2]] == ["FT", "Adapter^H", "LoRA", "LoRMA_π", "LoRMA_+"]
    assert all(row[2:] == ["–"] * 6 + ["not run"] for row in rows[1::2])
    assert rows[2] == ["FT", r"paper\*", "354.92M", "68.2", "8.62", "46.2", "71.0", "2.47", ""]


def test_holes_say_why(spec, results):
    lost = make_record("ft", status="out_of_memory", error="OutOfMemoryError")
    part = make_record("lora", seed=1, status="diverged", error="DivergedError")
    rows = cells(page(spec, results, lost, part, make_record("lora")))
    found = {row[0]: row[-1] for row in rows if row[1] == "ours"}
    assert found["FT"] == "out of memory"
    assert found["LoRA"] == "n=1, seed 1 diverged"
    assert found["LoRMA_+"] == "not run"


def test_a_failed_run_says_in_a_note_what_its_error_said(spec, results):
    """Once for all seeds that failed alike, on one line, however long it was."""
    lost = [make_record("ft", seed, status="failed", error="ModelError") for seed in (0, 1)]
    for record in lost:
        record.error["message"] = "llama has no bias;\nname a model " + "x" * 500
    text = page(spec, results, *lost)
    assert "| FT (a) " in text
    (note,) = [line for line in text.splitlines() if line.startswith("- (a) ")]
    assert note.startswith("- (a) ModelError: llama has no bias; name a model xxx")
    assert len(note) < 250


def test_headings_name_model_preset_data_and_extent(spec, results):
    quick = {"model": "smollm2_135m", "preset": "quick", "source": "synthetic"}
    text = page(spec, results, make_record(**quick), make_record(partial=True))
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "GPT-2 medium · paper preset · real data · all rows (the paper's setting)",
        "GPT-2 medium · paper preset · real data · part of the rows",
        "SmolLM2-135M · quick preset · synthetic data · all rows",
    ]
    assert text.count("Not comparable with the paper's numbers") == 2
    assert "another model (SmolLM2-135M, not GPT-2 medium)" in text


def test_every_number_links_to_a_record_that_is_there(spec, results):
    """The page lies in results/tables/, so that links start with ../."""
    records = [make_record(method, seed) for method in ("lora", "lorma_plus") for seed in (0, 1)]
    old = make_record(seed=0, again="x", finished="2025-01-01T00:00:00+00:00")
    text = page(spec, results, *records, old)
    links = re.findall(r"(?<!!)\[[^]]*\]\((.*?)\)", text)
    assert len(links) == 5
    (results / "tables").mkdir()
    assert all((results / "tables" / link).is_file() for link in links)
    assert f"superseded by a newer run: seed 0 [{old.run_id}]" in text


def test_a_block_shows_the_figure_that_is_written_for_it(spec, results):
    """The name in the page is that of the file; a block without numbers shows none."""
    write(results, make_record(model="smollm2_135m"))
    assert main([f"paths.results={results}"]) == 0
    text = (results / "tables" / "lorma_table_3.md").read_text(encoding="utf-8")
    (link,) = re.findall(r"!\[[^]]+\]\((.*?)\)", text)
    assert (results / "tables" / link).is_file()
    assert text.index("## SmolLM2-135M") < text.index(link)


def test_a_null_metric_has_a_footnote_with_its_reason(spec, results):
    reason = "Java | was <not> found"
    record = make_record(metrics={"METEOR": None}, unavailable={"METEOR": reason})
    html = parsed(page(spec, results, record))
    assert "<td>n/a (a)</td>" in re.sub(r' style="[^"]*"', "", html)
    assert f"(a) METEOR: {reason}" in unescape(html)


def test_what_older_components_made_is_marked(spec, results):
    """The number stays, with the components that have another version today."""
    text = page(spec, results, make_record("ft"), make_record("lora", versions={"trainer": 0}))
    assert "| LoRA (a) " in text
    assert "| FT (" not in text
    assert "- (a) stale, made by older components (trainer: version 0, today 1)" in text


def test_markup_in_texts_is_shown_as_it_is(spec, results):
    """A label, an error type and settings full of signs read back as they were written."""
    hostile = "a|b *c* _d_ `e` [f](g) <b>h</b> ~~i~~ \\ &amp; https://x"
    record = make_record(status="failed", error=hostile)
    rows = tuple(replace(row, label=hostile) if row.method == "lora" else row for row in spec.rows)
    html = parsed(page(replace(spec, rows=rows), results, record))
    table = html.split("<table>")[1].split("</table>")[0]
    texts = [unescape(cell) for cell in re.findall("<td[^>]*>(.*?)</td>", table)]
    assert len(texts) == 10 * 9
    assert hostile in texts
    assert f"failed: {hostile}" in texts


def test_escape_keeps_words_with_underscores_readable():
    assert escape("train.batch_size=8\nLoRMA_+") == "train.batch_size=8 LoRMA_+"
