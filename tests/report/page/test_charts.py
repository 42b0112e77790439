"""The specifications, compiled by Vega-Lite itself."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import vl_convert

from bench.report.page.charts import filled, specifications

POINT = {
    "at": "run-1", "method": "LoRA", "settings": "–", "n": 3, "reads": "66.0 ± 1.0", "price": "10",
    "cost": 10, "score": 66, "low": 65, "high": 67, "color": "#0072B2", "shape": "circle",
    "told": "LoRA", "series": 0, "step": 1, "loss": 2.0, "dash": [1, 0],
}  # fmt: skip
WORDS = {
    "$score": "BLEU", "$cost": "Memory", "$loss": "Training loss", "$low": 60, "$high": 70,
    "$ink": "#111111", "$description": "A chart.",
}  # fmt: skip


def complete(name: str) -> dict[str, Any]:
    """A specification with all that the page puts into it."""
    found: dict[str, Any] = filled(specifications()[name], WORDS)
    return {**found, "width": 300, "datasets": {"points": [POINT], "front": [POINT]}}


@pytest.mark.parametrize("name", sorted(specifications()))
def test_it_compiles_and_nothing_is_left_to_fill(name: str) -> None:
    """Drawn as SVG, with the axes' titles; no text still starts with a dollar."""
    chart = complete(name)
    assert re.findall(r'"\$[a-z]+"', json.dumps(chart)) == []
    drawn = vl_convert.vegalite_to_svg(chart)
    title = "Training loss" if name == "loss" else "BLEU"
    assert f">{title}</text>" in drawn
    assert 'stroke="#0072B2"' in drawn or 'fill="#0072B2"' in drawn


@pytest.mark.parametrize("name", sorted(specifications()))
def test_its_schema_is_vega_lites(name: str) -> None:
    """Altair checks a chart against the schema that it was made for."""
    import altair

    altair.LayerChart.from_dict(complete(name), validate=True)
