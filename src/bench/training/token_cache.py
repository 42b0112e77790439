"""Tokenised lines on disk, by a hash of all that they were made of.

A second run of the same rows, with another method or seed, does not tokenise them again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from bench.errors import StoreError
from bench.models.gguf import cache_folder
from bench.store.files import sha256_file, write_atomic

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LOGGER = logging.getLogger(__name__)

LAYOUT = 1
"""Raised when a file of the same name would be read in another way."""
LENGTHS = "lengths of "

Line = TypeVar("Line")


def recalled(kind: type[Line], made_of: Any, make: Callable[[], list[Line]]) -> list[Line]:
    """The lines that `make` makes, from the cache where it holds them.

    `made_of` is plain data with everything that the lines depend on besides the code that
    makes them, which is in the file that defines their kind. A cache that cannot be read or
    written only costs time.
    """
    code = sha256_file(Path(inspect.getfile(kind)))
    text = json.dumps([LAYOUT, kind.__name__, code, made_of], sort_keys=True)
    path = cache_folder() / "tokens" / f"{hashlib.sha256(text.encode()).hexdigest()}.safetensors"
    if (found := _read(path, kind)) is not None:
        return found
    lines = make()
    try:
        write_atomic(path, safetensors.torch.save(packed(lines)))
    except StoreError as error:
        LOGGER.info("tokens are not cached: %s", error)
    return lines


def _read(path: Path, kind: type[Line]) -> list[Line] | None:
    """What a file of the cache holds, or None where there is none that is whole."""
    if not path.is_file():
        return None
    try:
        return unpacked(kind, safetensors.torch.load_file(path))
    except (OSError, SafetensorError) as error:
        LOGGER.info("tokens are made again: %s: %s", path, error)
        return None


def fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """Hash of a tokenizer's vocabulary and rules."""
    rules = [tokenizer.backend_tokenizer.to_str(), tokenizer.special_tokens_map]
    return hashlib.sha256(json.dumps(rules, default=str).encode()).hexdigest()


def packed(lines: Sequence[Any]) -> dict[str, Tensor]:
    """Lines as flat tensors by field; a field that is None in the first line is left out."""
    found: dict[str, Tensor] = {}
    for field in fields(lines[0]) if lines else ():
        values = [getattr(line, field.name) for line in lines]
        if isinstance(values[0], tuple):
            found[field.name] = torch.tensor([v for ids in values for v in ids], dtype=torch.int32)
            found[LENGTHS + field.name] = torch.tensor([len(ids) for ids in values])
        elif values[0] is not None:
            kind = torch.float64 if isinstance(values[0], float) else torch.int64
            found[field.name] = torch.tensor(values, dtype=kind)
    return found


def unpacked(kind: type[Line], tensors: Mapping[str, Tensor]) -> list[Line]:
    """The lines that `packed` packed."""
    columns: dict[str, list[Any]] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in tensors:
            continue
        values = tensors[field.name].tolist()
        if LENGTHS + field.name in tensors:
            ends = [0, *accumulate(tensors[LENGTHS + field.name].tolist())]
            values = [tuple(values[start:end]) for start, end in pairwise(ends)]
        columns[field.name] = values
    absent = {field.name: None for field in fields(kind) if field.name not in columns}  # type: ignore[arg-type]
    rows = zip(*columns.values(), strict=True)
    return [kind(**dict(zip(columns, row, strict=True)), **absent) for row in rows]
