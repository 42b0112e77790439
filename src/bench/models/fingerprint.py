"""Which weights a model has, told before anything heavy is imported. No torch."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple

from bench.errors import ModelError
from bench.models.config import HubSource, ModelConfig, PackageSource
from bench.models.folder import check_folder
from bench.models.package import package_path
from bench.store.files import sha256_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LOADED = (".safetensors", ".json", ".txt", ".model")
"""Endings of the files that transformers reads from a folder."""


class Fingerprint(NamedTuple):
    """What identifies the weights in a record."""

    revision: str | None
    """Commit on the hub or version of the package; null for a folder and random weights."""
    sha256: str


def fingerprint(config: ModelConfig) -> Fingerprint:
    """Identify the weights, configuration and tokenizer that `config` will load.

    A package or folder is hashed by content; a hub model by its name and commit, which
    fix the content; a random one by its seed and settings.
    """
    if config.path is not None:
        check_folder(config.path, config.name, config.family)
        files = (file for file in config.path.iterdir() if file.suffix in LOADED)
        return Fingerprint(None, _hash_files(config.path, files, config.name))
    source = config.source
    if isinstance(source, PackageSource):
        path = package_path(source, config.name)
        return Fingerprint(source.requirement, _hash_files(path, path.rglob("*"), config.name))
    if isinstance(source, HubSource):
        return Fingerprint(source.revision, _hash(f"hub:{source.repository}@{source.revision}"))
    settings = {"seed": source.seed, "settings": source.settings}
    return Fingerprint(None, _hash(json.dumps(settings, sort_keys=True, separators=(",", ":"))))


def _hash(text: str) -> str:
    """Hexadecimal SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_files(root: Path, files: Iterable[Path], name: str) -> str:
    """SHA-256 of a single file, or of the names and hashes of all `files` in name order."""
    try:
        if root.is_file():
            return sha256_file(root)
        hashes = {
            file.relative_to(root).as_posix(): sha256_file(file) for file in files if file.is_file()
        }
    except OSError as error:
        raise ModelError(f"{name}: {error.filename} cannot be read ({error.strerror})") from None
    return _hash("".join(f"{hashes[file]}  {file}\n" for file in sorted(hashes)))
