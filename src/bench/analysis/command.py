"""The command line of an analysis, checked before anything heavy is imported. No torch."""

from __future__ import annotations

from argparse import Namespace, RawDescriptionHelpFormatter

from bench.errors import ConfigError
from bench.parser import Parser

OF_MODELS = ("energy", "complexity")
"""Analyses of a model; the others are of runs."""
KINDS = ("ranks", "compare", "curve", *OF_MODELS)


def parser(description: str | None) -> Parser:
    """Arguments of the command, less its settings."""
    found = Parser(
        prog="python -m bench.analysis",
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = found.add_subparsers(dest="kind", metavar="|".join(KINDS))
    commands.required = True
    for kind in KINDS:
        command = commands.add_parser(kind)
        command.add_argument("--json", action="store_true", help="print the record as JSON")
        if kind in OF_MODELS:
            command.add_argument("model", metavar="MODEL", help="name of a model in conf/model")
        if kind == "complexity":
            command.add_argument("--part", default="query", help="adapted weight, default query")
            command.add_argument("--rank", type=int, default=8, help="of the update, default 8")
            text = "tokens in a batch, default 4096: 8 rows of 512"
            command.add_argument("--tokens", type=int, default=4096, help=text)
            continue
        if kind == "energy":
            command.add_argument("--block", type=int, default=0, help="block, from 0")
            command.add_argument("--rank", type=int, help="singular values, default 300")
            command.add_argument("--keep", type=float, default=0.4, help="fraction of the entries")
            continue
        command.add_argument("run", metavar="RUN_ID")
        if kind != "ranks":
            command.add_argument("reference", metavar="LORA_RUN_ID")
        if kind == "curve":
            text = "steps whose mean is taken before the minimum is looked for"
            command.add_argument("--window", type=int, default=1, help=text)
        else:
            text = "only these blocks, from 0"
            command.add_argument("--blocks", type=int, nargs="+", help=text)
        if kind == "compare":
            text = "leading values compared, default LoRA's rank"
            command.add_argument("--rank", type=int, help=text)
            command.add_argument("--seed", type=int, default=0, help="of the random matrices")
    return found


def checked(given: Namespace) -> Namespace:
    """The arguments, or a ConfigError for one that is out of range."""
    for name, lowest in (("block", 0), ("rank", 1), ("window", 1), ("seed", 0), ("tokens", 1)):
        value = getattr(given, name, None)
        if value is not None and value < lowest:
            raise ConfigError(f"--{name} {value}: must be {lowest} or more")
    if min(getattr(given, "blocks", None) or [0]) < 0:
        raise ConfigError(f"--blocks {min(given.blocks)}: must be 0 or more")
    if not 0 < getattr(given, "keep", 1.0) <= 1:
        raise ConfigError(f"--keep {given.keep}: must be above 0 and at most 1")
    return given
