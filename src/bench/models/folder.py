"""Folders in transformers' layout: what must be in one before it is loaded. No torch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.errors import ModelError
from bench.models.parts import FAMILIES, Family

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json")
MEND = "set model.path=DIR to a folder with config.json, *.safetensors and the tokenizer"


def check_folder(folder: Path, name: str, family: Family | None = None) -> None:
    """Raise a ModelError unless `folder` holds a configuration, weights and a tokenizer.

    Where `family` is given, the configuration must be of that architecture. Weights must be
    safetensors: a .bin file is a pickle, which runs code when it is read.
    """
    if not folder.is_dir():
        raise ModelError(f"{name}: {folder} is no folder; {MEND}")
    _check_family(_json(folder / "config.json", name), folder, name, family)
    _check_weights(folder, name)
    if not any((folder / file).is_file() for file in TOKENIZERS):
        raise ModelError(f"{name}: {folder} has no tokenizer ({' or '.join(TOKENIZERS)}); {MEND}")


def _json(path: Path, name: str) -> dict[str, Any]:
    """Read a JSON object that transformers wrote."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{name}: {path} is missing; {MEND}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{name}: {path} cannot be read ({error}); {MEND}") from None
    if not isinstance(values, dict):
        raise ModelError(f"{name}: {path} is not a JSON object; {MEND}")
    return values


def _check_family(config: dict[str, Any], folder: Path, name: str, wanted: Family | None) -> None:
    """Require an architecture whose parts have names, and the one that is wanted."""
    found = config.get("model_type")
    if found not in FAMILIES:
        raise ModelError(
            f"{name}: {folder}/config.json has model_type={found}; supported: "
            f"{', '.join(sorted(FAMILIES))}"
        )
    if wanted is not None and found != wanted:
        raise ModelError(
            f"{name}: {folder}/config.json has model_type={found}, but {name} is {wanted}; "
            "name the model whose copy this is with model=NAME"
        )


def _check_weights(folder: Path, name: str) -> None:
    """Require one safetensors file, or an index with all its files."""
    if (folder / WEIGHTS).is_file():
        return
    if (folder / INDEX).is_file():
        parts = _parts(_json(folder / INDEX, name).get("weight_map"), folder, name)
        missing = sorted(part for part in parts if not (folder / part).is_file())
        if missing or not parts:
            raise ModelError(
                f"{name}: {folder} lacks {', '.join(missing) or 'all weights'} of {INDEX}; {MEND}"
            )
        return
    if any(folder.glob("*.bin")):
        raise ModelError(
            f"{name}: {folder} has .bin weights only; they are pickles, which run code when "
            "read, and are refused: save the model again as safetensors"
        )
    raise ModelError(f"{name}: {folder} has no {WEIGHTS}; {MEND}")


def _parts(weights: object, folder: Path, name: str) -> set[str]:
    """The files that an index names, each beside it and of safetensors."""
    parts = list(weights.values()) if isinstance(weights, dict) else []
    for part in parts:
        if not isinstance(part, str) or "/" in part or not part.endswith(".safetensors"):
            raise ModelError(
                f"{name}: {folder}/{INDEX} names {part!r}, which is no safetensors file beside "
                f"it; {MEND}"
            )
    return set(parts)
