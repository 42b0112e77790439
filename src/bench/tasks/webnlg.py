"""WebNLG 2017: facts from DBpedia (Gardent et al., INLG 2017, W17-3518).

    Aarhus_Airport : cityServed : "Aarhus, Denmark"

These are the modified triples; only texts whose comment is `good` are read. Each item is in two
subsets: its category (`BLEU_Airport`), and `seen` or `unseen`, after the ten categories
of the training split, as gpt2_decode.py (--filter) has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from pydantic.dataclasses import dataclass

from bench.errors import DataError
from bench.tasks.base import Pair, Row, Split
from bench.tasks.published import File, Source
from bench.tasks.synthetic.webnlg import generate
from bench.tasks.triples import OPTIONS, Described, TriplesTask, linearise

SEEN = frozenset(
    {
        *("Airport", "Astronaut", "Building", "City", "ComicsCharacter"),
        *("Food", "Monument", "SportsTeam", "University", "WrittenWork"),
    }
)
"""Categories of the training split."""

TEST_FILE = "testdata_with_lex"
"""What hub rows of the test call the one of its three files that has every input, with texts."""


def from_hub(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows as the hub's script makes them: triples as `s | p | o`, lists below a name."""
    for row in rows:
        if row["test_category"] in ("", TEST_FILE):
            (triples,) = row["modified_triple_sets"]["mtriple_set"]
            yield {
                "category": row["category"],
                "triples": [[part.strip() for part in one.split(" | ", 2)] for one in triples],
                "references": row["lex"]["text"],
                "lex_comment": row["lex"]["comment"],
            }


SOURCE = Source(
    repository="webnlg-challenge/web_nlg",
    # There is no commit with files that `datasets` still reads: the repository has a script.
    revision=None,
    licence="CC BY-NC-SA 4.0",
    folder="webnlg_2017",
    columns={
        "category": str,
        "triples": list[list[str]],
        "references": list[str],
        "lex_comment": list[str],
    },
    adapt=from_hub,
)
PUBLISHED: dict[Split, tuple[int, str]] = {
    "train": (6940, "47c631347f3278f2a78a1b525871d028c352b47f21730899743e0e9e342f7750"),
    "validation": (872, "1e38923ec6aa7dd74f6d1ac9aa55225419a1a7e403bba7996da0836e08c3c1b9"),
    "test": (1862, "d662969153cf8fd572d243d03f1268cb3dc7ba2137e6e667306655fcbcd259f3"),
}
"""Rows and content hash of every split."""
FILES = {
    split: (File(source=SOURCE, name=split, rows=rows, sha256=digest, paths=()),)
    for split, (rows, digest) in PUBLISHED.items()
}


@dataclass(frozen=True, kw_only=True, config=OPTIONS)
class WebNLG(TriplesTask):
    """Facts about things of fifteen categories, five of them unseen in training."""

    key = "webnlg"
    title = "WebNLG 2017"
    files = FILES
    metrics = tuple(
        replace(metric, name=f"{metric.name}{part}")
        for part in ("", "_seen", "_unseen")
        for metric in TriplesTask.metrics
    )
    protocol = (
        "each distinct input is decoded once, beam 10, and scored against its first 6 references "
        "by GenerationEval (LoRA, arXiv 2106.09685; LoRMA, arXiv 2506.07621, Table 13)"
    )
    example = Pair(
        "Marlow_Pier : length : 310.0 | Marlow_Pier : architect : Ida_Fenn | "
        "Ida_Fenn : birthYear : 1851",
        "Marlow Pier, 310 metres long, was designed by Ida Fenn, who was born in 1851.",
    )

    def synthetic(self, file: File) -> list[dict[str, Any]]:
        """Rows of the project's own making (bench.tasks.synthetic.webnlg)."""
        return generate(cast("Split", file.name))

    def described(self, row: Row) -> Described:
        """The row's facts, its good texts, `seen` or `unseen`, and the category."""
        texts, comments = row["references"], row["lex_comment"]
        if len(texts) != len(comments):
            raise DataError(
                f"lex_comment={comments!r:.200}: must have a comment for each of the "
                f"{len(texts)} references"
            )
        category = row["category"]
        return Described(
            context=linearise(row["triples"]),
            texts=[
                text for text, comment in zip(texts, comments, strict=True) if comment == "good"
            ],
            subsets=("seen" if category in SEEN else "unseen", category.replace(" ", "_")),
        )
