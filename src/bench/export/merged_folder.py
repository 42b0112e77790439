"""Write a trained model as plain weights, which transformers loads without this project."""

from __future__ import annotations

from pathlib import Path

from bench.errors import NotMergeableError
from bench.export.restore import Trained
from bench.export.strip import restore_layout
from bench.models.quiet import quiet


def write_merged(trained: Trained, folder: Path) -> None:
    """Merge, and save model and tokenizer; the model is no longer split afterwards.

    Weights are in the precision that they had while training, as they were evaluated.
    Raises a NotMergeableError, with the reason, where no plain weights compute the same.
    """
    attached = trained.attached
    reason = attached.merge()
    if reason is not None:
        raise NotMergeableError(f"method={attached.method.name}: cannot be merged: {reason}")
    restore_layout(attached.model)
    with quiet():
        attached.model.save_pretrained(folder)
        trained.tokenizer.save_pretrained(folder)
