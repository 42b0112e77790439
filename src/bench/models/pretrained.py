"""Read a model and its tokenizer from a folder in transformers' layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from bench.errors import ModelError
from bench.models.folder import check_folder
from bench.models.heads import ClassifierHead, Head, check_head

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def read_folder(
    folder: Path, head: Head, dtype: torch.dtype, name: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Read a model with `head`, and its tokenizer; all weights below the head are from files.

    The head of a classifier is not read: its values are arbitrary here.
    Raises a ModelError where the files are damaged, or lack weights.
    """
    check_folder(folder, name)
    try:
        config = AutoConfig.from_pretrained(folder, **LOCAL)
        check_head(head, config.model_type, name)
        kind: Any = AutoModelForCausalLM
        if isinstance(head, ClassifierHead):
            kind = AutoModelForSequenceClassification
            config.num_labels = head.labels
        model, report = kind.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            # A head of another task has another number of labels; the rest is checked below.
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **LOCAL,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"{name}: {folder} cannot be loaded: {reason}") from error
    _check_complete(model, report, head, name)
    return model, tokenizer


def _check_complete(model: PreTrainedModel, report: dict[str, Any], head: Head, name: str) -> None:
    """Raise a ModelError where a weight was not in the files and is random now."""
    absent = set(report["missing_keys"])
    absent.update(key for key, *_ in report["mismatched_keys"])
    if isinstance(head, ClassifierHead):
        below = f"{model.base_model_prefix}."
        absent = {key for key in absent if key.startswith(below)}
    if absent:
        first = min(absent)
        raise ModelError(
            f"{name}: {len(absent)} weights are missing or have another shape in the files, "
            f"{first} among them; they are of another model"
        )
