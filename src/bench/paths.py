"""Where the configuration files of the project are."""

from __future__ import annotations

from pathlib import Path

from bench.errors import ConfigError


def config_folder(package: Path | None = None) -> Path:
    """Find the folder of `config.yaml` and its groups.

    An installed package carries it as `bench/conf`; a checkout has it two folders above
    the package, beside `src`. `package` is the folder of this package unless given.
    """
    package = package or Path(__file__).resolve().parent
    candidates = (package / "conf", package.parents[1] / "conf")
    for folder in candidates:
        if (folder / "config.yaml").is_file():
            return folder
    looked = " and ".join(str(folder) for folder in candidates)
    raise ConfigError(f"conf: no config.yaml in {looked}; install the package again")
