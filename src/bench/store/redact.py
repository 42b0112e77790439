"""Secrets stay out of what is written: records, logs, messages, and what is sent elsewhere.

A secret is the value of an environment variable whose name says so, and the user and
password in a URL.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Characters; a shorter value occurs by chance."""
HIDDEN = "***"

_NAMES = re.compile(r"TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^\s/'\"<>]+(?=@)")


def secrets(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Values to hide, as they are and as texts spell them, the longest first."""
    given = os.environ if environment is None else environment
    values = {value.strip() for name, value in given.items() if _NAMES.search(name)}
    found = {spelled for value in values if len(value) >= SHORTEST for spelled in _spellings(value)}
    return tuple(sorted(found, key=lambda value: (-len(value), value)))


def _spellings(value: str) -> Iterable[str]:
    """A value as it is, in Python, in JSON and in URLs."""
    return {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, ""), quote_plus(value)}


def redact(text: str, hidden: Iterable[str] | None = None) -> str:
    """The text with *** for every secret; `hidden` is what `secrets` found, or looked up here."""
    for value in secrets() if hidden is None else hidden:
        text = text.replace(value, HIDDEN)
    return _LOGIN.sub(HIDDEN, text)


def redacted(value: Any, hidden: Iterable[str] | None = None) -> Any:
    """Plain data with *** for every secret in its texts; keys of mappings stay."""
    known = secrets() if hidden is None else tuple(hidden)
    if isinstance(value, str):
        return redact(value, known)
    if isinstance(value, Mapping):
        return {key: redacted(part, known) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(part, known) for part in value]
    return value
