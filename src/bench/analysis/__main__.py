"""What training did to the weights and how fast: `python -m bench.analysis ranks RUN_ID`.

    ranks RUN_ID           rank, spectrum and energy of every weight update
    compare RUN_ID LORA    five measures of each update beside that of a LoRA run
    curve RUN_ID LORA      area under the training loss, and the speed-up
    energy MODEL           what low-rank and sparse approximations keep of [Wq, Wk, Wv]
    complexity MODEL       operations of one map with LoRA and LoRMA, from shapes alone

A run is named by the head of its run_id. Folders: paths.results=DIR paths.runs=DIR (else
BENCH_RESULTS, BENCH_RUNS); model.path=DIR reads the base model's weights from a folder.
Each writes results/analysis/<kind>/<model>/. Exit codes: 0, or 2 with one line that says why.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.analysis.command import OF_MODELS, checked, parser
from bench.errors import BenchError, unknown
from bench.machine import quiet_optional_kernels
from bench.parser import settings_of
from bench.trained import PLACES, places_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from bench.analysis.records import Analysis
    from bench.models.config import ModelConfig
    from bench.trained import Places


def model_of(name: str, places: Places) -> ModelConfig:
    """The model called `name`, read from where the settings say."""
    from bench.models.catalogue import catalogue

    known = {model.name: model for model in catalogue()}
    if name not in known:
        raise unknown("model", name, "model", known)
    return replace(known[name], path=places.model)


def analyse_model(given: Namespace, config: ModelConfig) -> Analysis:
    """Do what was asked of a model."""
    if given.kind == "complexity":
        from bench.analysis.complexity import analyse_complexity

        return analyse_complexity(config, given.part, given.rank, given.tokens)
    from bench.analysis.energy import analyse_energy

    return analyse_energy(config, given.block, given.rank, given.keep)


def analyse(given: Namespace, places: Places) -> Analysis:
    """Do what was asked; torch is imported only when the runs have been found."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    quiet_optional_kernels()
    if given.kind in OF_MODELS:
        return analyse_model(given, model_of(given.model, places))
    from bench.analysis.runs import check_same_loss, check_same_model, check_weights, find_run

    run = find_run(places, given.run)
    blocks = frozenset(given.blocks) if getattr(given, "blocks", None) else None
    if given.kind == "ranks":
        check_weights(run)
        from bench.analysis.ranks import analyse_ranks

        return analyse_ranks(run, blocks)
    reference = find_run(places, given.reference)
    if given.kind == "curve":
        from bench.analysis.convergence import analyse_curve

        check_same_loss(run, reference)
        return analyse_curve(run, reference, given.window)
    check_same_model(run, reference)
    for one in (run, reference):
        check_weights(one)
    from bench.analysis.compare import analyse_similarity

    return analyse_similarity(run, reference, blocks, given.rank, given.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, or 2 for an error that the person can mend."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    settings = [word for word in words if "=" in word and not word.startswith("-")]
    try:
        given = checked(
            parser(__doc__).parse_args([word for word in words if word not in settings])
        )
        places = places_of(settings_of(settings, PLACES))
        analysis = analyse(given, places)
        from bench.analysis.records import write_analysis
        from bench.analysis.show import as_text

        path = write_analysis(places.results, analysis)
    except BenchError as error:
        print(f"bench.analysis: {error}", file=sys.stderr)
        return 2
    print(analysis.to_json() if given.json else f"{as_text(analysis)}\nrecord: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
