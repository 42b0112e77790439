"""The command line of every command but the runner, whose is Hydra's."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import NoReturn

from bench.errors import ConfigError


class Parser(ArgumentParser):
    """Errors are one line, as everywhere; `prog` is `python -m bench.COMMAND`."""

    def error(self, message: str) -> NoReturn:
        """Name the command's own help, also where a subcommand was at fault."""
        command = " ".join(self.prog.split()[:3])
        raise ConfigError(f"{message}; see {command} --help")
