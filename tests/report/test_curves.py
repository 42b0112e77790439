"""Lines of a figure: told apart without colour, named once, the same bytes on every run."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench.report.figures.curves import legend_columns, render
from bench.report.figures.lines import COLOURS, MANY_POINTS, MOST, Line, Mark, Panel, style


def line(label: str, number: int, points: int = 3) -> Line:
    """A straight line with a band."""
    x = tuple(float(n) for n in range(points))
    return Line(label=label, style=number, x=x, y=x, low=x, high=tuple(n + 1 for n in x))


def panel(*lines: Line, **changes: object) -> Panel:
    """A panel of these lines."""
    values: dict[str, object] = {"title": "t", "x": "steps", "y": "rank", "limits": (0.0, 4.0)}
    return Panel(lines=lines, **{**values, **changes})  # type: ignore[arg-type]


def written(svg: bytes) -> list[str]:
    """The texts of a figure, in order."""
    root = ElementTree.fromstring(svg)  # noqa: S314
    return [text for text in root.itertext() if text.strip()]


def test_every_line_of_a_figure_has_its_own_colour_and_sign() -> None:
    """And neighbours have other dashes; a long line has no signs."""
    styles = [style(line("a", number)) for number in range(MOST)]
    assert len({one["color"] for one in styles}) == len({one["marker"] for one in styles}) == MOST
    assert len({one["linestyle"] for one in styles[:4]}) == 4
    assert "marker" not in style(line("a", 0, points=MANY_POINTS))


def test_the_palette_is_okabe_and_itos() -> None:
    """Seven of its eight colours (Color Universal Design, 2008)."""
    published = {
        (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178),
        (213, 94, 0), (204, 121, 167),
    }  # fmt: skip
    ours = {tuple(bytes.fromhex(colour[1:])) for colour in COLOURS}
    assert ours == published - {(240, 228, 66)}


def test_a_name_stands_once_for_all_panels() -> None:
    """With titles, axes and the statements of a paper."""
    marked = panel(line("second", 1), line("first", 0), marks=(Mark(x=1, y=2, text="said"),))
    drawn = render("Title", "subtitle", [marked, panel(line("first", 0), level=3.0)])
    texts = written(drawn["svg"])
    for text in ("Title", "subtitle", "first", "second", "said"):
        assert texts.count(text) == 1
    assert texts.index("first") < texts.index("second")
    assert texts.count("steps") == texts.count("rank") == 2


def test_points_beyond_the_axis_are_named_at_its_ends() -> None:
    """With an arrow to where they lie; the points of the others have no text."""
    far = Line(label="far", style=0, x=(1.0, 2.0), y=(-50.0, 1.0))
    high = Line(label="high", style=1, x=(1.0, 2.0), y=(2.0, 777.0))
    texts = written(render("t", "s", [panel(far, high, line("near", 2), limits=(0.0, 3.0))])["svg"])
    assert {"↓ far -50", "↑ high 777"} <= set(texts)
    assert sum("near" in text for text in texts) == 1, "in the legend only"


def test_the_same_bytes_on_every_run() -> None:
    """In both formats."""
    first, second = (render("Title", "", [panel(line("a", 0))]) for _ in range(2))
    assert first == second
    assert first.keys() == {"svg", "png"}


@pytest.mark.parametrize("label", ["$x^{", "a_b_c", "\\frac", "100 % & <b>"])
def test_a_name_is_never_taken_for_tex(label: str) -> None:
    """It is written as it is."""
    assert label in written(render("t", "s", [panel(line(label, 0))])["svg"])


@pytest.mark.parametrize(("longest", "columns"), [(5, 4), (16, 4), (17, 2), (40, 2), (41, 1)])
def test_long_names_have_more_room(longest: int, columns: int) -> None:
    """Four, two or one abreast."""
    assert legend_columns(["a", "b" * longest]) == columns
