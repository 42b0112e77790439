"""DART 1.1.1: tables, questions and other data sets as facts (Nan et al., arXiv 2007.02871).

    Mars Hill College : joined : 1973 | Mars Hill College : location : Mars Hill, North Carolina

Relations are lower-cased, subjects and objects are not. Every row has texts from one or more
sources, and its input is in the subset of each of them (`BLEU_webnlg`, `BLEU_WikiSQL_lily` ...);
in the test split no input has two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic.dataclasses import dataclass

from bench.errors import DataError
from bench.tasks.base import Pair, Row, Split
from bench.tasks.published import File, Source
from bench.tasks.synthetic.dart import generate
from bench.tasks.triples import OPTIONS, Described, TriplesTask, linearise

SOURCE = Source(
    repository="Yale-LILY/dart",
    # The repository's main branch holds a script, which `datasets` no longer runs; the
    # commit is of its branch refs/convert/parquet, with one Parquet file per split.
    revision="16b3679f0fc795046e37c82dedde7fa70c5d97e0",
    licence="MIT; texts of webnlg CC BY-NC-SA 4.0, of e2e CC BY-SA 4.0",
    folder="dart",
    # One text of the test split is empty: null here, "" in the official files.
    columns={"tripleset": list[list[str]], "annotations": dict[str, list[str | None]]},
)
PATH = "default/%s/0000.parquet"
PUBLISHED: dict[Split, tuple[int, str]] = {
    "train": (30526, "d91869279c662e1a23a6826aad3bfc2bab7f82568a388376be75ca239c612214"),
    "validation": (2768, "646ac53582abb6e6e6999b5a4a34a1c535229edd4a49be6fb5af60f93ab7dd47"),
    "test": (5097, "99f69cd87205915e44b0860169cf3c0994b68e9b1a9e6de7e1c18ed85b5b4958"),
}
"""Rows and content hash of every split.

The hash of the training split is that of 30,438 rows with the same 62,659 texts in the same
order, in which neighbouring rows of equal facts are one and no text ends in a blank: nobody
here saw them as they are published.
"""
FILES = {
    split: (File(source=SOURCE, name=split, rows=rows, sha256=digest, paths=(PATH % split,)),)
    for split, (rows, digest) in PUBLISHED.items()
}


def texts_and_sources(columns: Mapping[str, Sequence[str | None]]) -> tuple[list[str], list[str]]:
    """The texts of a row and their sources.

    Raises DataError where they are not lists of the same length.
    """
    texts, sources = columns.get("text"), columns.get("source")
    if texts is None or sources is None or len(texts) != len(sources):
        raise DataError(
            f"annotations={dict(columns)!r:.200}: does not parse; it must have the lists text and "
            "source, of the same length"
        )
    return [text or "" for text in texts], [source for source in sources if source]


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class Dart(TriplesTask):
    """Facts of tables and of other data sets."""

    key = "dart"
    title = "DART"
    files = FILES
    protocol = (
        "each distinct input is decoded once, beam 10, and scored against its first 6 references "
        "by GenerationEval (LoRA, arXiv 2106.09685; LoDA, MERL TR2025-130, Table 2)"
    )
    example = Pair(
        "Marlow Pier : length_(metres) : 310 | Marlow Pier : architect : Ida Fenn | "
        "Ida Fenn : born : 1851",
        "Marlow Pier, 310 metres long, was designed by Ida Fenn, who was born in 1851.",
    )

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.synthetic.dart)."""
        return generate(cast("Split", file.name))

    def described(self, row: Row) -> Described:
        """The row's facts with lower-case relations, its texts and their sources."""
        texts, sources = texts_and_sources(row["annotations"])
        lowered = [
            [part.lower() if place == 1 else part for place, part in enumerate(triple)]
            for triple in row["tripleset"]
        ]
        return Described(context=linearise(lowered), texts=texts, subsets=sources)
