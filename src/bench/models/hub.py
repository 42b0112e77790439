"""Fetch a pinned revision from the Hugging Face hub, or fail within seconds."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from bench.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.models.config import HubSource

FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]
ELSEWHERE = ["*/*"]
"""Weights in other formats are kept in subfolders."""
PATIENCE = 10.0
"""Seconds until the hub counts as unreachable; one look-up without a network takes 23-47."""

Answer = TypeVar("Answer")


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
        raise ModelError(f"{name}: {_first_line(error)}") from None
    except LocalEntryNotFoundError:
        if is_offline_mode():
            raise _unavailable(
                source, name, "it is not in the local cache and HF_HUB_OFFLINE is set"
            ) from None
    _probe(source, name)
    try:
        return fetch(cached=False)
    except Exception as error:
        raise _unavailable(source, name, _first_line(error)) from error


def _probe(source: HubSource, name: str) -> None:
    """Ask for one small file, so that a wrong name, a gate or no network tells at once."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

    url = hf_hub_url(source.repository, "config.json", revision=source.revision)
    try:
        _within(PATIENCE, lambda: get_hf_file_metadata(url, timeout=PATIENCE / 2))
    except NoAnswer:
        reason = f"the hub did not answer in {PATIENCE:.0f} s"
    except GatedRepoError:
        reason = f"its licence must be accepted at huggingface.co/{source.repository} first"
    except HfHubHTTPError as error:
        reason = _first_line(error)
    except Exception as error:  # noqa: BLE001  (whatever it is, the hub cannot be used)
        reason = f"the hub cannot be reached: {_first_line(error)}"
    else:
        return
    raise _unavailable(source, name, reason)


def _within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """Return the result of `call`, or NoAnswer; name resolution has no time limit of its own."""
    future: Future[Answer] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
            future.set_exception(error)

    # A daemon thread does not hold up the end of the program, as an executor's would.
    Thread(target=work, daemon=True).start()
    return future.result(seconds)


def _unavailable(source: HubSource, name: str, reason: str) -> ModelError:
    """Compose the one line that says how to get the model."""
    return ModelError(
        f"{name}: {source.repository} at {source.revision[:8]} is not available: {reason}; "
        "set model.path=DIR to a local copy, or log in (hf auth login) and unset HF_HUB_OFFLINE"
    )


def _first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the error's name."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
