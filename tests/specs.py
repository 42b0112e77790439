"""The tables of conf/table, read once for all tests of a process."""

from __future__ import annotations

from bench.paths import config_folder
from bench.report.spec import load_specs

SPECS = load_specs(config_folder())
BY_NAME = {spec.name: spec for spec in SPECS}
