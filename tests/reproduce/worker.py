"""`python -m bench.reproduce` with the stages of tests.soak.stub."""

from __future__ import annotations

import sys

from bench.reproduce.__main__ import main
from tests.soak.worker import install

if __name__ == "__main__":
    install()
    sys.exit(main())
