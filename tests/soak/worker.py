"""`python -m bench` with the stages of tests.soak.stub."""

from __future__ import annotations

import sys

import bench.run
import bench.store.store
from bench.__main__ import main
from bench.tasks import e2e
from tests.soak import stub


def install() -> None:
    """Put the stub in the place of what needs torch, Java or long rows."""
    sys.modules["bench.stages"] = stub
    bench.run.score = stub.score  # type: ignore[attr-defined]
    e2e.generate = stub.rows  # type: ignore[attr-defined]
    bench.store.store.write_atomic = stub.write_torn  # type: ignore[assignment]


if __name__ == "__main__":
    install()
    sys.exit(main())
