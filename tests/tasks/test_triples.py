from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.config import Cell, cell_from
from bench.errors import ConfigError, DataError
from bench.metrics.scores import Scores
from bench.paths import config_folder
from bench.tasks.base import Pair, Query
from bench.tasks.compose import task_from
from bench.tasks.items import TextItem
from bench.tasks.triples import Described, TriplesTask, linearise
from tests.cells import compose_settings
from tests.fuzz.effort import SOAK

SHARED = Path(__file__).parents[3] / "shared"
KEYS = ("dart", "webnlg")
METHODS = sorted(path.stem for path in (config_folder() / "method").glob("*.yaml"))


class Plain(TriplesTask):
    """Rows that are described already; it has no key, so no registry finds it."""

    def synthetic(self, file: Any) -> list[dict[str, Any]]:
        return []

    def described(self, row: Any) -> Described:
        return row


def row(context: str, *texts: str, subsets: Sequence[str] = ()) -> Described:
    return Described(context=context, texts=texts, subsets=subsets)


def test_facts_read_as_in_microsoft_lora() -> None:
    """As format_converting_webnlg.py (commit c4593f0) writes these two."""
    triples = [["Pier_9", "cityServed", '"Ely, Wales"'], ["Ely", "leader : party", "A | B"]]
    expected = 'Pier_9 : cityServed : "Ely, Wales" | Ely : leader : party : A | B'
    assert linearise(triples) == expected


@pytest.mark.parametrize("damaged", [[], [[]], [["a", "b"]], [["a", "b", "c"], ["a"] * 4]])
def test_damaged_triple_is_named(damaged: list[list[str]]) -> None:
    with pytest.raises(DataError, match=r"triple=\[.*\]: does not parse; .*three parts") as caught:
        linearise(damaged)
    assert "\n" not in str(caught.value)


def test_long_damage_is_shortened() -> None:
    with pytest.raises(DataError) as caught:
        linearise([["a" * 1_000_000]])
    assert len(str(caught.value)) < 400


def test_every_text_is_an_example_as_it_stands() -> None:
    rows = [row("a", "one ", ""), row("b"), row("a", "two")]
    assert Plain().examples(rows) == [Pair("a", "one "), Pair("a", ""), Pair("a", "two")]


def test_rows_that_read_the_same_are_one_input_in_all_their_subsets() -> None:
    """In the order of the first row of each; an input without any text is none."""
    rows = [
        row("b", "1\n", subsets=("x", "y")),
        row("a", "2", subsets=("y",)),
        row("c", subsets=("x",)),
        row("b", "3", " 1", subsets=("z", "x")),
    ]
    assert Plain().queries(rows) == [
        Query(context="b", gold={"references": ["1", "3", "1"], "subsets": ["x", "y", "z"]}),
        Query(context="a", gold={"references": ["2"], "subsets": ["y"]}),
    ]


def test_score_is_that_of_the_official_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their values are compared with the official programs in tests/metrics."""
    expected = Scores({"BLEU": 0.5})
    asked = []
    monkeypatch.setattr(
        "bench.metrics.triples.score_triples", lambda *given: asked.append(given) or expected
    )
    items = [
        TextItem(prediction="a", references=["b", "c"], subsets=("seen", "Food")),
        TextItem(prediction="d", references=["e"], subsets=("unseen",)),
        TextItem(prediction="f", references=["g"], subsets=("seen",)),
    ]
    assert Plain().score(items) is expected
    subsets = {"Food": [0], "seen": [0, 2], "unseen": [1]}
    assert asked == [(["a", "d", "f"], [["b", "c"], ["e"], ["g"]], subsets)]


@pytest.mark.parametrize("key", KEYS)
def test_one_shot_prompt_has_a_worked_example_before_the_query(key: str) -> None:
    """Its example reads as a row of the task does; decoding stops where a third would begin."""
    task = task_from({"name": key})
    assert isinstance(task, TriplesTask)
    prompt = task.demonstrated("Pier : {length} : 310", 1)
    parts = prompt.split("\n\n")
    assert parts[1:] == [
        f"Facts: {task.example.context}\nText: {task.example.text}",
        "Facts: Pier : {length} : 310\nText:",
    ]
    triples = [one.split(" : ") for one in task.example.context.split(" | ")]
    assert linearise(triples) == task.example.context
    with pytest.raises(ConfigError, match=r"method\.shots=2: .*must be 1"):
        task.demonstrated("Pier : length : 310", 2)
    assert "\n\n" in compose_settings(f"task={key}", "method=one_shot")["decode"]["stop"]


@pytest.mark.parametrize("key", KEYS)
def test_options_and_metrics(key: str) -> None:
    assert task_from({"name": key, "max_tokens": 64}).max_tokens == 64
    for wrong in ({"max_tokens": 0}, {"max_token": 512}):
        with pytest.raises(ConfigError, match=r"task\.max_token"):
            task_from({"name": key, **wrong})
    better = {metric.name: metric.better for metric in task_from({"name": key}).metrics}
    parts = ("", "_seen", "_unseen") if key == "webnlg" else ("",)
    each = {"BLEU": "higher", "METEOR": "higher", "TER": "lower"}
    assert better == {f"{name}{part}": way for part in parts for name, way in each.items()}


def cells() -> list[tuple[str, str, str]]:
    """Every method, tasks and presets taking turns, but where one has a recipe of its own.

    In test_math_recipes.py each method is composed under both presets, and in a soak here too.
    """
    folder = config_folder() / "recipe"
    return [
        (preset, key, method)
        for half, preset in enumerate(("quick", "paper"))
        for number, method in enumerate(METHODS)
        for turn, key in enumerate(KEYS)
        if (number % 2 == turn and (SOAK or number // 2 % 2 == half))
        or (folder / preset / f"{key}_{method}.yaml").is_file()
    ]


def composed(*overrides: str) -> Cell:
    """A cell of the command line."""
    return cell_from(compose_settings(*overrides))


@pytest.mark.parametrize(("preset", "key", "method"), cells())
def test_every_method_composes(preset: str, key: str, method: str) -> None:
    cell = composed(f"task={key}", f"method={method}", f"preset={preset}")
    assert cell.model.name == {"quick": "smollm2_135m", "paper": "gpt2_medium"}[preset]
    assert cell.data.source == {"quick": "synthetic", "paper": "hub"}[preset]
    assert (cell.task.key, cell.eval.split) == (key, "test")


@pytest.mark.parametrize("preset", ["quick", "paper"])
def test_whole_weights_take_smaller_steps(preset: str) -> None:
    cell = composed("task=dart", "method=ft_qv", f"preset={preset}")
    assert cell.method.optimizer.lr == 5e-5


@pytest.fixture(scope="module")
def papers() -> dict[str, Any]:
    """The papers' tables as they were transcribed, which are no part of this project."""
    folder = SHARED / "papers"
    if not (folder / "lorma.yaml").is_file():
        pytest.skip(f"no transcription of the papers in {folder}")
    return {
        name: yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("lorma", "loda")
    }


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("method", ["lorma_plus", "lorma_pi"])
def test_paper_recipe_is_table_16(papers: dict[str, Any], key: str, method: str) -> None:
    """LoRMA, Table 16: every setting of training and of decoding."""
    stated = papers["lorma"]["hyperparameters"]["gpt2_nlg"]
    column = [task.lower() for task in stated["tasks"]].index(key)
    training, inference = stated["training"], stated["inference"]
    cell = composed(f"task={key}", f"method={method}", "preset=paper")
    train, optimizer, update = cell.train, cell.method.optimizer, cell.method.update
    assert {
        "weight_decay": optimizer.weight_decay,
        "dropout": update.dropout,
        "label_smoothing": train.label_smoothing,
    } == {name: training[name][column] for name in ("weight_decay", "dropout", "label_smoothing")}
    assert {
        "batch_size": train.batch_size,
        "epochs": train.epochs,
        "warmup_steps": train.warmup_steps,
        "lr_schedule": train.schedule,
        "adapted": list(cell.method.parts),
        "rank": update.rank,
    } == {
        name: training[name]
        for name in ("batch_size", "epochs", "warmup_steps", "lr_schedule", "adapted", "rank")
    }
    assert (optimizer.lr, update.alpha) == (training["lr"][method], training["alpha"][method])
    assert cell.decode.beams == inference["beam"][column]
    assert cell.decode.length_penalty == inference["length_penalty"][column]
    assert cell.decode.no_repeat_ngram == inference["no_repeat_ngram_size"]


@pytest.mark.parametrize(
    ("key", "method"),
    [("webnlg", "lora"), *(("dart", name) for name in ("lora", "loda", "loda_plus"))],
)
def test_paper_recipe_is_loras_table_11(papers: dict[str, Any], key: str, method: str) -> None:
    """LoRA, Table 11, which LoDA reuses untuned, on DART for 10 epochs."""
    stated = papers["loda"]["hyperparameters"]["lora_table_11_gpt2_medium"]
    training = stated["training"]
    name = {"webnlg": "WebNLG", "dart": "DART"}[key]
    cell = composed(f"task={key}", f"method={method}", "preset=paper")
    train, optimizer, update = cell.train, cell.method.optimizer, cell.method.update
    assert (optimizer.lr, update.alpha) == (training["lr"], training["alpha"])
    assert optimizer.weight_decay == training["weight_decay"][name]
    assert update.dropout == training["dropout"][name]
    assert train.label_smoothing == training["label_smoothing"][name]
    assert (train.batch_size, train.warmup_steps) == (8, 500)
    assert (train.epochs, train.select) == ({"webnlg": 5, "dart": 10}[key], "last")
    assert cell.decode.length_penalty == stated["inference"]["length_penalty"][name]


@pytest.mark.parametrize("method", ["s_loda", "s_loda_plus", "r_loda", "r_loda_plus"])
def test_base_is_that_of_the_first_row_of_table_2(papers: dict[str, Any], method: str) -> None:
    """LoDA, Table 2; the better of epochs 5 and 10."""
    rows = papers["loda"]["tables"]["table_2"]["rows"]
    first = next(one for one in rows if one["method"] == method)
    settings = compose_settings("task=dart", f"method={method}", "preset=paper")
    (transform,) = settings["method"]["base"].values()
    assert transform == first["approx"]
    cell = cell_from(settings)
    assert (cell.train.epochs, cell.train.evaluations, cell.train.select) == (10, 2, "best")
    assert (cell.method.update.rank, cell.method.update.alpha) == (4, 32)
