"""A small study: four runs of one tiny cell with snapshots, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.analysis.records import Analysis, read_analyses
from bench.config import cell_from
from bench.metrics.scores import Scores
from tests.cells import compose_settings


@dataclass(frozen=True)
class Study:
    """Runs by their method."""

    folder: Path
    run_ids: dict[str, str]

    @property
    def places(self) -> tuple[str, str]:
        """Settings that name the folders."""
        return f"paths.results={self.folder / 'results'}", f"paths.runs={self.folder / 'runs'}"

    def analysed(self, kind: str, *words: str) -> Analysis:
        """What a command leaves; run_ids stand for names of methods."""
        from bench.analysis.__main__ import main

        named = [self.run_ids.get(word, word) for word in words]
        assert main([kind, *named, *self.places]) == 0
        found, damaged = read_analyses(self.folder / "results")
        assert damaged == []
        name = "-".join(self.run_ids[word] for word in words if word in self.run_ids)
        (analysis,) = (one for one in found if one.kind == kind and one.name.startswith(name))
        return analysis


def small(folder: Path, *overrides: str) -> list[str]:
    """Overrides of a cell that takes a second."""
    return [
        "model=tiny_llama", "train.steps=4", "train.batch_size=2", "train.limit=16",
        "train.validation_limit=4", "train.evaluations=2", "eval.limit=4", "threads=1",
        "decode.max_new_tokens=2", "method.optimizer.lr=0.01", f"paths.results={folder}/results",
        f"paths.runs={folder}/runs", *overrides,
    ]  # fmt: skip


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """LoRA, LoRMA₊, LoRMA_π, full fine-tuning of a tiny LLaMA, whose key and value are narrower."""
    from bench.metrics import e2e
    from bench.run import run

    folder = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(e2e, "score_e2e", lambda *_: Scores({"BLEU": 0.0}))
        run_ids = {
            method: run(
                cell_from(compose_settings(*small(folder, f"method={method}", "snapshots=true")))
            ).run_id
            for method in ("lora", "lorma_plus", "lorma_pi", "ft")
        }
    return Study(folder, run_ids)


@pytest.fixture
def failure(study: Study, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The one line on stderr of a command that ends with exit code 2."""
    from bench.analysis.__main__ import main

    def told(*words: str) -> str:
        named = [study.run_ids.get(word, word) for word in words]
        assert main(named) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error.count("\n") == 1
        return error

    return told
