"""The pictures: each can be drawn for either task, names its axes and shows the numbers it was given."""

from __future__ import annotations

from io import BytesIO

import msgspec
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from {{cookiecutter.__package}}.core import evaluation, params
from {{cookiecutter.__package}}.core.figures import data as tables
from {{cookiecutter.__package}}.core.figures import model as models

RANDOM = np.random.default_rng(2)
WEEK = pd.DataFrame(
    {
        "weekday": RANDOM.integers(0, 7, 9000).astype(float),
        "hour": RANDOM.integers(5, 24, 9000).astype(float),
        "dest": RANDOM.choice(["MIA", "BOS", "HNL", "???"], 9000),
        "when": pd.date_range("2013-01-01", "2014-01-01", 9000, tz="UTC"),
        "target": RANDOM.integers(0, 2, 9000),
    }
)
AIRPORTS = pd.DataFrame({"faa": ["MIA", "BOS", "HNL"], "lon": [-80.3, -71.0, -157.9], "lat": [25.8, 42.4, 21.3]})
PSI = pd.DataFrame({"Jan": [0.0, 0.31], "Feb": [0.19, 1.5]}, index=["temp", "visib"])
SLICES = pd.DataFrame(
    {"column": ["line", "line", "way"], "value": ["a", "b", 3], "rows": [9, 5, 7], "mae": [3.0, 2, 5]}
)
TRUTH, OUTCOME = RANDOM.integers(0, 2, 500), RANDOM.uniform(size=500)
IMPORTANCE = pd.Series({"amount": 0.3, "note": 0.1, "colour": -0.01})


@pytest.fixture(params=["classification", "regression"])
def pictures(request: pytest.FixtureRequest, real_params: params.Params) -> dict[str, Figure]:
    """Every picture, drawn for each task."""
    task, label = request.param, "share of late"
    return {
        "week_grid": tables.week_grid(WEEK, "target", label),
        "destinations": tables.destinations(WEEK, AIRPORTS, "target", label),
        "year": tables.year(WEEK, "when", "target", real_params.split, label),
        "drift_grid": tables.drift_grid(PSI),
        "performance": models.performance(TRUTH, OUTCOME, task),
        "reliability": models.reliability(evaluation.calibration(TRUTH, OUTCOME)),
        "importances": models.importances(IMPORTANCE, "mae"),
        "slices": models.slices(SLICES, "mae", 3.3),
        "answers": models.answers({"notebook": OUTCOME[:9], "service": OUTCOME[:9]}),
    }


def png(figure: Figure) -> bytes:
    """Return the picture as a browser gets it."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def texts(figure: Figure) -> list[str]:
    """Return everything that is written into the axes by hand."""
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def test_every_picture_can_be_drawn(pictures: dict[str, Figure]):
    """Each becomes a PNG and is no empty sheet."""
    for name, figure in pictures.items():
        assert png(figure).startswith(b"\x89PNG"), name
        assert any(ax.has_data() for ax in figure.axes), name


def test_every_picture_has_a_title_and_named_axes(pictures: dict[str, Figure]):
    """A picture that is pasted into a mail explains itself."""
    for name, figure in pictures.items():
        labels = [label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel())]
        assert figure.get_suptitle(), name
        assert any(labels) or name == "drift_grid", name


def test_a_notebook_shows_a_picture_by_itself(pictures: dict[str, Figure]):
    """The last expression of a cell is drawn without pyplot."""
    assert all(figure._repr_png_().startswith(b"\x89PNG") for figure in pictures.values())


@pytest.mark.parametrize(("classes", "label"), [(("on time", "late"), "share of late"), ((), "mean delay")])
def test_the_target_is_called_what_it_is(real_params: params.Params, classes: tuple[str, ...], label: str):
    """The mean of codes is the share of the last class."""
    special = msgspec.structs.replace(real_params.data, classes=classes, target="delay")
    assert tables.target_label(special) == label


def test_hours_with_few_rows_stay_empty():
    """Nineteen rows are no colour, twenty are one."""
    few = pd.DataFrame({"weekday": [0] * 19 + [1] * 20, "hour": [8] * 39, "target": [1] * 39})
    drawn = np.ma.filled(tables.week_grid(few, "target", "share of late").axes[0].collections[0].get_array(), np.nan)
    assert np.isnan(drawn).tolist() == [[True], [False], *([[True]] * 5)]


def test_only_places_on_the_map_are_drawn():
    """A destination without a place, or off the map, is left out rather than stretching it."""
    dots = tables.destinations(WEEK, AIRPORTS, "target", "share of late").axes[0].collections[0].get_offsets()
    assert sorted(dots[:, 0].tolist()) == [-80.3, -71.0]


def test_the_year_shows_its_three_periods(real_params: params.Params):
    """Each period of the split is named in the picture."""
    assert texts(tables.year(WEEK, "when", "target", real_params.split, "mean delay")) == ["train", "holdout", "live"]


def test_drift_is_written_where_it_matters():
    """From 0.2 on the number stands in its cell."""
    assert texts(tables.drift_grid(PSI)) == ["0.3", "1.5"]


def test_the_roc_curve_says_its_area():
    """The title has the number that the table has."""
    area = evaluation.scores(TRUTH, OUTCOME, "classification")["roc_auc"]
    assert models.performance(TRUTH, OUTCOME, "classification").get_suptitle().endswith(f"{area:.3f}")


def test_reliability_draws_the_table_of_the_calibration():
    """Promised runs to the right, observed upwards."""
    table = evaluation.calibration(TRUTH, OUTCOME)
    line = models.reliability(table).axes[0].lines[-1]
    np.testing.assert_array_equal(line.get_xdata(), table.promised)
    np.testing.assert_array_equal(line.get_ydata(), table.observed)


def test_the_largest_importance_is_on_top():
    """One reads from the top down."""
    figure = models.importances(IMPORTANCE.sample(frac=1, random_state=1), "mae")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][-1] == "amount"
    assert len(figure.axes[0].patches) == len(IMPORTANCE)


def test_each_slice_is_a_dot_with_its_name():
    """A value that is a number is named too."""
    figure = models.slices(SLICES, "mae", 3.3)
    assert len(figure.axes[0].collections[0].get_offsets()) == 3
    assert {label.get_text() for label in figure.axes[0].get_yticklabels()} == {"line a", "line b", "way 3"}


def test_without_slices_the_picture_is_empty_and_no_error():
    """A project that slices by nothing, or whose slices are all too small, still gets through 04_evaluate."""
    assert png(models.slices(SLICES.head(0), "mae", 3.3)).startswith(b"\x89PNG")


def test_both_sources_of_answers_are_drawn_and_named():
    """The same rows asked twice are two sets of marks."""
    figure = models.answers({"pipeline": OUTCOME[:9], "ONNX": OUTCOME[:9] + 1})
    assert [line.get_label() for line in figure.axes[0].lines] == ["pipeline", "ONNX"]
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_ydata(), OUTCOME[:9] + 1)
