from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.errors import MetricError
from bench.metrics.java.dialogue import JavaDialogue
from bench.metrics.java.program import find_java
from bench.metrics.text.meteor import measure_meteor
from bench.metrics.text.ptb import tokenize_ptb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.metrics.conftest import Corpus


@pytest.fixture
def program(
    loaded_meteor: Callable[[str], AbstractContextManager[JavaDialogue]],
) -> Iterator[JavaDialogue]:
    """The program that all tests share."""
    with loaded_meteor(find_java()) as running:
        yield running


def test_equals_the_official_program(program: JavaDialogue, corpus: Corpus) -> None:
    """METEOR of the official program; one running program serves many corpora."""
    flat = [text for texts in corpus.references for text in texts]
    tokens, predictions = tokenize_ptb(find_java(), [flat, corpus.predictions])
    waiting = iter(tokens)
    references = [[next(waiting) for _ in texts] for texts in corpus.references]
    measure = measure_meteor(program, predictions, references)
    assert measure.value == pytest.approx(corpus.official["METEOR"], rel=1e-12)


def test_resamples_score_as_the_program_scores_them(
    program: JavaDialogue, whole: Corpus, ptb_lines: list[str]
) -> None:
    """Its EVAL of 300 draws from all examples and from perfect items, and of each item alone.

    The examples match exactly and by paraphrase; four items here by stem and by synonym.
    """
    predictions = [*ptb_lines, "rooms were renovated", "a big car", "he buys a car", "big houses"]
    predictions += ["the old mill", "a b c", "yes"]
    references = [*([text.lower() for text in texts] for texts in whole.references)]
    references += [["the room was renovated"], ["a large automobile"]]
    references += [["he purchases an automobile quickly"], ["a big house"]]
    references += [["the old mill"], ["a b c", "x"], ["yes"]]
    measure = measure_meteor(program, predictions, references)
    asked = [
        program.ask(" ||| ".join(("SCORE", *texts, prediction)))[0]
        for prediction, texts in zip(predictions, references, strict=True)
    ]
    generator = np.random.Generator(np.random.PCG64(3))
    n = len(asked)
    drawn = [generator.integers(low, n, size) for low in (0, n - 4) for size in (1, 2, 19) * 50]
    counts = np.stack([np.bincount(some, minlength=n) for some in drawn]).astype(float)
    expected = [
        float(program.ask(" ||| ".join(("EVAL", *(asked[i] for i in some))), len(some) + 1)[-1])
        for some in drawn
    ]
    assert measure.resampled(counts) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert measure.resampled(np.eye(n)) == pytest.approx(measure.items, rel=1e-12, abs=1e-12)
    assert measure.resampled(np.ones((1, n))) == pytest.approx([measure.value], rel=1e-12)
    assert 1.0 in expected
    assert 0.0 in expected


def test_the_order_of_items_does_not_matter(program: JavaDialogue, whole: Corpus) -> None:
    """Nothing is carried over from one item to the next."""
    forward = measure_meteor(program, whole.predictions, whole.references)
    backward = measure_meteor(program, whole.predictions[::-1], whole.references[::-1])
    assert backward.value == pytest.approx(forward.value, rel=1e-12)
    assert backward.items == (forward.items or ())[::-1]


def test_equal_items_are_asked_once_and_count_each(
    program: JavaDialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of one input share their references, and mostly their prediction."""
    questions: list[str] = []
    ask = program.ask

    def listen(question: str, answers: int = 1) -> list[str]:
        questions.append(question)
        return ask(question, answers)

    monkeypatch.setattr(program, "ask", listen)
    measure = measure_meteor(program, ["a b", "a b", "a b"], [["a b"], ["a c"], ["a b"]])
    assert len(questions) == 2 + 1
    assert measure.items is not None
    assert measure.items[0] == measure.items[2] == 1.0 > measure.items[1]


@pytest.mark.parametrize(
    "text", ["", "word", "!", "\ud800 \x00\x1c\u2028", "x" * 10_000, "the cat " * 1_250]
)
def test_any_text_has_a_finite_score(program: JavaDialogue, text: str) -> None:
    """No text, one word and 10,000 characters neither fail nor give NaN."""
    measure = measure_meteor(program, [text, ""], [["the cat sat", ""], [text[:100]]])
    resampled = measure.resampled(np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 2.0]]))
    for value in (measure.value, *(measure.items or ()), *resampled):
        assert 0 <= value <= 1


def test_separators_in_texts_do_not_confuse_it(program: JavaDialogue) -> None:
    """The program's own separator in a prediction, ends of lines, texts without a word."""
    predictions = ["a b ||| c", "a\r\nb", ""]
    assert measure_meteor(program, predictions, [["a b c"], ["a b"], [""]]).value == 1.0


def test_an_answer_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    """What a broken installation writes is quoted, not scored."""
    broken = tmp_path / "java"
    broken.write_text("#!/bin/sh\nwhile read line; do echo Error: no table; done\n")
    broken.chmod(0o755)
    with (
        JavaDialogue(str(broken), (), 10) as running,
        pytest.raises(MetricError, match="METEOR answered 'Error: no table' where numbers"),
    ):
        measure_meteor(running, ["a"], [["a"]])


def test_an_answer_of_other_length_is_an_error(tmp_path: Path) -> None:
    """Another version's counts are not taken for those of 1.5."""
    other = tmp_path / "java"
    other.write_text("#!/bin/sh\nread line; echo 1 2 3; read line; echo 0.5; echo 0.5\n")
    other.chmod(0o755)
    with (
        JavaDialogue(str(other), (), 10) as running,
        pytest.raises(MetricError, match="METEOR answered '1 2 3' where 23 numbers"),
    ):
        measure_meteor(running, ["a"], [["a"]])
