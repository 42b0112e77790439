"""Text of strangers on its way to a terminal: shown as it is spelled, never acted on.

A record or a file may hold signs that move the cursor, colour or hide what follows, or turn
the direction of reading. They are written as the escapes that JSON and Python know.
"""

from __future__ import annotations

import re

_SIGNS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and new line, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # directions of reading
    "\ud800-\udfff]"  # halves of pairs, which no terminal can be sent
)


def printable(text: str) -> str:
    r"""The text with every control sign as \uXXXX; tabs and ends of lines stay."""
    return _SIGNS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def one_line(text: str) -> str:
    """The same with every run of white space as one blank."""
    return printable(" ".join(text.split()))


def bounded(text: str, longest: int = 1500) -> str:
    """The text, or its first and its last half where it is long: both are needed to mend it."""
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]} ... {text[-half:]}"


def short(value: object, longest: int = 60) -> str:
    """A value for a message, as it is written on the command line, of `longest` characters."""
    try:
        text = one_line("null" if value is None else str(value))
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
