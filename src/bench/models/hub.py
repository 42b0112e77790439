"""Fetch a pinned revision from the Hugging Face hub, or fail within seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench import hub
from bench.errors import ModelError

if TYPE_CHECKING:
    from bench.models.config import HubSource

FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]
ELSEWHERE = ["*/*"]
"""Weights in other formats are kept in subfolders."""


def hub_folder(source: HubSource, name: str) -> Path:
    """Return the local folder with the files of the pinned revision, downloaded where needed.

    A revision that was downloaded before needs no network. Raises a ModelError.
    """
    from huggingface_hub import is_offline_mode, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    def fetch(*, cached: bool) -> Path:
        return Path(
            snapshot_download(
                source.repository,
                revision=source.revision,
                allow_patterns=FILES,
                ignore_patterns=ELSEWHERE,
                local_files_only=cached,
            )
        )

    try:
        return fetch(cached=True)
    except HFValidationError as error:
        raise ModelError(f"{name}: {hub.first_line(error)}") from None
    except LocalEntryNotFoundError:
        if is_offline_mode():
            raise _unavailable(
                source, name, "it is not in the local cache and HF_HUB_OFFLINE is set"
            ) from None
    _probe(source, name)
    try:
        return fetch(cached=False)
    except Exception as error:
        raise _unavailable(source, name, hub.first_line(error)) from error


def _probe(source: HubSource, name: str) -> None:
    """Ask for one small file, so that a wrong name, a gate or no network tells at once."""
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(source.repository, "config.json", revision=source.revision)
    if (reason := hub.refusal(url, source.repository)) is not None:
        raise _unavailable(source, name, reason)


def _unavailable(source: HubSource, name: str, reason: str) -> ModelError:
    """Compose the one line that says how to get the model."""
    return ModelError(
        f"{name}: {source.repository} at {source.revision[:8]} is not available: {reason}; "
        "set model.path=DIR to a local copy, or log in (hf auth login) and unset HF_HUB_OFFLINE"
    )
