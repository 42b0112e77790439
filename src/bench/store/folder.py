"""The working folder of one run: log, adapter, predictions, and which stages are done.

A stage is done once its JSON note is there: it is written last, and carries the hash
of the file that the stage made. The same command after a crash, or on another machine,
goes on behind the last stage whose file still has that hash.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.errors import StoreError
from bench.store.checkpoints import Checkpoints
from bench.store.files import remove_temporary, sha256_file, write_atomic
from bench.store.record import Record
from bench.store.snapshots import FOLDER

Stage = Literal["fit", "predict", "score"]

STAGES: tuple[Stage, ...] = ("fit", "predict", "score")
"""In the order in which they rest on each other."""

FILES: dict[Stage, str] = {
    "fit": "adapter.safetensors",
    "predict": "predictions.jsonl",
    "score": "scores.json",
}
"""What each stage makes."""


NAMED = {"schema", "run_id", "status", "cell", "config", "identity"}

RECORDED = frozenset(Record.__dataclass_fields__) - NAMED
"""What a note may tell: fields of the record but those by which it is found."""


@dataclass(frozen=True)
class RunFolder:
    """runs/<run_id>."""

    path: Path

    @property
    def log(self) -> Path:
        """The run's log."""
        return self.path / "log.txt"

    @property
    def trace(self) -> Path:
        """Loss and learning rate of every step."""
        return self.path / "trace.jsonl"

    @property
    def checkpoints(self) -> Checkpoints:
        """States of the training while it is not done."""
        return Checkpoints(self.path / "checkpoints")

    @property
    def journal(self) -> Path:
        """Predictions while they are not all made."""
        return self.path / "predictions.partial.jsonl"

    @property
    def items(self) -> Path:
        """The scores of every item by itself, one line a line of the predictions."""
        return self.path / "items.jsonl"

    def tidy(self) -> None:
        """Remove what a killed process left half written; another's claim is none of that."""
        for folder in (self.path, self.checkpoints.folder, self.path / FOLDER):
            remove_temporary(folder, "[!c]*")

    def file(self, stage: Stage) -> Path:
        """The file that a stage makes."""
        return self.path / FILES[stage]

    def done(self, stage: Stage) -> dict[str, Any] | None:
        """What a finished stage noted, or None where it must run.

        A file that is gone is not missed where the next stage is done: predictions alone can be
        brought to another machine to be scored.
        """
        try:
            held = json.loads((self.path / f"{stage}.json").read_text(encoding="utf-8"))
            note, digest = held["note"], held["sha256"]
            whole = self._stands(stage, digest) and note.keys() <= RECORDED
        except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return None
        return note if whole else None

    def undone_before(self, stage: Stage) -> Stage | None:
        """The first earlier stage that is not done."""
        earlier = STAGES[: STAGES.index(stage)]
        return next((one for one in earlier if self.done(one) is None), None)

    def _stands(self, stage: Stage, digest: str) -> bool:
        """Whether a stage's file is the noted one, or gone and needed by no later stage."""
        if self.file(stage).exists():
            return sha256_file(self.file(stage)) == digest
        later = STAGES[STAGES.index(stage) + 1 :]
        return bool(later) and self.done(later[0]) is not None

    def finish(self, stage: Stage, note: dict[str, Any]) -> None:
        """Note that a stage is done; its file is there already, and later stages are not."""
        for later in STAGES[STAGES.index(stage) + 1 :]:
            (self.path / f"{later}.json").unlink(missing_ok=True)
        text = json.dumps({"sha256": sha256_file(self.file(stage)), "note": note}, indent=1)
        write_atomic(self.path / f"{stage}.json", text + "\n")
        if stage == "fit":
            self.checkpoints.clear()
        if stage == "predict":
            self.journal.unlink(missing_ok=True)

    def write_lines(self, path: Path, rows: list[dict[str, Any]]) -> None:
        """Write JSON Lines atomically."""
        write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    def read_lines(self, path: Path) -> list[dict[str, Any]]:
        """Read JSON Lines that this run wrote."""
        try:
            with path.open(encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"{path}: cannot be read ({error}); delete it to repeat") from None

    def artifact(self, path: Path) -> dict[str, str] | None:
        """Path (below the runs folder) and hash of a file of this run, if it exists."""
        if not path.exists():
            return None
        relative = path.relative_to(self.path.parent).as_posix()
        return {"path": relative, "sha256": sha256_file(path)}
