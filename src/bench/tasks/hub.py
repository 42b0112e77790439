"""Rows from the Hugging Face hub, at the pinned commit and no other.

`datasets.load_dataset(repository, revision=...)` without a network falls back to the latest
copy in its cache, of whatever revision. The file is therefore fetched by its commit, from the
cache where it is there, and `datasets` reads that file. HF_HUB_OFFLINE=1 makes this immediate.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bench import hub
from bench.errors import DataError
from bench.tasks.rows import checker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.tasks.base import Row
    from bench.tasks.published import File, Source


def read(file: File) -> tuple[str, list[Row]]:
    """`repository@commit`, and every row of the file.

    Raises DataError where it is neither in the cache nor to be had.
    """
    source = file.source
    if source.revision is None:
        raise DataError(
            f"{source.repository}: no commit of it is known, so data=hub would read whatever is "
            "there today; use data=local data.root=DIR, or data=synthetic"
        )
    origin = f"{source.repository}@{source.revision}"
    rows: list[Mapping[str, Any]] = []
    for name in file.paths:
        rows += _rows(fetched(source, name))
    checked = checker(source.columns)
    where = f"{origin} {', '.join(file.paths)}"
    return origin, [
        checked(row, f"{where} row {number}")
        for number, row in enumerate(source.adapt(rows), start=1)
    ]


def fetched(source: Source, name: str) -> str:
    """Path of one file of the repository, in the cache of the hub's library."""
    import httpx
    from huggingface_hub import hf_hub_download, hf_hub_url, is_offline_mode
    from huggingface_hub.errors import LocalEntryNotFoundError

    origin = f"{source.repository}@{source.revision}"
    fetch = partial(
        hf_hub_download, source.repository, name, repo_type="dataset", revision=source.revision
    )
    try:
        return str(fetch(local_files_only=True))
    except LocalEntryNotFoundError:
        if is_offline_mode():
            raise _unavailable(origin, name, "HF_HUB_OFFLINE is set") from None
    url = hf_hub_url(source.repository, name, repo_type="dataset", revision=source.revision)
    if (reason := hub.refusal(url, f"datasets/{source.repository}")) is not None:
        raise _unavailable(origin, name, reason) from None
    try:
        return str(fetch())
    except (OSError, httpx.HTTPError) as error:
        raise _unavailable(origin, name, hub.first_line(error)) from error


def _rows(path: str) -> Iterable[Mapping[str, Any]]:
    """All rows of a Parquet or JSON file."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    kind = "json" if ".json" in path.rpartition("/")[2] else "parquet"
    try:
        rows: Iterable[Mapping[str, Any]] = load_dataset(kind, data_files=path, split="train")
    except (DatasetsError, OSError, ValueError) as error:
        raise DataError(f"{path}: no readable {kind}; delete it and run again") from error
    return rows


def _unavailable(origin: str, name: str, reason: str) -> DataError:
    """Compose the one line that says how to get the rows."""
    return DataError(
        f"{origin} {name}: not fetched from the hub ({reason}); "
        "use data=local data.root=DIR, or data=synthetic"
    )
