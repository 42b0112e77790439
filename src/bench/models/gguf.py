"""Convert a quantised .gguf file to safetensors, once, into a cache folder."""

from __future__ import annotations

import logging
import os
import tempfile
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LOGGER = logging.getLogger(__name__)

LAYOUT = 1
"""Raised when the same file would convert to other weights or another tokenizer."""


def cache_folder() -> Path:
    """BENCH_CACHE, or ~/.cache/bench."""
    return Path(os.environ.get("BENCH_CACHE") or Path.home() / ".cache" / "bench")


def converted(file: Path, sha256: str, name: str) -> Path:
    """Return the folder with the weights of `file` in bfloat16 and its tokenizer.

    bfloat16 rounds far less than the quantisation did, and makes the weights the same
    numbers whichever precision a run computes in. Raises a ModelError where the file
    cannot be read or the cache cannot be written.
    """
    from safetensors import SafetensorError

    cache = cache_folder() / "gguf"
    folder = cache / f"{sha256}-{LAYOUT}"
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".partial-") as temporary:
            whole = Path(temporary) / "model"
            LOGGER.info("%s: converting %s once, into %s", name, file.name, folder)
            _convert(file, whole)
            _publish(whole, folder)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"{name}: {file.name} cannot be converted in {cache} ({reason}); free 300 MB there, "
            "or set BENCH_CACHE=DIR"
        ) from error
    return folder


def _publish(whole: Path, folder: Path) -> None:
    """Give a complete folder its name; the first of several processes wins."""
    try:
        whole.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _convert(file: Path, folder: Path) -> None:
    """Write config, weights and tokenizer of `file` into the new `folder`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source: dict[str, Any] = {"gguf_file": file.name, "local_files_only": True}
    quantised = AutoModelForCausalLM.from_pretrained(
        file.parent,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
        **source,
    )
    _unquantised(quantised).save_pretrained(folder)
    AutoTokenizer.from_pretrained(file.parent, **source).save_pretrained(folder)


def _unquantised(model: PreTrainedModel) -> PreTrainedModel:
    """Copy the weights to a model that can be saved: it does not claim to be quantised."""
    config = copy(model.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    kind: Any = type(model)
    plain: PreTrainedModel = kind(config).to(dtype=model.dtype)
    plain.load_state_dict(model.state_dict())
    return plain
