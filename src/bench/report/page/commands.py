"""The commands that repeat a run, fit to be pasted into a shell whatever its record says."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from bench.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.report.page.groups import Group
    from bench.report.runs import Run

_KEY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z_][\w.+-]*", re.ASCII)


def rerun(run: Run) -> str:
    """What repeats a run from its record, and compares."""
    return f"python -m bench.rerun {shlex.quote(run.run_id)}"


def another(group: Group, run: Run) -> str:
    """What makes a run like it: its choices, and the settings that tell it from its neighbours."""
    source = ["data=local", "data.root=DIR"] if run.source == "local" else [f"data={run.source}"]
    words = [
        f"method={run.method}", f"task={run.task}", f"model={run.model}",
        f"preset={run.preset}", f"seed={run.seed}", *source, *_own(group.label, run),
    ]  # fmt: skip
    return " ".join(["python -m bench", *(shlex.quote(one_line(word)) for word in words)])


def _own(label: Sequence[str], run: Run) -> Iterator[str]:
    """Overrides of a label's settings; what no setting is named after is left out."""
    for part in label:
        key = part.partition("=")[0]
        # What enters the identity of a method's update stands beside its name on the command line.
        for name in (key, key.replace("method.update.", "method.", 1)):
            value = run.settings.get(name)
            if name in run.settings and _KEY.fullmatch(name) and not isinstance(value, dict):
                yield f"{name}={_written(value)}"
                break


def _written(value: object) -> str:
    """A value as Hydra reads it; quotes only where it needs them."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value)
    if plain and value not in {"null", "true", "false"}:
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
