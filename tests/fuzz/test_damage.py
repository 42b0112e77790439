"""Whatever happens to the files of a run, the same command ends with the same numbers, or says why.

A run's folder is put back as it was when the run was broken off, or when it had just ended;
then files in it are damaged, and the run is made again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.config import Cell, cell_from
from bench.errors import BenchError
from bench.metrics import e2e
from bench.metrics.scores import Scores
from bench.run import run
from bench.store.checkpoints import Checkpoint, Checkpoints
from bench.store.folder import RunFolder
from bench.store.record import Record
from tests.cells import compose_settings
from tests.fuzz.effort import cases
from tests.fuzz.places import changed, places, without
from tests.fuzz.told import check_line
from tests.fuzz.values import json_values

TINY = (
    "model=tiny_llama", "method=lora", "train.steps=6", "train.batch_size=2", "train.limit=8",
    "train.validation_limit=2", "eval.limit=4", "decode.beams=1", "decode.max_new_tokens=2",
    "decode.batch_size=2", "threads=1", "device=cpu", "checkpoint.steps=2",
)  # fmt: skip
BROKEN_OFF = 4
"""Step behind which the run was broken off; the checkpoint before is of step 2."""


KINDS = ("shape", "type", "name", "absent", "nan")
"""What may be wrong with one tensor of a checkpoint."""


@dataclass(frozen=True)
class Bench:
    """A run, and copies of its folder at moments of it."""

    home: Path
    cell: Cell = field(repr=False)
    whole: Record = field(repr=False)
    """What the run gives that nobody disturbs."""

    def put_back(self, moment: str) -> Path:
        """The run's folder as it was at a moment, without a record."""
        for name in ("runs", "results"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        shutil.copytree(self.home / moment, self.home / "runs")
        return self.home / "runs" / self.whole.run_id

    def files(self, moment: str) -> list[str]:
        """Files of the run's folder at a moment."""
        folder = self.home / moment / self.whole.run_id
        found = (path for path in folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(folder).as_posix() for path in found)


def lengths(predictions: list[str], references: list[list[str]]) -> Scores:
    """A score without Java that differs where a prediction does."""
    return Scores({"BLEU": sum(map(len, predictions)) / len(references), "METEOR": 0.5})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A tiny run that was broken off, was made again, and is put back by tests."""
    home = tmp_path_factory.mktemp("bench")
    folders = [f"paths.{name}={home / name}" for name in ("results", "runs")]
    cell = cell_from(compose_settings(*TINY, *folders))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(e2e, "score_e2e", lengths)
        write = Checkpoints.write
        patch.setattr(Checkpoints, "write", breaking_off(write))
        with pytest.raises(KeyboardInterrupt):
            run(cell)
        patch.setattr(Checkpoints, "write", write)
        shutil.copytree(home / "runs", home / "broken off")
        shutil.rmtree(home / "runs")
        shutil.rmtree(home / "results")
        whole = run(cell)
        shutil.copytree(home / "runs", home / "ended")
        yield Bench(home, cell, whole)


def breaking_off(write: Any) -> Any:
    """A `Checkpoints.write` behind which the process is interrupted."""

    def written(checkpoints: Checkpoints, checkpoint: Checkpoint) -> None:
        write(checkpoints, checkpoint)
        if checkpoint.step == BROKEN_OFF:
            raise KeyboardInterrupt

    return written


def results(record: Record) -> dict[str, Any]:
    """What a run computes; times are none of it."""
    hashes = {name: noted["sha256"] for name, noted in record.artifacts.items() if noted}
    return {"status": record.status, "metrics": record.metrics, "history": record.history} | hashes


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes | None:
    """Bytes cut short, flipped, longer, others, or none, as disks and copies leave them."""
    kind = draw(st.sampled_from(["short", "flip", "longer", "other", "zeros", "absent"]))
    place = draw(st.integers(0, max(0, len(content) - 1)))
    if kind == "absent":
        return None
    if kind == "flip" and content:
        bit = draw(st.integers(0, 7))
        return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
    if kind == "longer":
        return content + draw(st.binary(min_size=1, max_size=20))
    if kind == "zeros":
        return content[:place] + bytes(len(content) - place)
    return content[:place] if kind == "short" else draw(st.binary(max_size=40))


@cases(6, times=50)
@given(data=st.data(), moment=st.sampled_from(["broken off", "ended"]))
def test_any_damage(data: st.DataObject, moment: str, bench: Bench) -> None:
    """One or two damaged files cost time, and never change a digit."""
    folder = bench.put_back(moment)
    names = data.draw(st.lists(st.sampled_from(bench.files(moment)), min_size=1, max_size=2))
    for name in names:
        path = folder / name
        content = data.draw(damaged(path.read_bytes() if path.exists() else b""))
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
    assert results(run(bench.cell)) == results(bench.whole), names


@cases(6, times=50)
@given(data=st.data())
def test_a_checkpoint_of_another_training(data: st.DataObject, bench: Bench) -> None:
    """Whole by its checksums, but with other tensors or values: it is used, or told in one line."""
    folder = RunFolder(bench.put_back("broken off"))
    held = folder.checkpoints.read(BROKEN_OFF)
    tensors, layout = safetensors.torch.load(held.tensors), held.layout
    if data.draw(st.booleans()):
        name, kind = data.draw(st.sampled_from(sorted(tensors))), data.draw(st.sampled_from(KINDS))
        tensors = other_tensors(tensors, name, kind)
    else:
        place = data.draw(st.sampled_from(list(places(layout))))
        value = data.draw(json_values())
        layout = without(layout, place) if value is None else changed(layout, place, value)
    check_foreign(bench, folder, tensors, layout)


@pytest.mark.parametrize("kind", ["shape", "nan"])
@pytest.mark.parametrize("name", ["/adapter/", "/exp_avg", "/step", "/chance/"])
def test_another_tensor_of_each_part(name: str, kind: str, bench: Bench) -> None:
    """The same for one tensor of the weights, the optimizer's moments and counts, and chance."""
    folder = RunFolder(bench.put_back("broken off"))
    held = folder.checkpoints.read(BROKEN_OFF)
    tensors = safetensors.torch.load(held.tensors)
    found = next(key for key in tensors if name in f"{key}/")
    check_foreign(bench, folder, other_tensors(tensors, found, kind), held.layout)


def check_foreign(bench: Bench, folder: RunFolder, tensors: dict[str, Any], layout: Any) -> None:
    """Require that a checkpoint of these tensors and values is used, or told in one line."""
    blob = safetensors.torch.save(tensors)
    folder.checkpoints.write(Checkpoint(step=BROKEN_OFF, tensors=blob, layout=layout))
    try:
        run(bench.cell)
    except BenchError as error:
        check_line(str(error))


def other_tensors(tensors: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    """The tensors with one of another shape, type or name, or without it."""
    rest = {key: tensor for key, tensor in tensors.items() if key != name}
    others = {
        "shape": {name: torch.zeros(*tensors[name].shape, 2)},
        "type": {name: tensors[name].to(torch.int16)},
        "name": {"foreign": tensors[name]},
        "absent": {},
        "nan": {name: tensors[name].double() * torch.nan},
    }
    return rest | others[kind]


@pytest.mark.parametrize("place", ["device", "made_with"])
def test_other_values_that_were_found(place: str, bench: Bench) -> None:
    """A device that cannot be named, and facts that are no mapping."""
    folder = RunFolder(bench.put_back("broken off"))
    held = folder.checkpoints.read(BROKEN_OFF)
    path = next(one for one in places(held.layout) if place in str(one[-1]))
    layout = changed(held.layout, path, "\ud800")
    check_foreign(bench, folder, safetensors.torch.load(held.tensors), layout)
