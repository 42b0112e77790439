"""The words that the scorers of WebNLG and DART compare.

Steps of microsoft/LoRA `examples/NLG`, same for predictions and references: `gpt2_decode.py
--tokenize --lower` ends a text at its end token or first empty line, lower-cases it and
makes every sign a word; `eval.py` then lets METEOR and TER, not BLEU, see what NLTK 3.5's
word tokenizer makes of that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

REFERENCES = 6
"""References that count for one item, `--ref_num 6`; further ones are not read."""

_SIGN = re.compile(r"(\W)")
# Of all that NLTK's tokenizer does, this is what is left to do where every sign stands alone.
_NLTK = {
    '"': "``",
    "cannot": "can not",
    "gimme": "gim me",
    "gonna": "gon na",
    "gotta": "got ta",
    "lemme": "lem me",
    "wanna": "wan na",
}


def prepared(text: str) -> str:
    """The text as `gpt2_decode.py` writes it: lower-case words and signs between blanks."""
    text = text.split("<|endoftext|>", maxsplit=1)[0].split("\n\n", maxsplit=1)[0].strip().lower()
    return " ".join(" ".join(_SIGN.split(text)).split())


def nltk_text(text: str) -> str:
    """A prepared text as METEOR and TER see it, its words between blanks."""
    return " ".join(_NLTK.get(word, word) for word in text.split())


def prepared_references(references: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The first six references of each item, prepared, equal ones once.

    The official files hold six for every item, the first again where there are fewer. To
    have one twice changes none of the three metrics.
    """
    return [tuple(dict.fromkeys(map(prepared, texts[:REFERENCES]))) for texts in references]
