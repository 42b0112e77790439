"""Wrong settings stop early, in one line that names key, value, choices and the nearest name."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bench.config import Cell, cell_from
from bench.errors import ConfigError
from tests.cells import compose_settings


def changed(key: str, value: Any) -> dict[str, Any]:
    """The default configuration with one dotted key set."""
    settings = compose_settings()
    section = settings
    *path, last = key.split(".")
    for name in path:
        section = section[name]
    section[last] = value
    return settings


def test_defaults_are_the_quick_cell() -> None:
    """Without any override: LoRMA on synthetic E2E rows with the embedded model."""
    cell = cell_from(compose_settings())
    assert isinstance(cell, Cell)
    assert (cell.method.name, cell.task.key, cell.model.name) == (
        "lorma_plus", "e2e", "smollm2_135m",
    )  # fmt: skip
    assert (cell.preset, cell.data.source) == ("quick", "synthetic")


def test_paper_preset_states_the_papers_settings() -> None:
    """LoRMA, Table 16, column E2E; the model and data of the paper."""
    cell = cell_from(compose_settings("preset=paper"))
    assert (cell.model.name, cell.data.source) == ("gpt2_medium", "hub")
    assert (cell.train.epochs, cell.train.batch_size, cell.train.warmup_steps) == (5, 8, 500)
    assert (cell.train.label_smoothing, cell.train.schedule) == (0.1, "linear")
    assert (cell.decode.beams, cell.decode.length_penalty, cell.decode.no_repeat_ngram) == (
        10, 0.9, 4,
    )  # fmt: skip
    update: Any = cell.method.update
    assert (update.rank, update.alpha, update.dropout) == (4, 32, 0.1)
    assert (cell.method.optimizer.lr, cell.method.optimizer.weight_decay) == (2e-4, 0.01)
    other = cell_from(compose_settings("preset=paper", "method=lorma_pi"))
    assert (other.method.update.alpha, other.method.optimizer.lr) == (8, 1e-4)  # type: ignore[union-attr]


def test_preset_does_not_override_what_was_named() -> None:
    """model=… and data=… on the command line win over the preset."""
    cell = cell_from(compose_settings("preset=paper", "model=tiny_gpt2", "data=synthetic"))
    assert (cell.model.name, cell.data.source) == ("tiny_gpt2", "synthetic")


@pytest.mark.parametrize("method", ["ft", "lora", "lorma_plus", "lorma_pi"])
@pytest.mark.parametrize("preset", ["quick", "paper"])
def test_every_method_composes_with_every_preset(method: str, preset: str) -> None:
    """No recipe sets an option that a method does not have."""
    assert cell_from(compose_settings(f"method={method}", f"preset={preset}")).method.name == method


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("method.update", "lorma_plsu", "method.update=lorma_plsu: no such update; did you mean "),
        ("task.name", "e2ee", "task=e2ee: no such task; did you mean e2e? "),
        ("method.order", "prre", "method.order=prre: no such choice; did you mean pre? "),
        ("method.rank", 0, "method.rank=0: must be greater than or equal to 1"),
        ("method.rank", 2.5, "method.rank=2.5: must be a valid integer"),
        ("method.rank", True, "method.rank=True: must be a valid integer"),
        ("method.rank", None, "method.rank=null: must be a valid integer"),
        ("method.rnk", 4, "method.rnk: no such key; did you mean method.rank? "),
        ("decode.stop", ["a", ""], "decode.stop.1=: must be text with something in it"),
        ("eval.split", "train", "eval.split=train: no such choice; allowed: test, "),
        ("method.alpha", -1, "method.alpha=-1: must be greater than 0"),
        ("method.dropout", 1.0, "method.dropout=1.0: must be less than 1"),
        ("method.parts", ["query", "vlaue"], "method.parts.1=vlaue: no such choice; did you mean"),
        ("method.parts", [], "method.parts: empty; name the adapted weights"),
        ("method.select", "everything", "method: exactly one of method.update, method.select"),
        ("method.plugins", {"dylroa": {}}, "method.plugins=dylroa: no such plugins"),
        ("method.optimizer.lr", "fast", "method.optimizer.lr=fast: must be a valid number"),
        ("train.schedule", "linaer", "train.schedule=linaer: no such choice; did you mean linear"),
        ("train.stpes", 3, "train.stpes: no such key; did you mean train.steps? "),
        ("train.steps", -1, "train.steps=-1: must be greater than or equal to 0"),
        ("train.precision", "fp16", "train.precision=fp16: no such choice; did you mean"),
        ("data.source", "lokal", "data.source=lokal: no such choice; did you mean local? "),
        ("data.source", "local", "data: data=local needs data.root=DIR or BENCH_DATA"),
        ("seed", "x", "seed=x: must be a valid integer"),
        ("preset", "slow", "preset=slow: no such choice; allowed: paper, quick"),
        ("method.alpha", float("inf"), "method.alpha=inf: must be a finite number"),
        ("decode.length_penalty", float("nan"), "decode.length_penalty=nan: must be a finite"),
        ("decode.beams", 100_000, "decode.beams=100000: must be less than or equal to 1000"),
        ("method.parts", "query", "method.parts=query: must be a list, as [a,b]"),
        ("method.magnitude", "no", "method.magnitude=no: must be true or false"),
        ("method.base", {"low_rank": {"rnk": 9}}, "method.base.low_rank.rnk: no such key; did"),
        ("method.plugins", ["foo"], "method.plugins=['foo']: must be a section"),
        ("method.name", "../out", "method.name=../out: must be a name of letters, digits"),
        ("model.name", "../out", "model.name=../out: must be a name of letters, digits"),
        ("model.source.rnd", 1, "model.source.rnd: no such key"),
        ("data.root", "/somewhere", "data: data.root=/somewhere is read with data=local only"),
        ("paths.results", "", "paths: paths.results: empty; name a folder"),
        ("decode.beams", 0, "decode.beams=0: must be greater than or equal to 1"),
        ("train", 3, "train=3: a section with keys is needed here"),
    ],
)  # fmt: skip
def test_wrong_values(key: str, value: Any, message: str) -> None:
    """One line, beginning with the key and the value."""
    with pytest.raises(ConfigError) as caught:
        cell_from(changed(key, value))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("task=rte", "eval.split=test"), "eval.split=test: task=rte has only train, validation"),
        (
            ("task=gsm8k", "train.select=best", "train.evaluations=1"),
            "train.select=best: task=gsm8k has no validation",
        ),
        (("task=cola", "method=one_shot"), "method=one_shot: task=cola is decided by a head"),
    ],
)
def test_what_a_task_cannot_have(overrides: tuple[str, ...], message: str) -> None:
    """Refused before rows are read: a split, a choice or a prompt that there cannot be."""
    with pytest.raises(ConfigError) as caught:
        cell_from(compose_settings(*overrides))
    assert str(caught.value).startswith(message)


def test_best_needs_evaluations() -> None:
    """select=best without a look at the validation split is refused."""
    settings = compose_settings("train.select=best", "train.evaluations=0")
    with pytest.raises(ConfigError, match=r"needs train\.evaluations of 1 or more"):
        cell_from(settings)


def test_checking_imports_nothing_heavy() -> None:
    """Configuration is checked before torch and its like are loaded."""
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from tests.cells import compose_settings\n"
        "from bench.config import cell_from\n"
        "cell_from(compose_settings())\n"
        "heavy = {'torch', 'transformers', 'datasets', 'evaluate', 'pandas', 'peft', 'nltk'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
