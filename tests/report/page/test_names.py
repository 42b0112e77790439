"""How methods and tables are called and sorted."""

from __future__ import annotations

import pytest

from bench.report.page import names
from tests.specs import SPECS


@pytest.mark.parametrize(
    ("label", "typeset", "plain"),
    [
        ("LoRMA_π", "LoRMA<sub>π</sub>", "LoRMAπ"),
        ("LoRMA_+, post", "LoRMA<sub>+</sub>, post", "LoRMA+, post"),
        ("FT^{q,v}", "FT<sup>q,v</sup>", "FT^q,v"),
        ("adapter_h", "adapter_h", "adapter_h"),
        ("<b>_x", "&lt;b&gt;_x", "<b>_x"),
        ("A_<", "A_&lt;", "A_<"),
        ("A_{<i>}", "A<sub>&lt;i&gt;</sub>", "A<i>"),
    ],
)
def test_an_index_is_lowered_or_raised_and_signs_are_escaped(
    label: str, typeset: str, plain: str
) -> None:
    """Names of files have no index."""
    assert names.typeset(label) == typeset
    assert names.plain(label) == plain


def test_numbers_are_sorted_as_numbers() -> None:
    """Table 9 stands before Table 10."""
    assert sorted(["T 10", "T 9", "T 9: b", "S 11"], key=names.natural) == [
        "S 11", "T 9", "T 9: b", "T 10",
    ]  # fmt: skip


def test_methods_have_the_names_of_the_papers() -> None:
    """What no table has keeps its own name."""
    found = names.methods(["lora", "lorma_pi", "mine"], SPECS)
    assert found == {"lora": "LoRA", "lorma_pi": "LoRMA_π", "mine": "mine"}


def test_a_name_may_come_from_a_row_with_settings() -> None:
    """A method that tables of our own alone have, at a learning rate."""
    assert names.methods(["adapter_l"], SPECS) == {"adapter_l": "Adapter^L"}
    assert names.methods(["s_loda_plus"], SPECS) == {"s_loda_plus": "S-LoDA+"}


def test_a_method_of_no_table_has_the_name_of_its_configuration() -> None:
    """Before the reference in its first line; one without a file keeps its name."""
    assert names.methods(["dorma", "mine"], SPECS) == {"dorma": "DoRMA", "mine": "mine"}
