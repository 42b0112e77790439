from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.errors import MetricError
from bench.metrics.java.program import find_java
from bench.metrics.text.ptb import tokenize_ptb

if TYPE_CHECKING:
    from pathlib import Path

    from tests.metrics.conftest import Corpus


def test_equals_the_official_tokenizer(whole: Corpus, ptb_lines: list[str]) -> None:
    """Tokens of the official program's PTBTokenizer, for currency, scripts, signs and no text."""
    assert tokenize_ptb(find_java(), [whole.predictions]) == [ptb_lines]


def test_corpora_do_not_touch_each_other() -> None:
    """Several corpora in one start of Java give what each gives alone."""
    first, second = ["At the end etc.", "No."], ["5 stars", "", "The End\u2028\r\n\vhere \ud800"]
    alone = [tokenize_ptb(find_java(), [texts])[0] for texts in (first, second)]
    assert tokenize_ptb(find_java(), [first, second]) == alone
    assert alone == [["at the end etc.", "no"], ["5 stars", "", "the end here"]]


@pytest.mark.parametrize("texts", [[""], ["", ""], ["x", ""], ["", "x"]])
def test_every_text_gives_one_line(texts: list[str]) -> None:
    """Empty texts keep their places, also at the end."""
    assert tokenize_ptb(find_java(), [texts]) == [texts]


def test_a_program_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    """A Java that ends well without output is not taken for empty texts."""
    silent = tmp_path / "java"
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(0o755)
    with pytest.raises(MetricError, match="PTB tokenizer wrote nothing"):
        tokenize_ptb(str(silent), [["a"]])


def test_a_line_too_few_is_an_error(tmp_path: Path) -> None:
    """Lines that do not pair with texts are never scored."""
    short = tmp_path / "java"
    short.write_text("#!/bin/sh\necho a > 0.out\n")
    short.chmod(0o755)
    with pytest.raises(MetricError, match="returned 2 lines for 3 texts"):
        tokenize_ptb(str(short), [["a", "b", "c"]])
