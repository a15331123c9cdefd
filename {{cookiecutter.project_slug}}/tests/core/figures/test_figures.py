"""The pictures: each can be drawn for every task, names its axes and shows the numbers it was given."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from {{cookiecutter.__package}}.core import metrics, params, profiles, schema, splitting
from {{cookiecutter.__package}}.core.figures import canvas, flights
from {{cookiecutter.__package}}.core.figures import data as tables
from {{cookiecutter.__package}}.core.figures import model as models

Png = Callable[[Figure], bytes]
MakeSchema = Callable[..., schema.Schema]
MakeTable = Callable[..., pd.DataFrame]
RANDOM = np.random.default_rng(2)
WEEK = pd.DataFrame(
    {
        "weekday": RANDOM.integers(0, 7, 9000).astype(float),
        "hour": RANDOM.integers(5, 24, 9000).astype(float),
        "dest": RANDOM.choice(["MIA", "BOS", "HNL", "???"], 9000),
        "target": RANDOM.integers(0, 2, 9000),
    }
)
AIRPORTS = pd.DataFrame({"faa": ["MIA", "BOS", "HNL"], "lon": [-80.3, -71.0, -157.9], "lat": [25.8, 42.4, 21.3]})
PSI = pd.DataFrame({"Jan": [0.0, 0.31], "Feb": [0.19, 1.5]}, index=["temp", "visib"])
SLICES = pd.DataFrame(
    {"column": ["line", "line", "way"], "value": ["a", "b", 3], "rows": [9, 5, 7], "mae": [3.0, 2, 5]}
)
TRUTH, OUTCOME = RANDOM.integers(0, 2, 500), RANDOM.uniform(size=500)
BOTH = pytest.mark.parametrize("timed", [True, False])


def texts(figure: Figure) -> list[str]:
    """Return everything that is written into the axes by hand."""
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def assert_complete(png: Png, name: str, figure: Figure) -> None:
    """Fail unless the picture can be drawn, is no empty sheet, and explains itself when it is pasted into a mail."""
    assert png(figure).startswith(b"\x89PNG"), name
    assert any(ax.has_data() for ax in figure.axes), name
    assert figure.get_suptitle(), name
    named = [label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left"))]
    assert any(named), name


@BOTH
def test_every_picture_of_a_table_is_complete(each: SimpleNamespace, make_schema: MakeSchema, timed: bool, png: Png):
    """For each task, with a time and without: features of every kind, gaps among them."""
    known = make_schema(each.schema.task, timed)
    parts = splitting.split(each.table, params.Split(), known, seed=1)
    psi = profiles.drifts(profiles.profile(parts["train"], known.features), parts, known)
    pictures = {"parts": tables.parts(parts, known), "drift_grid": tables.drift_grid(psi)}
    if timed:  # the others are the same without
        pictures |= {"target": tables.target(each.table, known), "telling": tables.telling(each.table, known)}
    for name, figure in pictures.items():
        assert_complete(png, name, figure)


def test_every_picture_of_a_model_is_complete(each: SimpleNamespace, png: Png):
    """For each task, from the model's real answers."""
    outcome = each.served.outcome(each.frame)
    pictures = {
        "performance": models.performance(each.target, outcome, each.schema),
        "reliability": models.reliability(metrics.calibration(each.target, outcome)),
        "slices": models.slices(SLICES, "mae", 3.3),
        "answers": models.answers({"notebook": OUTCOME[:9], "service": OUTCOME[:9]}),
    }
    for name, figure in pictures.items():
        assert_complete(png, name, figure)


def of(count: int, kind: schema.Kind = "number") -> dict[str, schema.Feature]:
    """Return so many features."""
    first = {"f0": schema.Feature(kind="number", about="first")}
    return first | {f"f{n}": schema.Feature(kind=kind, about="more", nullable=True) for n in range(1, count)}


@pytest.mark.parametrize("count", [1, 60])
def test_one_feature_is_drawn_and_so_are_sixty(make_schema: MakeSchema, make_table: MakeTable, count: int, png: Png):
    """Of one there is one picture, of many those that tell most; drift has a line for each."""
    known = make_schema("multiclass", features=of(count))
    table = make_table(300, known)
    figure = tables.telling(table, known)
    assert len(figure.axes) == min(count, tables.SHOWN)
    assert figure.axes[0].get_title(loc="left") == "f0"
    parts = splitting.split(table, params.Split(), known, seed=1)
    psi = profiles.drifts(profiles.profile(parts["train"], known.features), parts, known)
    grid = tables.drift_grid(psi)
    assert len(grid.axes[0].get_yticks()) == count
    for drawn in (figure, grid):
        assert png(drawn)


@pytest.mark.parametrize("kind", ["number", "category", "boolean", "date"])
def test_a_feature_that_never_changes_is_drawn(
    make_schema: MakeSchema, make_table: MakeTable, kind: schema.Kind, png: Png
):
    """It tells nothing, which is no error; neither is one that is missing all through."""
    known = make_schema(features=of(3, kind))
    table = make_table(200, known)
    constant = table.assign(f1=table.f1.dropna().iloc[0], f2=table.f2.mask(table.index >= 0))
    assert png(tables.telling(constant, known))


def test_a_target_that_never_changes_in_a_part_is_drawn(each: SimpleNamespace, make_schema: MakeSchema, png: Png):
    """The live part may hold a single class, or a single row."""
    for known in (each.schema, make_schema(each.schema.task, False)):
        parts = splitting.split(each.table, params.Split(), known, seed=1)
        assert png(tables.parts({**parts, "live": parts["live"].head(1)}, known))


def test_a_class_that_is_not_there_has_its_place(made_of: Callable[[str], SimpleNamespace], png: Png):
    """Zero rows are a bar of no length beside its name."""
    chosen = made_of("multiclass")
    table = chosen.table[chosen.table.outcome < 2]
    figure = tables.target(table, chosen.schema)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["high", "middle", "low"]
    assert [patch.get_width() for patch in figure.axes[0].patches] == [0, *table.outcome.value_counts()[[1, 0]]]
    assert png(tables.telling(table, chosen.schema))


def test_what_tells_most_comes_first(each: SimpleNamespace):
    """The made-up target follows `amount`, and so does its picture."""
    assert tables.telling(each.table, each.schema).axes[0].get_title(loc="left") == "amount"


def test_a_feature_with_many_levels_does_not_tell_by_chance(make_schema: MakeSchema, make_table: MakeTable):
    """A column of noise explains nothing, in however many levels it comes."""
    known = make_schema("regression", features=of(2, "category"))
    table = make_table(400, known)
    noise = pd.Series(RANDOM.integers(0, 8, 400)).astype(str)
    assert abs(tables.told(table.assign(f1=noise), "f1", known)) < 0.05
    assert tables.told(table, "f0", known) > 0.5


@pytest.mark.parametrize(
    ("task", "classes", "label"),
    [("binary", ("on time", "late"), "share of late"), ("regression", (), "mean outcome")],
)
def test_the_target_is_called_what_it_is(make_schema: MakeSchema, task: str, classes: tuple[str, ...], label: str):
    """The mean of codes is the share of the last class."""
    assert tables.target_label(make_schema(task, classes=classes)) == label


def test_the_parts_are_named_over_time(made: SimpleNamespace):
    """Each part of the split is named in the picture."""
    parts = splitting.split(made.table, params.Split(), made.schema, seed=1)
    assert texts(tables.parts(parts, made.schema)) == ["train", "holdout", "live"]


def test_without_time_the_shares_of_each_part_fill_its_bar(each: SimpleNamespace, make_schema: MakeSchema):
    """The classes of a part add up to all of it."""
    known = make_schema(each.schema.task, False)
    ax = tables.parts(splitting.split(each.table, params.Split(), known, seed=1), known).axes[0]
    if known.classes:
        widths = np.array([patch.get_width() for patch in ax.patches]).reshape(len(known.classes), 3)
        assert widths.sum(axis=0) == pytest.approx([1, 1, 1])
    assert [label.get_text().split(",")[0] for label in ax.get_yticklabels()] == ["live", "holdout", "train"]


def test_drift_is_written_where_it_matters():
    """From 0.2 on the number stands in its cell."""
    assert texts(tables.drift_grid(PSI)) == ["0.3", "1.5"]


def test_the_roc_curve_says_its_area(made: SimpleNamespace):
    """The title has the number that the table has."""
    area = metrics.scores(TRUTH, OUTCOME, "binary")["roc_auc"]
    assert models.performance(TRUTH, OUTCOME, made.schema).get_suptitle().endswith(f"{area:.3f}")


def test_the_confusion_shows_what_is_taken_for_what():
    """Rows are true classes and add up to all of them; columns are what was said."""
    truth, said = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 2, 1])
    ax = models.confusion(truth, np.eye(3)[said], ("low", "middle", "high")).axes[0]
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.75, 0.25, 0], [0, 0.5, 0.5], [0, 0, 0]])
    assert [text.get_text() for text in ax.texts] == ["75%", "25%", "50%", "50%"]
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["low", "middle", "high"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


def test_the_confusion_of_many_classes_can_be_drawn(png: Png):
    """Forty of them, with long names."""
    truth = np.arange(400) % 40
    names = tuple(f"a class with the long name {n}" for n in range(40))
    assert png(models.confusion(truth, np.eye(40)[truth[::-1]], names))


def test_reliability_draws_the_table_of_the_calibration():
    """Promised runs to the right, observed upwards."""
    table = metrics.calibration(TRUTH, OUTCOME)
    line = models.reliability(table).axes[0].lines[-1]
    np.testing.assert_array_equal(line.get_xdata(), table.promised)
    np.testing.assert_array_equal(line.get_ydata(), table.observed)


def test_a_model_that_says_the_same_to_everybody_is_drawn(made_of: Callable[[str], SimpleNamespace], png: Png):
    """A bad first model is when one looks most."""
    for task, outcome in (
        ("binary", np.full(500, 0.5)),
        ("regression", np.full(500, 3.0)),
        ("multiclass", np.full((500, 3), 1 / 3)),
    ):
        assert png(models.performance(TRUTH, outcome, made_of(task).schema)), task
        assert png(models.reliability(metrics.calibration(TRUTH, outcome))), task


def test_each_slice_is_a_dot_with_its_name():
    """A value that is a number is named too."""
    figure = models.slices(SLICES, "mae", 3.3)
    assert len(figure.axes[0].collections[0].get_offsets()) == 3
    assert {label.get_text() for label in figure.axes[0].get_yticklabels()} == {"line a", "line b", "way 3"}


def test_slices_of_many_columns_are_drawn(png: Png):
    """A fifth column has no colour of its own any more, and that is no error."""
    many = pd.DataFrame({"column": [f"c{n}" for n in range(6)], "value": "a", "rows": 9, "mae": 1.0})
    assert png(models.slices(many, "mae", 1.0))


def test_without_slices_the_picture_says_so(png: Png):
    """A project that slices by nothing, or whose slices are all too small, still gets through 04_evaluate."""
    figure = models.slices(SLICES.head(0), "mae", 3.3)
    assert texts(figure) == ["No slice in params.yaml has rows enough to judge."]
    assert png(figure)


def test_both_sources_of_answers_are_drawn_and_named():
    """The same rows asked twice are two sets of marks."""
    figure = models.answers({"pipeline": OUTCOME[:9], "ONNX": OUTCOME[:9] + 1})
    assert [line.get_label() for line in figure.axes[0].lines] == ["pipeline", "ONNX"]
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_ydata(), OUTCOME[:9] + 1)


def test_a_notebook_shows_a_picture_by_itself():
    """The last expression of a cell is drawn without pyplot."""
    figure, ax = canvas.canvas("A title")
    ax.plot([1, 2])
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(("columns", "count", "axes"), [(1, None, 1), (2, None, 2), (3, 5, 5), (1, 4, 4), (3, 1, 1)])
def test_a_sheet_has_as_many_axes_as_were_asked_for(columns: int, count: int | None, axes: int):
    """In as many lines as it takes."""
    figure, made = canvas.canvas("A title", columns=columns, count=count)
    assert len(figure.axes) == np.size(made) == axes


def test_hours_with_few_rows_stay_empty():
    """Nineteen rows are no colour, twenty are one."""
    few = pd.DataFrame({"weekday": [0] * 19 + [1] * 20, "hour": [8] * 39, "target": [1] * 39})
    drawn = np.ma.filled(flights.week_grid(few, "target", "share of late").axes[0].collections[0].get_array(), np.nan)
    assert np.isnan(drawn).tolist() == [[True], [False], *([[True]] * 5)]


def test_only_places_on_the_map_are_drawn():
    """A destination without a place, or off the map, is left out rather than stretching it."""
    dots = flights.destinations(WEEK, AIRPORTS, "target", "share of late").axes[0].collections[0].get_offsets()
    assert sorted(dots[:, 0].tolist()) == [-80.3, -71.0]


def test_the_pictures_of_the_flights_are_complete(png: Png):
    """The map and the week, for both of their tasks."""
    for label in ("share of late", "mean delay_minutes"):
        assert_complete(png, "week_grid", flights.week_grid(WEEK, "target", label))
        assert_complete(png, "destinations", flights.destinations(WEEK, AIRPORTS, "target", label))


def test_another_table_has_no_pictures_of_flights(made: SimpleNamespace):
    """A project of one's own isn't asked for airports."""
    assert flights.pictures(made.table, made.params, made.schema) == []
