from __future__ import annotations

import gzip
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, matthews_corrcoef

from bench.config import DataConfig, cell_from
from bench.errors import BenchError, ConfigError, DataError
from bench.material import load_rows, prepare
from bench.metrics.glue import METRICS
from bench.tasks.base import Labelled
from bench.tasks.compose import task_from
from bench.tasks.glue import as_printed, renamed
from bench.tasks.glue_base import Glue
from bench.tasks.items import LabelItem
from bench.tasks.sources import load
from tests.cells import compose_settings

SHARED = Path(__file__).parents[3] / "shared"
KEYS = tuple(METRICS)
# Rows as the card of the hub states them, and how many there are of each class.
WHOLE = {
    ("cola", "train"): (8551, (2528, 6023)),
    ("cola", "validation"): (1043, (322, 721)),
    ("sst2", "train"): (67349, (29780, 37569)),
    ("sst2", "validation"): (872, (428, 444)),
    ("mrpc", "train"): (3668, (1194, 2474)),
    ("mrpc", "validation"): (408, (129, 279)),
    ("rte", "train"): (2490, (1249, 1241)),
    ("rte", "validation"): (277, (146, 131)),
    ("qnli", "validation"): (5463, (2702, 2761)),
    ("stsb", "train"): (5749, None),
    ("stsb", "validation"): (1500, None),
}


def made(key: str, **options: object) -> Glue:
    """A task by its key."""
    return task_from({"name": key, **options})  # type: ignore[return-value]


@pytest.fixture
def published() -> DataConfig:
    """The published rows, which are no part of this project."""
    root = Path(os.environ.get("BENCH_DATA") or SHARED / "data")
    if not (root / "glue").is_dir():
        pytest.skip(f"no published GLUE rows in {root}; set BENCH_DATA")
    return DataConfig(source="local", root=root)


@pytest.mark.parametrize(("key", "split"), WHOLE)
def test_published_rows_are_whole(published: DataConfig, key: str, split: str) -> None:
    """As many rows of each class as published; every one becomes an example with its texts."""
    task = made(key)
    (loaded,) = load(task, published, split, None)
    rows, classes = WHOLE[key, split]
    assert (loaded.total, loaded.partial) == (rows, False)
    examples = task.queries(loaded.rows)
    assert len(examples) == rows
    if classes is not None:
        assert tuple(np.bincount([int(one.label) for one in examples])) == classes
    for one, row in zip(examples, loaded.rows, strict=True):
        texts = [text for text in (one.first, one.second) if text is not None]
        assert [*texts, one.label] == list(row.values())


@pytest.mark.parametrize(
    ("key", "split"),
    [("qqp", "train"), ("qqp", "validation"), ("qnli", "train"), ("mnli", "train")],
)
def test_a_part_of_a_split_is_taken_only_where_it_is_asked_for(
    published: DataConfig, key: str, split: str
) -> None:
    """The whole of these is not to be had everywhere."""
    with pytest.raises(DataError, match=r"data\.partial=true"):
        load(made(key), published, split, None)
    (part,) = load(made(key), replace(published, partial=True), split, None)
    assert part.partial
    assert part.total < made(key).files[split][0].rows
    assert made(key).examples(part.rows)


def test_mnli_has_two_validation_files(published: DataConfig) -> None:
    """The mismatched one may be absent where parts are allowed, and is asked for otherwise."""
    with pytest.raises(DataError, match=r"validation_mismatched\.jsonl"):
        load(made("mnli"), published, "validation", None)
    (matched,) = load(made("mnli"), replace(published, partial=True), "validation", None)
    assert (matched.name, matched.subset, matched.partial) == (
        "validation_matched",
        "matched",
        False,
    )
    labels = [int(row["label"]) for row in matched.rows]
    assert tuple(np.bincount(labels)) == (3479, 3123, 3213)


@pytest.mark.parametrize(
    ("key", "metric", "label", "printed"), [("mrpc", "f1", 1, 81.2), ("rte", "accuracy", 0, 52.7)]
)
def test_one_answer_to_all_scores_as_the_paper_prints_it(
    published: DataConfig, key: str, metric: str, label: int, printed: float
) -> None:
    """LoRMA (arXiv 2506.07621), Table 6, first row: what a model gets that learnt nothing."""
    task = made(key)
    (loaded,) = load(task, published, "validation", None)
    items = [LabelItem(prediction=label, **one.gold) for one in task.queries(loaded.rows)]
    assert round(100 * task.measures(items)[metric].value, 1) == printed


def test_a_tampered_file_stops_with_one_line(published: DataConfig, tmp_path: Path) -> None:
    """One label turned round: not the published rows."""
    assert published.root is not None
    lines = gzip.decompress((published.root / "glue/rte/validation.jsonl.gz").read_bytes())
    rows = [json.loads(line) for line in lines.splitlines()]
    rows[3]["label"] = 1 - rows[3]["label"]
    folder = tmp_path / "glue" / "rte"
    folder.mkdir(parents=True)
    text = "\n".join(map(json.dumps, rows))
    (folder / "validation.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="not the published rows") as caught:
        load(made("rte"), DataConfig(source="local", root=tmp_path), "validation", None)
    assert "\n" not in str(caught.value)


def test_examples_name_their_texts_in_order() -> None:
    """Columns have other names in every task; an item knows its subset."""
    row = {"hypothesis": "It rains.", "premise": "It pours.", "label": 0}
    gold = {"label": 0, "subsets": ["matched"]}
    assert made("mnli").queries([row], "matched") == [
        Labelled(first="It pours.", second="It rains.", label=0, gold=gold)
    ]
    assert made("cola").examples([{"sentence": "It rain.", "label": 0}]) == [
        Labelled(first="It rain.", second=None, label=0, gold={"label": 0})
    ]


@pytest.mark.parametrize("key", KEYS)
def test_rows_without_labels_are_refused(key: str) -> None:
    """Those of a test split have -1; another number is no class either."""
    task = made(key)
    texts = dict.fromkeys(task.texts, "a")
    good = {**texts, "label": 1}
    with pytest.raises(DataError, match=f"label=-1: .*task={key}; rows of a test split have none"):
        task.queries([good, {**texts, "label": -1}])
    beyond = 5.5 if key == "stsb" else task.labels
    with pytest.raises(DataError, match=f"label={beyond}: no label of task={key}; allowed: "):
        task.examples([{**texts, "label": beyond}])


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("cola", ["unacceptable", "acceptable"]),
        ("sst2", ["negative", "positive"]),
        ("mrpc", ["not_equivalent", "equivalent"]),
        ("qqp", ["not_duplicate", "duplicate"]),
        ("mnli", ["entailment", "neutral", "contradiction"]),
        ("qnli", ["entailment", "not_entailment"]),
        ("rte", ["entailment", "not_entailment"]),
    ],
)
def test_a_prediction_may_be_a_name(key: str, names: list[str]) -> None:
    """Names in the order of the hub's ClassLabel; as good as their indices."""
    by_name = [LabelItem(prediction=name, label=n) for n, name in enumerate(names)]
    by_index = [LabelItem(prediction=float(n), label=name) for n, name in enumerate(names)]
    task = made(key)
    for items in (by_name, by_index):
        assert task.score(items).values["accuracy"] == 1.0
    assert task.labels == len(names)
    for wrong in (len(names), -1, 0.5, "Entailment", math.nan):
        with pytest.raises(DataError, match=rf"item 2: prediction={wrong}: .*0 \({names[0]}\)"):
            task.score([by_name[0], LabelItem(prediction=wrong, label=0)])


def test_similarity_is_a_number() -> None:
    """A prediction may leave the scale, and may not be a text."""
    task = made("stsb")
    rows = [(5.3, 5.0), (-0.2, 0.0), (2.0, 2.5)]
    scores = task.score([LabelItem(prediction=p, label=t) for p, t in rows])
    assert scores.values["spearman"] == pytest.approx(1.0)
    with pytest.raises(DataError, match="item 1: label=high: must be a number from 0 to 5"):
        task.score([LabelItem(prediction=1.0, label="high")])


def items_of(*triples: tuple[int, int, tuple[str, ...]]) -> list[LabelItem]:
    """Items of MNLI."""
    return [LabelItem(prediction=p, label=t, subsets=s) for p, t, s in triples]


MIXED = items_of(
    *((0, 0, ("matched",)), (1, 2, ("matched",)), (2, 2, ("matched",))),
    *((1, 1, ("mismatched",)), (0, 2, ("mismatched",)), (0, 1, ("mismatched",))),
)


def test_accuracy_of_mnli_is_that_of_the_matched_items() -> None:
    """2 of 3 matched, 1 of 3 mismatched; each with the error of its own items."""
    scores = made("mnli").score(MIXED)
    assert scores.values == {"accuracy": 2 / 3, "accuracy_mismatched": 1 / 3}
    assert scores.errors.keys() == scores.values.keys()
    alone = made("mnli").score(MIXED[:3])
    assert alone.values == {"accuracy": 2 / 3}
    assert alone.errors["accuracy"] == scores.errors["accuracy"]
    assert scores.items == {"accuracy": (1.0, 0.0, 1.0, 1.0, 0.0, 0.0)}


def test_items_of_mnli_that_name_no_part_are_matched() -> None:
    """Ready-made predictions need not say it; other subsets stay."""
    bare = [replace(one, subsets=("short",) if n else ()) for n, one in enumerate(MIXED[:3])]
    values = made("mnli").score(bare).values
    assert values == {"accuracy": 2 / 3, "accuracy_short": 1 / 2}


def test_mismatched_items_alone_have_no_accuracy_of_mnli() -> None:
    """The name stands for the matched part; the reason is told."""
    scores = made("mnli").score(MIXED[3:])
    assert scores.values == {"accuracy": None, "accuracy_mismatched": 1 / 3}
    assert scores.unavailable == {"accuracy": "no item of the matched part, whose accuracy this is"}
    assert renamed({"accuracy": 0.5, "accuracy_x": 1.0}) == {"accuracy_x": 1.0}


def test_subsets_have_metrics_of_their_own() -> None:
    """Against scikit-learn on the items of the subset."""
    rng = np.random.Generator(np.random.PCG64(1))
    p, t = rng.integers(0, 2, (2, 40))
    items = [
        LabelItem(prediction=int(a), label=int(b), subsets=("odd",) if n % 2 else ())
        for n, (a, b) in enumerate(zip(p, t, strict=True))
    ]
    values = made("cola").score(items).values
    assert values["matthews_odd"] == pytest.approx(matthews_corrcoef(t[1::2], p[1::2]), abs=1e-12)
    assert values["accuracy_odd"] == accuracy_score(t[1::2], p[1::2])
    assert list(values) == ["matthews", "accuracy", "matthews_odd", "accuracy_odd"]


def test_no_items_are_an_error() -> None:
    with pytest.raises(BenchError, match="no predictions"):
        made("rte").score([])


def test_similarities_of_the_hub_are_read_as_printed() -> None:
    """The hub's column is float32."""
    given = [{"label": float(np.float32(value))} for value in (3.8, 0.0, 2.467, 1.0, 4.75)]
    assert given[0]["label"] == 3.799999952316284
    assert [row["label"] for row in as_printed(given)] == [3.8, 0.0, 2.467, 1.0, 4.75]


@pytest.mark.parametrize("key", KEYS)
def test_metadata(key: str) -> None:
    """A pinned commit, no test split, and the main metric first."""
    task = made(key)
    assert list(task.files) == ["train", "validation"]
    parts = ["accuracy_mismatched"] if key == "mnli" else []
    assert [metric.name for metric in task.metrics] == [*METRICS[key], *parts]
    for files in task.files.values():
        for file in files:
            revision = file.source.revision
            assert revision is not None
            assert len(bytes.fromhex(revision)) == 20
            assert file.paths == (f"{key}/{file.name}-00000-of-00001.parquet",)
            assert list(file.source.columns) == [*task.texts, "label"]
    assert (task.files["validation"][0].subset == "matched") == (key == "mnli")


def test_options_are_checked() -> None:
    assert made("rte", max_tokens=512).max_tokens == 512
    for wrong in ({"max_tokens": 0}, {"max_token": 128}):
        with pytest.raises(ConfigError, match=r"task\.max_token"):
            made("rte", **wrong)


def test_a_cell_looks_at_the_matched_part_while_it_trains() -> None:
    """And is evaluated on both."""
    given = ("task=mnli", "method=lora", "eval.limit=7", "train.limit=9")
    cell = cell_from(compose_settings(*given))
    material = prepare(cell, load_rows(cell))
    parts = [one.gold["subsets"] for one in material.evaluation]
    assert parts == [["matched"]] * 7 + [["mismatched"]] * 7
    assert (len(material.train), len(material.validation)) == (9, 120)


def test_importing_tasks_imports_nothing_heavy() -> None:
    code = (
        "import sys, bench.registry; assert {'mnli', 'stsb'} <= set(bench.registry.tasks()); "
        "print(*sorted({'torch', 'transformers', 'datasets', 'evaluate', 'pandas', "
        "'huggingface_hub', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
