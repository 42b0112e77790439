"""Records as a stranger might write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.store.record import Record

RUN_ID = "0123456789abcdef"
CELL = {"task": "e2e", "model": "tiny", "method": "lora", "seed": 0, "preset": "quick"}


def values(**changes: Any) -> dict[str, Any]:
    """The fields of a finished record, with some replaced."""
    record = Record(run_id=RUN_ID, status="finished", cell=dict(CELL), config={}, identity={})
    return {**json.loads(record.to_json()), **changes}


def put(results: Path, held: object, name: str = f"e2e/tiny/lora/{RUN_ID}.json") -> Path:
    """Write JSON, or text as it is, to where a record would be."""
    path = results / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(held if isinstance(held, str) else json.dumps(held), encoding="utf-8")
    return path
