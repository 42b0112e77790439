"""The methods train as many values as the papers print."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from typing import get_args

import pytest
import yaml

from bench.attach.count import trained_count
from bench.methods.compose import method_from
from bench.models.catalogue import catalogue
from bench.models.heads import ENCODERS, CausalHead, ClassifierHead
from bench.models.meta import Outline, meta_model
from bench.paths import config_folder
from tests.methods.printed_counts import POST, ROWS, UNEXPLAINED, Row, Rule


def shown(count: int, printed: str, rule: Rule) -> str:
    """The count with the unit and the digits of a printed figure."""
    scale = 2**20 if rule == "binary" else {"K": 10**3, "M": 10**6, "B": 10**9}[printed[-1]]
    digits = len(printed[:-1].partition(".")[2])
    step = {"whole": Decimal(1), "tens": Decimal(10)}.get(rule, Decimal(1).scaleb(-digits))
    rounding = ROUND_DOWN if rule == "cut" else ROUND_HALF_UP
    value = (Decimal(count) / scale / step).to_integral_value(rounding) * step
    return f"{value:.{digits}f}{printed[-1]}"


MODELS = {model.name: model for model in catalogue()}


@cache
def outline(name: str) -> Outline:
    """The model without values."""
    encoder = MODELS[name].family in ENCODERS
    return meta_model(MODELS[name], ClassifierHead(labels=2) if encoder else CausalHead())


def counted(row: Row) -> int:
    """What the harness says that a row's method trains."""
    path = config_folder() / "method" / f"{row.method}.yaml"
    method = method_from({**yaml.safe_load(path.read_text(encoding="utf-8")), **row.options})
    model, head = outline(row.model)
    tensors = dict(model.named_parameters())
    own = sum(tensors[name].numel() for name in head) if row.head else 0
    return trained_count(method, model, head) + own


def named(row: Row) -> str:
    return f"{row.table}-{row.model}-{row.method}-{row.printed}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_printed_count_is_what_the_method_trains(row):
    """The exact count, and by the rule the printed figure."""
    assert counted(row) == row.count
    assert shown(row.count, row.printed, row.rule) == row.printed


@pytest.mark.parametrize("row", POST, ids=named)
def test_the_order_that_is_not_printed_trains_another_number(row):
    """2 r Σ i over the maps, by hand from the public layer shapes."""
    assert counted(row) == row.count


@pytest.mark.parametrize("row", UNEXPLAINED, ids=named)
def test_a_figure_that_is_not_explained_is_given_by_no_rule(row):
    """So that it is not taken for a bug of the harness, and is noticed once it is explained."""
    assert counted(row) == row.count
    assert row.printed not in {shown(row.count, row.printed, rule) for rule in get_args(Rule)}


def test_rules_on_figures_made_by_hand():
    assert shown(5_677_056, "5.67M", "nearest") == "5.68M"
    assert shown(5_677_056, "5.67M", "cut") == "5.67M"
    assert shown(393_216, "0.38M", "nearest") == "0.39M"
    assert shown(393_216, "0.38M", "binary") == "0.38M"
    assert shown(124_500_000, "125.0M", "whole") == "125.0M"
    assert shown(144_999, "140K", "tens") == "140K"
