"""ROUGE-L and CIDEr-D as the MS-COCO caption evaluation computes them.

The arithmetic is that of the package pycocoevalcap: ROUGE-L (C.-Y. Lin, "ROUGE: A
Package for Automatic Evaluation of Summaries", 2004) with beta 1.2 and the best precision
and recall over the references; CIDEr-D (R. Vedantam et al., "CIDEr: Consensus-based Image
Description Evaluation", CVPR 2015) with n-grams up to 4, sigma 6, document frequencies
from the references, times 10. Texts come from the PTB tokenizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.resampling import Measure, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def measure_rouge_l(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    """ROUGE-L (0-1): the mean over all items."""
    from pycocoevalcap.rouge.rouge import Rouge

    _, items = Rouge().compute_score(*_by_item(predictions, references))
    return mean_of(items)


def measure_cider(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Measure:
    """CIDEr-D (0-10): the mean over all items."""
    from pycocoevalcap.cider.cider import Cider

    if not any(text.split() for texts in references for text in texts):
        # The package divides no zeros but asserts that there is a word to count.
        return mean_of(np.zeros(len(predictions)))
    _, items = Cider().compute_score(*_by_item(predictions, references))
    return mean_of(items)


def _by_item(
    predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """References and predictions in the package's own form."""
    return dict(enumerate(map(list, references))), {
        index: [prediction] for index, prediction in enumerate(predictions)
    }
