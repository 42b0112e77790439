"""Labels from a head: what a run decides, measures and writes."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_squared_error
from torch import Tensor

from bench.attach.attach import Attached, attach
from bench.config import Cell
from bench.decoding.facts import Decoding
from bench.errors import DivergedError
from bench.material import Material, load_rows, prepare
from bench.models.load import load
from bench.problems.classification import Classification, decided, mean_loss
from bench.problems.of_task import problem_of
from bench.run import run
from bench.training.batches import Batch

LOGITS = torch.tensor([[0.2, 1.0, -1.0], [3.0, 2.5, 2.9], [-1.0, -2.0, 0.0]])


def silent(done: int, total: int) -> None:
    """No progress is shown."""


class Start:
    """A cell at its untrained start."""

    def __init__(self, cell: Cell) -> None:
        """Load and attach as the stages do."""
        problem = problem_of(cell, autocast=False)
        assert isinstance(problem, Classification)
        self.problem = problem
        loaded = load(
            cell.model, head=problem.head, dtype=torch.float32, device="cpu", seed=cell.seed
        )
        self.tokenizer = loaded.tokenizer
        self.attached: Attached = attach(loaded.model, cell.method, cell.seed, loaded.head)
        self.material: Material = prepare(cell, load_rows(cell))

    def predictions(self) -> list[dict[str, object]]:
        """Lines of predictions.jsonl."""
        queries = self.material.evaluation
        return self.problem.predict(
            self.attached, self.tokenizer, queries, progress=silent, made={}, how=Decoding()
        )


@pytest.fixture
def start(compose_cell: Callable[..., Cell]) -> Callable[..., Start]:
    """A tiny RoBERTa at its start on a task."""
    return lambda *overrides: Start(
        compose_cell("model=tiny_roberta", "method=lora", "method.rank=2", *overrides)
    )


def test_the_likeliest_class_is_decided_and_a_value_as_it_is() -> None:
    assert decided(LOGITS) == [1, 0, 2]
    assert decided(torch.tensor([[0.5], [-2.0]])) == [0.5, -2.0]


def test_mean_loss_is_that_of_scikit_learn() -> None:
    """Cross-entropy of probabilities, and squared error."""
    labels = [0, 1, 2]
    probabilities = LOGITS.double().softmax(-1).numpy()
    assert mean_loss(LOGITS, torch.tensor([0.0, 1.0, 2.0])) == pytest.approx(
        log_loss(labels, probabilities), abs=1e-6
    )
    values, true = [0.5, -2.0, 3.0], [1.0, 0.0, 2.5]
    assert mean_loss(torch.tensor(values)[:, None], torch.tensor(true)) == pytest.approx(
        mean_squared_error(true, values), abs=1e-6
    )


def test_predictions_stand_in_the_order_of_the_queries(start: Callable[..., Start]) -> None:
    """Batches are made by length; each line equals the model's answer to its texts alone."""
    begun = start("task=mnli", "eval.batch_size=3")
    found = begun.predictions()
    assert len(found) == len(begun.material.evaluation) == 16
    for line, query in zip(found, begun.material.evaluation, strict=True):
        assert line["texts"] == [query.first, query.second]
        assert {key: line[key] for key in query.gold} == query.gold
        encoded = begun.tokenizer(query.first, query.second, return_tensors="pt")
        with torch.no_grad():
            (alone,) = begun.attached.model(**encoded).logits
        assert line["logits"] == pytest.approx(alone.tolist(), abs=1e-5)
        assert line["prediction"] == int(np.argmax(line["logits"]))


def never(_: Batch) -> torch.Tensor:
    """The loss is of the logits that the metrics need."""
    raise AssertionError


def measured(begun: Start) -> dict[str, float]:
    """What validation finds."""
    held = begun.material.validation
    return begun.problem.validation(begun.attached, begun.tokenizer, held).measure(never)


def test_validation_measures_loss_and_every_metric(start: Callable[..., Start]) -> None:
    """Against scikit-learn on the same rows, which are also those that are evaluated."""
    begun = start("task=mrpc", "eval.limit=9", "train.validation_limit=9")
    lines = begun.predictions()
    p, t = ([line[name] for line in lines] for name in ("prediction", "label"))
    probabilities = torch.tensor([line["logits"] for line in lines]).double().softmax(-1)
    found = measured(begun)
    assert list(found) == ["loss", "f1", "accuracy"]
    assert found["accuracy"] == accuracy_score(t, p)
    assert found["f1"] == pytest.approx(f1_score(t, p), abs=1e-12)
    assert found["loss"] == pytest.approx(log_loss(t, probabilities.numpy()), abs=1e-5)


def test_a_regression_is_measured_by_correlation(start: Callable[..., Start]) -> None:
    """Against scipy; the prediction is the output itself."""
    begun = start("task=stsb", "eval.limit=9", "train.validation_limit=9")
    lines = begun.predictions()
    p, t = ([line[name] for line in lines] for name in ("prediction", "label"))
    assert [[value] for value in p] == [line["logits"] for line in lines]
    found = measured(begun)
    assert found["pearson"] == pytest.approx(pearsonr(p, t)[0], abs=1e-9)
    assert found["loss"] == pytest.approx(mean_squared_error(t, p), rel=1e-5)


@pytest.mark.parametrize(
    ("task", "main"), [("cola", "matthews"), ("mrpc", "f1"), ("stsb", "pearson")]
)
def test_the_main_metric_chooses_the_best(
    start: Callable[..., Start], task: str, main: str
) -> None:
    """Higher is better, whatever the loss does; of equals the first stays."""
    begun = start(f"task={task}")
    validation = begun.problem.validation(
        begun.attached, begun.tokenizer, begun.material.validation
    )
    good, bad = {"loss": 2.0, main: 0.5}, {"loss": 1.0, main: 0.4}
    assert validation.improves(good, bad)
    assert not validation.improves(bad, good)
    assert not validation.improves(good, good)


def test_outputs_that_are_no_numbers_stop_the_run(
    start: Callable[..., Start], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, instead of a class of nothing."""
    begun = start("task=rte")
    head = next(p for n, p in begun.attached.model.named_parameters() if n in begun.attached.head)
    bad: Tensor = torch.full_like(head, float("nan"))
    monkeypatch.setattr(head, "data", bad)
    with pytest.raises(DivergedError, match="not finite"):
        begun.predictions()


@pytest.mark.parametrize("task", ["mnli", "stsb"])
def test_a_run_keeps_what_it_decided(compose_cell: Callable[..., Cell], task: str) -> None:
    """The record's scores are those of the lines in predictions.jsonl, the head is counted."""
    cell = compose_cell(f"task={task}", "model=tiny_roberta", "method=lora", "method.rank=2")
    record = run(cell)
    folder = cell.paths.runs / record.run_id
    text = (folder / "predictions.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    scores = cell.task.score([cell.task.item(**line) for line in lines])
    assert record.metrics == scores.values
    if task == "mnli":
        for part, name in (("matched", "accuracy"), ("mismatched", "accuracy_mismatched")):
            own = [line for line in lines if line["subsets"] == [part]]
            right = [line["prediction"] == line["label"] for line in own]
            assert record.metrics[name] == sum(right) / 8
    outputs = 3 if task == "mnli" else 1
    # transformers' RobertaClassificationHead on width 48: dense, then out_proj.
    assert record.params["head"] == 48 * 48 + 48 + 48 * outputs + outputs
    assert record.params["adapter"] == 2 * 2 * (48 * 2 + 2 * 48)
