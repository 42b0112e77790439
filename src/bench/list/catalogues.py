"""Tasks, models and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.list.files import Entry, group_files
from bench.models.catalogue import catalogue
from bench.models.config import HubSource, PackageSource
from bench.registry import tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.models.config import ModelConfig


def registered_tasks() -> Iterator[Entry]:
    """Every registered task."""
    for name, task in tasks().items():
        files = [file for parts in task.files.values() for file in parts]
        sources = {file.source.repository: file.source for file in files}.values()
        yield {
            "name": name,
            "title": task.title,
            "rows": {file.name: file.rows for file in files},
            "metrics": [
                f"{metric.name}{'' if metric.better == 'higher' else ' (lower is better)'}"
                for metric in task.metrics
            ],
            "protocol": task.protocol,
            "from": [
                f"{one.repository} @ {(one.revision or 'no commit known')[:10]}" for one in sources
            ],
            "licence": "; ".join(dict.fromkeys(one.licence for one in sources)),
        }


def models() -> Iterator[Entry]:
    """Every file of conf/model."""
    for model in catalogue():
        yield {
            "name": model.name,
            "title": model.title,
            "from": _origin(model),
            "licence": model.licence,
        }


def tables() -> Iterator[Entry]:
    """Every file of conf/table."""
    for path, values in group_files("table"):
        yield {"name": path.stem, "title": values.get("title")}


def _origin(model: ModelConfig) -> str:
    """Where the weights of a model are."""
    source = model.source
    if model.path is not None:
        return f"folder {model.path}"
    if isinstance(source, PackageSource):
        return f"package {source.requirement}"
    if isinstance(source, HubSource):
        return f"hub {source.repository} @ {source.revision[:10]}"
    return f"random weights, seed {source.seed}"
