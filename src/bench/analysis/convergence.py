"""The loss curves of two runs, as an analysis. No torch."""

from __future__ import annotations

from bench.analysis.curves import compare_curves
from bench.analysis.records import Analysis, analysis_of_runs
from bench.analysis.runs import Run


def analyse_curve(run: Run, reference: Run, window: int) -> Analysis:
    """Area under the training loss and steps to the reference's minimum."""
    row = compare_curves(run.losses(), reference.losses(), window)
    return analysis_of_runs("curve", [run.record, reference.record], {"window": window}, [row])
