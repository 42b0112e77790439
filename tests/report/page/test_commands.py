"""Commands that are shown beside a run."""

from __future__ import annotations

import shlex

from hydra.core.override_parser.overrides_parser import OverridesParser

from bench.report.page.commands import another, rerun
from bench.report.page.groups import groups_of
from tests.report.page.page_runs import full_run


def test_it_names_the_choices_and_what_tells_it_from_its_neighbours() -> None:
    """As Hydra's own parser reads them."""
    runs = [
        full_run(settings={"train": {"batch_size": size, "note": note}}, source="local")
        for size, note in ((8, "a b, 'c'"), (16, "null"))
    ]
    for group in groups_of(runs):
        words = shlex.split(another(group, group.first))
        assert words[:3] == ["python", "-m", "bench"]
        parsed = {
            one.key_or_group: one.value()
            for one in OverridesParser.create().parse_overrides(words[3:])
        }
        assert parsed["method"] == "lora"
        assert parsed["data"] == "local"
        assert parsed["train.batch_size"] == group.first.settings["train.batch_size"]
        assert str(parsed["train.note"]).strip('"') == group.first.settings["train.note"]


def test_a_shell_acts_on_nothing_of_a_record() -> None:
    """A setting that is a command stays one word."""
    hostile = "$(touch /tmp/x); `id` && echo '"
    runs = [full_run(settings={"train": {"note": note}}) for note in (hostile, "harmless")]
    for group in groups_of(runs):
        words = shlex.split(another(group, group.first))
        assert sum("note" in word for word in words) == 1
    (first, _) = runs
    assert shlex.split(rerun(first)) == ["python", "-m", "bench.rerun", first.run_id]
