from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.errors import MetricError
from bench.metrics.java import find_java, package_folder
from bench.metrics.java_dialogue import JavaDialogue
from bench.metrics.meteor import meteor, start_meteor
from bench.metrics.ptb import tokenize_ptb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.metrics.conftest import Corpus


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaDialogue]:
    """One program for all tests, as it takes seconds to load; its folder's name has a blank."""
    folder = tmp_path_factory.mktemp("packages") / "with blank"
    folder.symlink_to(package_folder())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.metrics.meteor.package_folder", lambda: folder)
        running = start_meteor(find_java())
    with running:
        yield running


def test_equals_the_official_program(program: JavaDialogue, corpus: Corpus) -> None:
    """METEOR of the official program; one running program serves many corpora."""
    flat = [text for texts in corpus.references for text in texts]
    tokens, predictions = tokenize_ptb(find_java(), [flat, corpus.predictions])
    waiting = iter(tokens)
    references = [[next(waiting) for _ in texts] for texts in corpus.references]
    expected = pytest.approx(corpus.official["METEOR"], rel=1e-12)
    assert meteor(program, predictions, references) == expected


def test_separators_in_texts_do_not_confuse_it(program: JavaDialogue) -> None:
    """The program's own separator in a prediction, and texts without a word."""
    assert meteor(program, ["a b ||| c", ""], [["a b c"], [""]]) == 1.0


def test_an_answer_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    """What a broken installation writes is quoted, not scored."""
    broken = tmp_path / "java"
    broken.write_text("#!/bin/sh\nwhile read line; do echo Error: no table; done\n")
    broken.chmod(0o755)
    with (
        JavaDialogue(str(broken), (), 10) as running,
        pytest.raises(MetricError, match="METEOR answered 'Error:' where a number"),
    ):
        meteor(running, ["a"], [["a"]])
