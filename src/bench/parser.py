"""The command line of every command but the runner, whose is Hydra's."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Collection, Iterable
from typing import NoReturn

from bench.errors import ConfigError, unknown_key


class Parser(ArgumentParser):
    """Errors are one line, as everywhere; `prog` is `python -m bench.COMMAND`."""

    def error(self, message: str) -> NoReturn:
        """Name the command's own help, also where a subcommand was at fault."""
        command = " ".join(self.prog.split()[:3])
        raise ConfigError(f"{message}; see {command} --help")


def settings_of(words: Iterable[str], allowed: Collection[str]) -> dict[str, str]:
    """What KEY=VALUE arguments set, the last one of a key; a ConfigError for any other."""
    found = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in allowed:
            prefix = f"{key.rpartition('.')[0]}."
            near = [name.removeprefix(prefix) for name in allowed if name.startswith(prefix)]
            raise unknown_key(key, near or allowed)
        if not value:
            raise ConfigError(f"{word}: empty; give {key}=VALUE")
        found[key] = value
    return found
