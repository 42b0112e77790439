from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from bench.config import DataConfig
from bench.errors import ConfigError, DataError
from bench.metrics.scores import Scores
from bench.tasks.base import Pair, Query
from bench.tasks.compose import task_from
from bench.tasks.e2e import E2E, SOURCE, attributes, linearise
from bench.tasks.items import TextItem
from bench.tasks.sources import load

# Inputs as microsoft/LoRA (commit c4593f0, examples/NLG/data/e2e/test.txt) prints them.
LORA_LINES = {
    "name[Blue Spice], eatType[coffee shop], area[city centre]": (
        "name : Blue Spice | Type : coffee shop | area : city centre"
    ),
    "name[Clowns], eatType[coffee shop], customer rating[3 out of 5], near[All Bar One]": (
        "name : Clowns | Type : coffee shop | customer rating : 3 out of 5 | near : All Bar One"
    ),
    "name[The Cricketers], eatType[restaurant], food[Chinese], priceRange[cheap], "
    "customer rating[5 out of 5], area[city centre], familyFriendly[no], near[All Bar One]": (
        "name : The Cricketers | Type : restaurant | food : Chinese | price : cheap | "
        "customer rating : 5 out of 5 | area : city centre | family friendly : no | "
        "near : All Bar One"
    ),
}

# SHA-256 of all inputs of that folder's test.txt and valid.txt, one a line, without blanks
# (the files are split into tokens: "£ 20 - 25" for "£20-25").
LORA_DIGESTS = {
    "test": "c8f2e55248aea56a6bc9be872403625bdf87854508b281c2fc90aa38d30f69dc",
    "validation": "ed4854f646fddb7eaab9f7b035e59b8c2d067c7ed3a5a7de3e2ec6b0ae7f58db",
}

# SHA-256 of what stands between the quotation marks of footnote 4 of LoDA (MERL TR2025-130).
FOOTNOTE_4 = "e7a3860baf47d4cdbdca6bf8675b945841a66c8761f6189fb2cd6c3024546d8f"


@pytest.mark.parametrize(("representation", "line"), LORA_LINES.items())
def test_input_reads_as_in_microsoft_lora(representation, line):
    assert linearise(representation) == line


def test_currency_and_ranges_stay_as_published():
    given = "name[The Vaults], eatType[pub], priceRange[more than £30]"
    assert linearise(given) == "name : The Vaults | Type : pub | price : more than £30"


def test_order_of_attributes_is_that_of_the_row():
    assert linearise("near[Ranch], name[Cotto]") == "near : Ranch | name : Cotto"


def test_value_with_a_comma_is_one_value():
    assert attributes("name[Salt, Pepper and Co], area[riverside]") == [
        ("name", "Salt, Pepper and Co"),
        ("area", "riverside"),
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "The Vaults",
        "name[The Vaults",
        "name[]",
        "[The Vaults]",
        " [The Vaults]",
        "name[a[b]]",
        "name[a] food[b]",
        "name[a],",
        "name[a], food[b], and more",
    ],
)
def test_damaged_representation_is_named(damaged):
    with pytest.raises(DataError) as caught:
        linearise(damaged)
    assert repr(damaged.strip()) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_long_damage_is_refused_quickly_and_shortened():
    """A parser that goes back over its input would need hours for one longest line."""
    with pytest.raises(DataError) as caught:
        linearise("name[a]," + " " * 1_000_000)
    assert len(str(caught.value)) < 400


def test_pairs_keep_rows_and_strip_texts():
    row = {"meaning_representation": "name[Cotto]", "human_reference": " Cotto is\r\n here. \n"}
    assert E2E().examples([row, row]) == [Pair("name : Cotto", "Cotto is\r\n here.")] * 2


def test_queries_group_by_input_in_order_of_first_row():
    rows = [
        {"meaning_representation": f"name[{name}]", "human_reference": text}
        for name, text in [("B", "b1 "), ("A", "a1"), ("B", "b2"), ("B", "b1")]
    ]
    assert E2E().queries(rows) == [
        Query(context="name : B", gold={"references": ["b1", "b2", "b1"]}),
        Query(context="name : A", gold={"references": ["a1"]}),
    ]


@pytest.mark.parametrize(
    ("split", "rows", "inputs"),
    [("train", 42061, 4862), ("validation", 4672, 547), ("test", 4693, 630)],
)
def test_published_rows_give_the_published_counts(published: DataConfig, split, rows, inputs):
    """Rows as on the hub; as many inputs as microsoft/LoRA's files of these splits hold."""
    task = E2E()
    (loaded,) = load(task, published, split, None)
    queries = task.queries(loaded.rows)
    assert (loaded.total, loaded.partial, len(queries)) == (rows, False, inputs)
    references = sum(len(query.gold["references"]) for query in queries)
    assert references == rows == len(task.examples(loaded.rows))
    for row in loaded.rows:
        given = row["meaning_representation"]
        assert ", ".join(f"{name}[{value}]" for name, value in attributes(given)) == given


@pytest.mark.parametrize("split", LORA_DIGESTS)
def test_every_published_input_is_that_of_microsoft_lora(published: DataConfig, split):
    (loaded,) = load(E2E(), published, split, None)
    pairs = E2E().examples(loaded.rows)
    text = "\n".join("".join(pair.context.split()) for pair in pairs)
    assert hashlib.sha256(text.encode()).hexdigest() == LORA_DIGESTS[split]


def test_one_shot_prompt_is_the_published_one():
    """LoDA, footnote 4, whose digest was taken from the paper's text; the query follows it."""
    given = linearise("name[The Vaults], eatType[pub], priceRange[more than £30]")
    prompt = E2E().demonstrated(given, 1)
    query = "name: The Vaults | Type: pub | price: more than £30"
    assert prompt.endswith(query)
    published = prompt.removesuffix(query)
    assert hashlib.sha256(published.encode()).hexdigest() == FOOTNOTE_4


def test_query_of_the_prompt_is_written_as_its_example_is():
    """The example's own row gives the example's own words."""
    row = (
        "name[The Eagle], eatType[coffee shop], food[Japanese], priceRange[less than £20], "
        "customer rating[low], area[riverside], familyFriendly[yes], near[Burger King]"
    )
    prompt = E2E().demonstrated(linearise(row), 1)
    example = prompt.partition("example: ")[2].partition(". The generated")[0]
    assert prompt.endswith(f"this table: {example}")


@pytest.mark.parametrize("shots", [2, 5])
def test_only_one_example_is_published(shots):
    with pytest.raises(ConfigError, match=rf"method\.shots={shots}: .*must be 1"):
        E2E().demonstrated("name : Cotto", shots)


def test_options_are_checked():
    assert task_from({"name": "e2e", "max_tokens": 64}).max_tokens == 64
    for wrong in ({"max_tokens": 0}, {"max_tokens": "many"}, {"max_token": 512}):
        with pytest.raises(ConfigError, match=r"task\.max_token"):
            task_from({"name": "e2e", **wrong})


def test_revision_is_a_commit():
    assert len(SOURCE.revision) == 40
    assert int(SOURCE.revision, 16)


def test_score_is_that_of_the_official_metrics(monkeypatch):
    """Their values are compared with the official program in tests/metrics."""
    expected = Scores({"BLEU": 0.5})
    asked = []
    monkeypatch.setattr(
        "bench.metrics.e2e.score_e2e", lambda *given: asked.append(given) or expected
    )
    item = TextItem(prediction="Cotto", references=["Cotto", "Here"])
    assert E2E().score([item]) is expected
    assert asked == [(["Cotto"], [["Cotto", "Here"]])]


def test_importing_tasks_imports_nothing_heavy():
    code = (
        "import sys, bench.registry; assert 'e2e' in bench.registry.tasks(); "
        "print(*sorted({'torch', 'transformers', 'datasets', 'evaluate', 'pandas', "
        "'huggingface_hub', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
