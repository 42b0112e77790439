"""The settings that the mathematics tasks compose to, against the papers' tables."""

from __future__ import annotations

import pytest

from bench.config import Cell, cell_from
from bench.errors import ConfigError
from bench.paths import config_folder
from tests.cells import compose_settings

TASKS = ("gsm8k", "math", "metamath")
METHODS = sorted(path.stem for path in (config_folder() / "method").glob("*.yaml"))
SEVEN = ("query", "key", "value", "output", "gate", "up", "down")
# `stop_tokens` of eval_gsm8k.py and eval_math.py (meta-math/MetaMath at commit fe667b1).
STOP = tuple(
    f"{word}{end}"
    for word in ("Question", "USER", "ASSISTANT", "Instruction", "Response")
    for end in (":", "")
)


def cell(*overrides: str) -> Cell:
    return cell_from(compose_settings(*overrides))


@pytest.mark.parametrize(
    ("task", "preset", "methods"),
    [("metamath", "quick", METHODS), ("gsm8k", "quick", METHODS[::8]), ("math", "paper", METHODS)],
)
def test_every_method_composes(task, preset, methods):
    """GSM8K's recipe is MetaMath's, so that a few tell that it is found."""
    for method in methods:
        found = cell(f"task={task}", f"preset={preset}", f"method={method}")
        assert found.decode.stop == STOP
        assert (found.train.select, found.train.evaluations) == ("last", 0)


# LoRMA (arXiv 2506.07621), Table 17 and Table 4 (parts, ranks, d), alpha as in its script.
@pytest.mark.parametrize(
    ("model", "rank", "parts", "d"),
    [("gemma_2b", 4, SEVEN, 16), ("llama3_8b", 8, ("output", "gate", "up", "down"), 12)],
)
@pytest.mark.parametrize("task", TASKS)
def test_paper_settings_are_those_of_the_table(task, model, rank, parts, d):
    given = (f"task={task}", "preset=paper", f"model={model}")
    for method in ("lorma_plus", "lora", "dora"):
        found = cell(*given, f"method={method}")
        update = getattr(found.method.update, "inner", found.method.update)
        assert (update.rank, update.alpha, update.dropout) == (rank, 2 * rank, 0.0)
        assert found.method.parts == parts
        assert (found.method.optimizer.lr, found.method.optimizer.weight_decay) == (5e-4, 0.0)
        train = found.train
        assert (train.epochs, train.batch_size * train.accumulation) == (2, 64)
        assert (train.schedule, train.warmup_ratio, train.warmup_steps) == ("cosine", 0.1, 0)
        assert (found.decode.beams, found.task.max_tokens) == (1, 512)
        assert found.decode.max_new_tokens == (512 if task == "gsm8k" else 2048)
    assert cell(*given, "method=lorma_plus").method.update.order == "pre"
    random = cell(*given, "method=svft_r").method
    assert (random.update.d, random.optimizer.lr) == (d, 5e-2)
    assert cell(*given, "method=ft").method.optimizer.lr == 2e-5


def test_other_models_take_the_settings_of_gemma():
    found = cell("task=metamath", "preset=paper", "model=smollm2_135m", "method=lora")
    assert (found.method.update.rank, found.method.parts) == (4, SEVEN)


def test_paper_preset_takes_gemma_and_quick_the_embedded_model():
    for task in TASKS:
        assert cell(f"task={task}", "preset=paper").model.name == "gemma_2b"
        assert cell(f"task={task}").model.name == "smollm2_135m"


def test_the_best_adapter_cannot_be_told_without_a_validation_split():
    with pytest.raises(ConfigError, match=r"train\.select=best: task=math has no validation"):
        cell("task=math", "train.select=best", "train.evaluations=1")
