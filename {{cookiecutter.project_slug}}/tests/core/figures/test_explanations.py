"""Pictures of what a model leans on: each shows the numbers it was given, for every kind and any name."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from matplotlib.figure import Figure

from {{cookiecutter.__package}}.core import explanations as ex
from {{cookiecutter.__package}}.core import schema
from {{cookiecutter.__package}}.core.evidence import Dependence, Leaning
from {{cookiecutter.__package}}.core.figures import explanations as figures

Png = Callable[[Figure], bytes]
MakeSchema = Callable[..., schema.Schema]
LEANS = {"amount": Leaning(0.3, 0.02), "note": Leaning(0.1, 0.01), "colour": Leaning(-0.01, 0.03)}


def curve(kind: schema.Kind, *grid: object, **changes: object) -> Dependence:
    """Return a curve of one outcome over these values that rises by 0.1 a point."""
    line = tuple(0.2 + 0.1 * place for place in range(len(grid)))
    band = {name: {"yes": tuple(y + d for y in line)} for name, d in {"low": -0.1, "mean": 0.0, "high": 0.1}.items()}
    shares = tuple(1 / len(grid) for _ in grid)
    return Dependence(**{"kind": kind, "grid": grid, "shares": shares, **band, **changes})


def ticks(figure: Figure) -> list[str]:
    """Return what stands at the ticks of the first axis across."""
    figure.canvas.draw()
    return [label.get_text() for label in figure.axes[0].get_xticklabels()]


def test_the_largest_importance_is_on_top():
    """One reads from the top down, and sees how far each was from shuffle to shuffle."""
    ax = figures.importances(LEANS, "mae").axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["colour", "note", "amount"]
    assert [bar.get_width() for bar in ax.patches] == [-0.01, 0.1, 0.3]
    assert "mae" in ax.get_xlabel()
    spreads = [np.ptp(segment[:, 0]) / 2 for segment in ax.collections[0].get_segments()]
    assert spreads == pytest.approx([0.03, 0.01, 0.02])


def test_only_the_largest_importances_are_drawn():
    """Of sixty features those at the top of the list."""
    many = {f"f{n}": Leaning(60.0 - n, 1.0) for n in range(60)}
    labels = [label.get_text() for label in figures.importances(many, "mae").axes[0].get_yticklabels()]
    assert labels == [f"f{n}" for n in reversed(range(figures.MOST_BARS))]


def test_curves_of_every_kind_and_task_are_drawn(each: SimpleNamespace, png: Png):
    """A panel for each feature with its name, all on one scale, and each by itself as well."""
    found = ex.dependence(each.served.outcome, each.frame, each.schema, list(each.schema.features), rows=50)
    figure = figures.dependences(found, each.schema)
    assert png(figure)
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(found)
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    for name in found:
        alone = figures.dependence(name, found, each.served.signature)
        assert png(alone)
        assert alone.get_suptitle() == name
        assert alone.axes[0].get_ylim() == figure.axes[0].get_ylim()
    named = [text.get_text() for text in figure.legends[0].get_texts()] if figure.legends else []
    assert named == (list(each.schema.classes) if each.schema.task == "multiclass" else [])


@pytest.mark.parametrize(
    ("task", "label"), [("binary", "probability of yes"), ("multiclass", "probability"), ("regression", "outcome")]
)
def test_the_answer_is_called_what_it_is(make_schema: MakeSchema, task: schema.Task, label: str):
    """On the axis, where one looks for the unit."""
    figure = figures.dependence("x", {"x": curve("number", 1.0, 2.0)}, make_schema(task))
    assert figure.axes[0].get_ylabel() == label


def test_a_line_leads_over_numbers_and_the_missing_stands_apart(make_schema: MakeSchema):
    """The null of the grid is no number: it is beyond the last one, and the line doesn't reach it."""
    ax = figures.dependence("x", {"x": curve("number", 1.0, 2.0, 5.0, None)}, make_schema("binary")).axes[0]
    line, apart = ax.lines
    assert line.get_xdata().tolist() == [1, 2, 5]
    assert line.get_ydata() == pytest.approx([0.2, 0.3, 0.4])
    assert apart.get_xdata()[0] > 5
    assert apart.get_ydata() == pytest.approx([0.5])
    assert [text.get_text() for text in ax.texts] == ["missing"]


def test_levels_are_named_and_nothing_connects_them(make_schema: MakeSchema):
    """Words, true and false, and what is missing, in their order."""
    figure = figures.dependence(
        "x", {"x": curve("category", "red", "a very long word indeed", None)}, make_schema("binary")
    )
    assert ticks(figure) == ["red", "a very long w…", "missing"]
    assert [line.get_linestyle() for line in figure.axes[0].lines if len(line.get_xdata())] == ["None"]
    assert ticks(figures.dependence("x", {"x": curve("boolean", False, True)}, make_schema("binary"))) == [
        "false",
        "true",
    ]


@pytest.mark.parametrize(
    "days",
    [
        ("2013-01-01", "2013-06-30"),
        ("0001-01-01", "1500-03-04", "9999-12-31", None),
        ("2013-01-01",),
        (None,),
    ],
)
def test_days_are_written_as_days(make_schema: MakeSchema, days: tuple[str | None, ...], png: Png):
    """From the first that there is to the last, which many tables mean by never."""
    figure = figures.dependence("x", {"x": curve("date", *days)}, make_schema("binary"))
    assert png(figure)
    known = [day for day in days if day]
    assert ticks(figure)[:: len(ticks(figure)) - 1 or 1] == known[:: len(known) - 1 or 1]


def test_whole_numbers_have_no_fractions(make_schema: MakeSchema):
    """There is no half past weekday."""
    shown = ticks(figures.dependence("x", {"x": curve("number", 0.0, 1.0, 2.0, 3.0)}, make_schema("binary")))
    assert all(float(text.replace("\N{MINUS SIGN}", "-")).is_integer() for text in shown)


def test_marks_show_where_the_rows_are(make_schema: MakeSchema):
    """Along the bottom, the longest for the point nearest to most rows, and below every curve."""
    found = {"x": curve("number", 1.0, 2.0, 3.0, shares=(0.1, 0.6, 0.3))}
    figure = figures.dependence("x", found, make_schema("binary"))
    marks = figure.axes[0].collections[-1].get_segments()
    assert [segment[0][0] for segment in marks] == [1, 2, 3]
    heights = np.array([segment[1][1] for segment in marks])
    assert heights.max() == figures.STRIP
    assert heights / heights.max() == pytest.approx([1 / 6, 1, 1 / 2])
    low, high = figure.axes[0].get_ylim()
    assert low + (high - low) * heights.max() < min(found["x"].low["yes"])
    assert min(figure.axes[0].get_yticks()) >= low + (high - low) * heights.max()


@pytest.mark.parametrize("name", ["$\\frac$", "a" * 300, "_hidden", "<b>&amp;", "名前", "%s {0} #"])
def test_any_name_can_be_drawn(make_schema: MakeSchema, name: str, png: Png):
    """A dollar sign is no formula, and a line feed no end."""
    known = make_schema("multiclass", classes=(name, "b", "c"))
    lines = {part: dict.fromkeys(known.classes, (0.1, 0.2)) for part in ("low", "mean", "high")}
    found = {name: curve("category", name, None, **lines)}
    for figure in (
        figures.importances({name: Leaning(1.0, 0.1)}, "mae"),
        figures.dependences(found, known),
        figures.dependence(name, found, known),
    ):
        assert png(figure)
    assert len(figures.dependences(found, known).legends[0].get_texts()) == 3


def test_several_lines_have_no_bands(make_schema: MakeSchema):
    """Nobody could tell them apart, and the scale belongs to the lines."""
    lines = {"low": (-9.0, -9.0), "mean": (0.4, 0.6), "high": (9.0, 9.0)}
    both = {part: dict.fromkeys(("low", "high"), line) for part, line in lines.items()}
    figure = figures.dependence("x", {"x": curve("number", 1.0, 2.0, **both)}, make_schema("multiclass"))
    low, high = figure.axes[0].get_ylim()
    assert 0.3 < low < 0.4
    assert 0.6 < high < 0.7


def test_a_flat_answer_is_drawn(make_schema: MakeSchema, png: Png):
    """A model that says the same to everybody, zero too."""
    for height in (0.0, 3.0, -1e9):
        lines = {part: {"yes": (height, height)} for part in ("low", "mean", "high")}
        figure = figures.dependence("x", {"x": curve("number", 1.0, 2.0, **lines)}, make_schema("binary"))
        assert png(figure)
        assert figure.axes[0].get_ylim()[0] < height < figure.axes[0].get_ylim()[1]


def test_one_panel_is_enough(make_schema: MakeSchema):
    """A table of one feature has a picture, too."""
    one = {"x": msgspec.structs.replace(curve("number", 1.0), shares=(1.0,))}
    assert len(figures.dependences(one, make_schema("binary")).axes) == 1
