"""The word tokenizer of NIST's mteval-v13a (no SGML input, Western languages).

Rules: NIST `mteval-v13a.pl`, in the form that the E2E NLG challenge's
`measure_scores.py -p` applies them (tuetschek/e2e-metrics).
"""

from __future__ import annotations

import re

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))

_SPACING = (
    # Every ASCII sign but the apostrophe, comma, hyphen and full stop stands alone.
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def tokenize_13a(text: str) -> list[str]:
    """Split `text` into words and signs; text without any gives one empty token."""
    return re.sub(r"\s+", " ", space_13a(text)).strip().split(" ")


def lower_tokens_13a(text: str) -> tuple[str, ...]:
    """Tokens of `text` in lower case, as case-insensitive BLEU and NIST compare them."""
    return tuple(token.lower() for token in tokenize_13a(text))


def space_13a(text: str) -> str:
    """`text` with blanks put in between its words and signs, and on both ends."""
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    # The rules look at a neighbour on each side, which the first and last sign lack.
    text = f" {text} "
    for pattern, replacement in _SPACING:
        text = pattern.sub(replacement, text)
    return text
