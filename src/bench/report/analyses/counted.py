"""What a complexity analysis says of the methods on one shape, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.analyses.groups import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.analysis.rows import ComplexityRow
    from bench.report.analyses.sources import Source

FORMS = {None: "", "matrix": " · T as a matrix", "fft": " · Fourier transforms"}
DEVICES = {"cpu": "a CPU", "gpu": "a GPU"}
SCALED = "the product with s = alpha / r is counted, db operations"
NOTES: Mapping[str, str] = {
    "lora": SCALED,
    "lorma_none": SCALED,
    "lorma_plus": f"W₀ x is computed once, where the printed count has it twice; {SCALED}",
    "lorma_pi matrix": "T is formed once for all tokens and multiplies W₀ x; nothing takes the "
    "printed dkr operations",
    "lorma_pi fft": "T is never formed: r + 1 transforms a token of 2.5 d log2(d) operations in "
    "the place of a product with d² values",
}
"""What tells our forward pass from the printed count."""
OPERATIONS = (
    "“Ours”: operations of one forward pass through one adapted map without a bias, counted "
    "while our code runs: multiply-adds of matrix products by torch.utils.flop_counter, every "
    "other addition and multiplication, and 2.5 n log2(n) for a Fourier transform of n numbers; "
    "each counts as one. b: tokens of a batch."
)
MISSING = "Nothing of ours: python -m bench.analysis complexity MODEL counts it, from shapes alone."


def of_methods(sources: Sequence[Source]) -> list[Source]:
    """The analyses that this is about."""
    return [one for one in sources if one.kind == "complexity"]


def rows_of(source: Source, method: str) -> list[ComplexityRow]:
    """The rows of a method, one for each form."""
    return [row for row in source.rows if row.method == method]


def key(row: ComplexityRow) -> str:
    """Method, with the form where there are several."""
    return f"{row.method} {row.form}" if row.form else row.method


def label(row: ComplexityRow) -> str:
    """The same in words."""
    return LABELS.get(row.method, row.method) + FORMS[row.form]


def shape_of(row: ComplexityRow) -> dict[str, int]:
    """The letters of the printed counts."""
    return {"d": row.d, "k": row.k, "r": row.r, "b": row.b}


def heading(source: Source, titles: Mapping[str, str]) -> str:
    """Model, weight and shape."""
    letters = ", ".join(f"{name} = {size:,}" for name, size in shape_of(source.rows[0]).items())
    title = titles.get(source.model, source.model)
    return f"{title} · {source.settings.get('part')} · {letters}"


def place(source: Source) -> str:
    """Weight and shape, for the CSV."""
    letters = " ".join(f"{name}={size}" for name, size in shape_of(source.rows[0]).items())
    return f"{source.settings.get('part')} {letters}"


def notes(row: ComplexityRow) -> tuple[str, ...]:
    """What tells our count from the printed one, and where the form is taken."""
    found = [NOTES[key(row)]] if key(row) in NOTES else []
    if row.form:
        devices = " and ".join(DEVICES.get(one, one) for one in row.chosen_on)
        found.append(f"taken on {devices} at this shape" if devices else "not taken at this shape")
    return tuple(found)


def millions(operations: int) -> str:
    """Operations in units of 10⁶."""
    return f"{operations / 1e6:,.2f}"
