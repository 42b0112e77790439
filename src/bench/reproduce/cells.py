"""The cells of a table spec, as overrides of the configuration. No torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bench.errors import ConfigError, unknown
from bench.paths import config_folder
from bench.report.spec import TableSpec, load_specs

QUICK = "quick"
"""The preset where none is named."""


def spec_named(name: str) -> TableSpec:
    """The spec of conf/table, or a ConfigError with the nearest name."""
    specs = {spec.name: spec for spec in load_specs(config_folder())}
    if name not in specs:
        raise unknown("table", name, "table spec", list(specs))
    return specs[name]


def table_cells(spec: TableSpec, given: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The overrides of every cell: each row, on each task, with each seed; then `given` ones.

    So too the methods that columns are measured by.

    What is given decides: another model, other settings, and with `seed=` only that seed. In the
    paper preset the model is the paper's, else the preset's own for the task. A table of our own
    has settings of its own, unless a preset is given; an experiment replaces either.
    """
    preset, experiment = _value_of("preset", given), _value_of("experiment", given)
    if (preset or QUICK) not in {QUICK, "paper"}:
        raise ConfigError(f"preset={preset}: a table has the presets quick and paper")
    model = [f"model={spec.model.name}"] if preset == "paper" else []
    small = is_quick(spec, given)
    stated = spec.quick.overrides if small else () if preset or experiment else spec.overrides
    chosen = spec.quick.seeds if small else spec.seeds
    seeds: list[tuple[str, ...]] = [(f"seed={seed}",) for seed in chosen]
    if _value_of("seed", given):
        seeds = [()]
    rows = [(row.method, row) for row in spec.rows]
    own = {row.method for row in spec.rows if not row.where}
    measures = [(name, None) for name in spec.references if name not in own]
    for method, row in (*rows, *measures):
        for task in spec.tasks:
            asked = spec.where(task, row)
            where = [f"++{key}={as_override(value)}" for key, value in asked.items()]
            for seed in seeds:
                yield (f"task={task}", f"method={method}", *model, *stated, *where, *seed, *given)


def is_quick(spec: TableSpec, given: Sequence[str]) -> bool:
    """Whether the cells are the small ones of the quick preset.

    It is a paper's default, unless an experiment, which names a preset of its own, is given.
    """
    stated = spec.overrides or _value_of("experiment", given)
    return (_value_of("preset", given) or ("" if stated else QUICK)) == QUICK


def expanded(given: Sequence[str]) -> list[list[str]]:
    """Overrides with one value each, from lists (`seed=0,1`); Hydra's own are left out.

    A ConfigError where one cannot be read.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    from bench.overrides import explain

    own = [one for one in given if not one.lstrip("+").startswith(("hydra/", "hydra."))]
    try:
        parsed = OverridesParser.create().parse_overrides(own)
    except OverrideParseException as error:
        raise explain(error, own) from None
    (combinations,) = BasicSweeper.split_arguments(parsed, None)
    return [list(one) for one in combinations]


def as_override(value: Any) -> str:
    """A value as Hydra's command line reads it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _value_of(key: str, given: Sequence[str]) -> str | None:
    """What the last override of a key says."""
    values = [one.partition("=")[2] for one in given if one.partition("=")[0].lstrip("+") == key]
    return values[-1] if values else None
