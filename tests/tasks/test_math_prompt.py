"""Prompts and responses against the official programs' own strings."""

from __future__ import annotations

import hashlib

import pytest

from bench.errors import ConfigError, DataError
from bench.metrics.math import score_math
from bench.tasks.gsm8k import GSM8K
from bench.tasks.math import Math
from bench.tasks.math_prompt import (
    evaluation_prompt,
    gsm8k_response,
    math_response,
    training_prompt,
)
from bench.tasks.metamath import MetaMath

DRAWING = "Draw\n[asy]\n1\n[/asy]\nWhat is it?"

# SHA-256 of what `SupervisedDataset` of train_math.py makes of these queries (its `sources`),
# and of the prompt that eval_gsm8k.py and eval_math.py both make of the drawing
# (meta-math/MetaMath at commit fe667b1; LoRMA's and SVFT's copies have the same strings).
SOURCES = {
    "How many legs have 3 ants {each}?": (
        "eef8308c71882d7beeab9e6c156995a8374fef549e2521fa098d42a3bd494315"
    ),
    DRAWING: "6fe8df5ffc4c59ad3ffc05ebf88ca6d0c90b894266053560088757b5d3213c25",
    "Ends here\n": "9508844440366e2ffcd6d23b7947073099223216d73886b3838756a6c54bd041",
}
ASKED = "bb6e1c6a56ae861507d07f34a2933a5ecaee9ed5bf07535f699ff5b502e97175"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("query", SOURCES)
def test_training_prompts_are_those_of_the_official_program(query):
    (pair,) = MetaMath().examples([{"query": query, "response": "A dot.\nThe answer is: 1"}])
    assert digest(pair.context) == SOURCES[query]
    assert pair.text == "A dot.\nThe answer is: 1"
    assert MetaMath.lead == ""


def test_evaluation_prompt_is_that_of_both_official_programs():
    assert digest(evaluation_prompt(DRAWING)) == ASKED
    row = {"problem": DRAWING, "level": "Level 1", "type": "Algebra", "solution": r"\boxed{1}"}
    assert digest(Math().queries([row])[0].context) == ASKED
    row = {"question": DRAWING, "answer": "#### 1"}
    assert digest(GSM8K().queries([row])[0].context) == ASKED


def test_rows_of_the_data_sets_themselves_have_their_whole_question_as_instruction():
    (pair,) = GSM8K().examples([{"question": DRAWING, "answer": "#### 1"}])
    assert pair.context + " Let's think step by step." == evaluation_prompt(DRAWING)
    assert pair.context == training_prompt(DRAWING)


@pytest.mark.parametrize(
    ("annotations", "response"),
    [
        (False, "It makes 4 * 300 = 1,200.\n#### 1,200\nThe answer is: 1200"),
        (True, "It makes 4 * 300 = <<4*300=1200>>1,200.\n#### 1,200\nThe answer is: 1200"),
    ],
)
def test_gsm8k_response_ends_as_those_of_metamathqa(annotations, response):
    answer = "It makes 4 * 300 = <<4*300=1200>>1,200.\n#### 1,200"
    assert gsm8k_response(answer, annotations=annotations) == response
    (pair,) = GSM8K(annotations=annotations).examples([{"question": "?", "answer": answer}])
    assert pair.text == response


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (r"So $\boxed{1}$, or $x = \boxed{\frac{1}{\sqrt{2}}}$.", r"\frac{1}{\sqrt{2}}"),
        (r"our answer is $\boxed 2$.", "2"),
        (r"There are $\boxed{}$ of them.", ""),
    ],
)
def test_math_response_ends_in_what_the_last_box_holds(solution, answer):
    assert math_response(solution) == f"{solution}\nThe answer is: {answer}"


def test_solutions_without_an_answer_are_named():
    with pytest.raises(DataError, match=r"answer='no number': must end in '#### '"):
        gsm8k_response("no number", annotations=False)
    with pytest.raises(DataError, match=r"solution='no box': must have its answer in \\boxed{}"):
        math_response("no box")


@pytest.mark.parametrize("kind", [GSM8K, Math, MetaMath])
@pytest.mark.parametrize("step_by_step", [True, False])
def test_one_example_stands_before_the_query_in_the_same_words(kind, step_by_step):
    """And it is right by every rule of its data set."""
    task = kind(step_by_step=step_by_step)
    query = evaluation_prompt("How many?", step_by_step=step_by_step)
    prompt = task.demonstrated(query, 1)
    assert prompt.endswith(f"\n\n{query}")
    example = prompt.removesuffix(f"\n\n{query}")
    before, after = evaluation_prompt("|", step_by_step=step_by_step).split("|")
    assert example.startswith(before)
    assert example.count(after) == 1
    response = example.partition(after)[2]
    rules, answer = ("math", r"\frac{1}{6}") if kind is Math else ("gsm8k", "90")
    assert set(score_math(rules, [response], [answer]).values.values()) == {1.0}
    with pytest.raises(ConfigError, match=rf"method\.shots=2: .*task={task.key}.* must be 1"):
        task.demonstrated(query, 2)


@pytest.mark.parametrize("subset", ["gsm8k", "math"])
def test_without_the_line_on_steps_a_query_is_the_prompt_of_training(subset):
    row = {"question": "Why?", "problem": "Why?", "answer": "", "solution": ""}
    row |= {"level": "Level 1", "type": "Algebra"}
    for kind in (GSM8K if subset == "gsm8k" else Math, MetaMath):
        (query,) = kind(step_by_step=False).queries([row], subset)
        assert query.context == training_prompt("Why?")
