"""Rows from the Hugging Face hub, at the pinned commit and no other.

`datasets.load_dataset(repository, revision=...)` without a network falls back to the latest
copy in its cache, of whatever revision. The file is therefore fetched by its commit, from the
cache where it is there, and `datasets` reads that file. HF_HUB_OFFLINE=1 makes this immediate.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench import hub
from bench.errors import DataError
from bench.tasks.rows import checked

if TYPE_CHECKING:
    from bench.tasks.base import Row, Source, Split


def read(source: Source, split: Split) -> tuple[str, list[Row]]:
    """`repository@commit`, and every row of the split.

    Raises DataError where the file is neither in the cache nor to be had.
    """
    import httpx
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError
    from huggingface_hub import hf_hub_download, hf_hub_url, is_offline_mode
    from huggingface_hub.errors import LocalEntryNotFoundError

    origin = f"{source.repository}@{source.revision}"
    name = source.file.format(split=split)
    fetch = partial(
        hf_hub_download, source.repository, name, repo_type="dataset", revision=source.revision
    )
    try:
        path = fetch(local_files_only=True)
    except LocalEntryNotFoundError:
        if is_offline_mode():
            raise _unavailable(origin, name, "HF_HUB_OFFLINE is set") from None
        url = hf_hub_url(source.repository, name, repo_type="dataset", revision=source.revision)
        if (reason := hub.refusal(url, f"datasets/{source.repository}")) is not None:
            raise _unavailable(origin, name, reason) from None
        try:
            path = fetch()
        except (OSError, httpx.HTTPError) as error:
            raise _unavailable(origin, name, hub.first_line(error)) from error
    try:
        dataset = load_dataset("parquet", data_files={split: path}, split=split)
    except (DatasetsError, OSError, ValueError) as error:
        raise DataError(f"{path}: no readable Parquet; delete it and run again") from error
    return origin, [
        checked(row, source.columns, f"{origin} {name} row {number}")
        for number, row in enumerate(dataset, start=1)
    ]


def _unavailable(origin: str, name: str, reason: str) -> DataError:
    """Compose the one line that says how to get the rows."""
    return DataError(
        f"{origin} {name}: not fetched from the hub ({reason}); "
        "use data=local data.root=DIR, or data=synthetic"
    )
