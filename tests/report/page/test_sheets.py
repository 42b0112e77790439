"""The tables on the page say what their Markdown says."""

from __future__ import annotations

from bench.report import markdown
from bench.report.page.sheets import Sheet, has_value, ordered, sheet_of
from bench.report.tables import blocks_of
from tests.report.page.page_runs import full_run
from tests.specs import BY_NAME

SPEC = BY_NAME["lorma_table_3"]


def test_every_text_of_the_markdown_is_there() -> None:
    """Cells, heads, remarks and notes; and each run is a source of its row."""
    runs = [full_run(method, seed) for method in ("lora", "lorma_plus") for seed in (0, 1)]
    runs.append(full_run("ft", status="failed", error="ValueError"))
    blocks = blocks_of(SPEC, runs)
    (part,) = sheet_of(SPEC, blocks).parts
    page = markdown.render(SPEC, blocks)
    for line in part.lines:
        texts = [cell.text for cell in line.cells]
        assert any(all(markdown.escape(text) in row for text in texts) for row in page.splitlines())
    for text in (*part.heads, *part.notes, *part.remarks, part.heading):
        assert markdown.escape(text) in page
    linked = sorted(run.link for source in part.sources for _, run in source.runs)
    assert linked == sorted(run.link for run in runs)
    assert f"{part.figure}.svg" in page


def test_a_table_without_a_value_of_ours_has_none() -> None:
    """A run that failed is a line, but no value."""
    assert not has_value(blocks_of(SPEC, []))
    assert not has_value(blocks_of(SPEC, [full_run(status="failed", error="ValueError")]))
    assert has_value(blocks_of(SPEC, [full_run()]))


def test_tables_are_in_the_order_of_their_numbers() -> None:
    """Table 9 before Table 10."""
    sheets = [
        Sheet(name=title, title=title, remarks=(), parts=())
        for title in ("LoRMA Table 10: a", "LoRMA Table 9: z", "LoDA Table 11")
    ]
    assert [sheet.title for sheet in ordered(sheets)] == [
        "LoDA Table 11", "LoRMA Table 9: z", "LoRMA Table 10: a",
    ]  # fmt: skip
