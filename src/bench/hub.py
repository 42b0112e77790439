"""Ask the Hugging Face hub for one small thing, and give up within seconds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from threading import Thread
from typing import TypeVar

PATIENCE = 10.0
"""Seconds until the hub counts as unreachable; one look-up without a network takes 23-47."""

Answer = TypeVar("Answer")


def refusal(url: str, page: str) -> str | None:
    """Why the file at a hub's `url` cannot be had, or None where it can; `page` describes it."""
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

    try:
        within(PATIENCE, lambda: get_hf_file_metadata(url, timeout=PATIENCE / 2))
    except NoAnswer:
        return f"the hub did not answer in {PATIENCE:.0f} s"
    except GatedRepoError:
        return f"its licence must be accepted at huggingface.co/{page} first"
    except HfHubHTTPError as error:
        return first_line(error)
    except Exception as error:  # noqa: BLE001  (whatever it is, the hub cannot be used)
        return f"the hub cannot be reached: {first_line(error)}"
    return None


def within(seconds: float, call: Callable[[], Answer]) -> Answer:
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


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the error's name."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
