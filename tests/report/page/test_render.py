"""The page as text: what is on it, what it links to, and that strangers' text stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bench.report.__main__ import main
from bench.report.page.charts import specifications
from bench.report.page.render import render
from bench.report.page.write import bundle
from bench.report.runs import Run, read_runs
from bench.report.tables import blocks_of
from tests.report.page.page_runs import full_record, full_run, run_of
from tests.report.report_records import write
from tests.specs import SPECS

VOID = {"meta", "input", "img", "path"}


class Page(HTMLParser):
    """The elements of a page, with their attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.data: dict[str, str] = {}
        self.open: list[str] = []
        self.holder = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Elements must be nested."""
        held = {key: value or "" for key, value in attrs}
        self.elements.append((tag, held))
        self.holder = held.get("id", "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """What was opened last is closed first."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Texts by the id of the element that they stand in."""
        if self.open and self.open[-1] == "script" and self.holder:
            self.data[self.holder] = self.data.get(self.holder, "") + data

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute."""
        return [held[attribute] for _, held in self.elements if attribute in held]


def page_of(*runs: Run, script: str = "") -> tuple[str, Page]:
    """The page over these runs, and its elements."""
    tables = [(spec, blocks_of(spec, runs)) for spec in SPECS]
    text = render(runs, tables, specifications=specifications(), bundle=script)
    return text, Page(text)


def some_runs() -> list[Run]:
    """Finished and failed, real and synthetic."""
    return [
        *(full_run(method, seed) for method in ("lora", "lorma_plus") for seed in (0, 1)),
        full_run("ft", status="failed", error="ValueError"),
        full_run("lora", source="synthetic"),
    ]


def test_every_run_has_its_place_its_record_and_its_command() -> None:
    """Links within the page lead somewhere, and no place is there twice."""
    runs = some_runs()
    text, page = page_of(*runs)
    places = page.values("id")
    assert len(places) == len(set(places))
    inner = [link[1:] for link in page.values("href") if link.startswith("#")]
    assert set(inner) <= set(places)
    for run in runs:
        assert f"run-{run.run_id}" in places
        assert run.link in page.values("href")
        assert f"python -m bench.rerun {run.run_id}" in text


def test_what_is_told_of_a_run_is_that_runs() -> None:
    """The places in the data are those that the entries name."""
    runs = some_runs()
    _, page = page_of(*runs)
    told = json.loads(page.data["details"])["runs"]
    by_id = {f"run-{run.run_id}": run for run in runs}
    entries = [held for _, held in page.elements if held.get("class") == "run"]
    assert len(entries) == len(runs)
    for held in entries:
        run, found = by_id[held["id"]], told[int(held["data-index"])]
        assert f"method={run.method} " in found["command"]
        assert f"seed={run.seed} " in found["command"]
        assert found.get("error", "").startswith(run.error or "")
        assert ("scores" in found) == (run.status == "finished")


def test_synthetic_rows_are_hidden_until_asked_for() -> None:
    """But where there are no others."""
    _, page = page_of(*some_runs())
    rows = [held for tag, held in page.elements if tag == "tr" and "data-synthetic" in held]
    assert [("hidden" in held) for held in rows] == [
        held["data-synthetic"] == "yes" for held in rows
    ]
    assert {held["data-synthetic"] for held in rows} == {"yes", "no"}
    _, alone = page_of(full_run(source="synthetic"))
    assert all("hidden" not in held for tag, held in alone.elements if tag == "tr")


HOSTILE = "</script><img src=x onerror=alert(1)><!-- {{ 7 * 7 }} \u202e\x1b[31m & \"'"


def test_texts_of_a_record_stay_text() -> None:
    """Wherever a record can put one: settings, errors, predictions, titles, machine."""
    record = full_record(settings={"train": {HOSTILE: HOSTILE}})
    record.config["model"]["title"] = HOSTILE
    record.sample = [{"prediction": HOSTILE, HOSTILE: [HOSTILE]}]
    record.provenance["gpu"] = HOSTILE
    record.unavailable = {HOSTILE: HOSTILE}
    failed = full_record("ft", status="failed", error=HOSTILE)
    failed.error = {"type": HOSTILE, "message": HOSTILE, "traceback": ""}
    harmless = full_record(settings={"train": {HOSTILE: "a"}})
    runs = [run_of(one) for one in (record, failed, harmless)]
    text, page = page_of(*runs, script="0")
    plain, _ = page_of(full_run(), full_run("ft", status="failed", error="x"), script="0")
    assert text.count("<img") == plain.count("<img")
    assert not any("onerror" in held for _, held in page.elements)
    assert "49" not in re.findall(r"<!-- (\S+)", text)
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert [tag for tag, _ in page.elements].count("script") == 4
    json.loads(page.data["details"])


def test_a_page_without_records_says_how_to_make_one() -> None:
    """And every table is listed as not run."""
    text, page = page_of()
    assert "python -m bench method=lorma_plus task=e2e" in text
    assert all(f"python -m bench.reproduce {spec.name}" in text for spec in SPECS)
    assert "There is nothing to draw yet." in text
    assert page.open == []


def test_nothing_is_asked_of_a_network() -> None:
    """No element loads from elsewhere, charts included, and no script asks for anything."""
    text, page = page_of(*some_runs(), script=bundle())
    loaded = [
        held[key]
        for tag, held in page.elements
        for key in ("src", "href", "data", "action", "srcset", "poster")
        if key in held and tag != "svg"
    ]
    assert loaded
    assert not [link for link in loaded if re.match(r"[a-z]+:|//", link)]
    assert "@import" not in text
    assert "url(" not in text[: text.index("</style>")]
    own = text[text.rindex("<script>") :]
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(", own)


def test_two_pages_of_the_same_records_are_the_same() -> None:
    """Whatever the order of the runs; the scripts of charts too."""
    runs = some_runs()
    assert page_of(*runs)[0] == page_of(*reversed(runs))[0]
    assert bundle() == bundle.__wrapped__()


def test_every_link_to_a_file_is_good(tmp_path: Path) -> None:
    """As `python -m bench.report` writes it, beside tables, figures and records."""
    write(tmp_path, *(full_record(method, seed) for method in ("lora", "ft") for seed in (0, 1)))
    assert main([f"paths.results={tmp_path}"]) == 0
    page = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    links = [link for link in [*page.values("href"), *page.values("src")] if link[:1] != "#"]
    assert len([link for link in links if link.endswith(".svg")]) >= 2
    missing = [link for link in links if not (tmp_path / unquote(link)).is_file()]
    assert missing == []
    runs, _ = read_runs(tmp_path)
    assert {run.link for run in runs} <= set(links)


def headings(page: Page) -> list[int]:
    """Levels of the headings, in order."""
    return [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]


def test_it_can_be_read_aloud() -> None:
    """Headings leave no level out, tables name their columns, pictures and regions say what."""
    _, page = page_of(*some_runs(), script="0")
    levels = headings(page)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))

    def held(tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in page.elements if name == tag]

    assert all(one.get("scope") in {"col", "row"} for one in held("th"))
    assert len(held("caption")) == len(held("table"))
    assert all(one.get("alt") for one in held("img"))
    regions = [one for _, one in page.elements if one.get("role") == "region"]
    assert all(one.get("aria-label") and one.get("tabindex") == "0" for one in regions)
