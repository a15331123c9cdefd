"""What a search may try: only what its estimator takes."""

from __future__ import annotations

import pytest

from {{cookiecutter.__package}}.core import options, schema, spaces

EACH = pytest.mark.parametrize("estimator", options.OPTIONS)
EACH_TASK = pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])


@EACH_TASK
@EACH
def test_each_estimator_has_a_space_that_it_takes(estimator: str, task: schema.Task):
    """Both ends of every range are values that could stand in params.yaml."""
    found = spaces.space_of(estimator, task, {})
    assert found
    for place in (0, 1):
        options.refuse_options(estimator, task, {name: entry.values[place] for name, entry in found.items()})


def test_a_chosen_space_takes_the_place_of_the_usual_one():
    """Ranges of whole numbers stay whole, rates are searched on a log scale, and words are choices."""
    chosen = {"learning_rate": (0.01, 1), "max_depth": (2, 9), "early_stopping": (True, False, "auto")}
    found = spaces.space_of("hist_gradient_boosting", "binary", chosen)
    assert found["learning_rate"] == spaces.Dimension((0.01, 1), True, whole=False, log=True)
    assert found["max_depth"] == spaces.Dimension((2, 9), True, whole=True, log=False)
    assert found["early_stopping"] == spaces.Dimension((True, False, "auto"), False)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"learning_rat": (0.1, 0.2)}, "tune.space.learning_rat is no option .* the nearest one is learning_rate."),
        ({"learning_rate": (0.0, 0.2)}, "tune.space.learning_rate: expected `float` > 0.0."),
        ({"learning_rate": (0.2, 0.1)}, "tune.space.learning_rate needs a least and a most, or two choices or more."),
        ({"learning_rate": (0.2,)}, "tune.space.learning_rate needs a least and a most"),
        ({"learning_rate": ()}, "tune.space.learning_rate"),
        ({"categorical_features": (True, False)}, "tune.space.categorical_features doesn't convert to ONNX"),
    ],
)
def test_a_space_that_can_t_be_searched_is_refused_in_a_sentence(chosen: dict, sentence: str):
    """The message names the option and what it needs."""
    with pytest.raises(options.ModelError, match=f"^params.yaml: {sentence}"):
        spaces.space_of("hist_gradient_boosting", "binary", chosen)


@pytest.mark.parametrize(
    ("value", "inside"), [(3, True), (2, True), (9.0, True), (10, False), (2.5, False), (None, False), (True, False)]
)
def test_a_range_knows_what_it_holds(value: object, inside: bool):
    """An option that isn't set, or is beyond the range, can't start a search within it."""
    assert spaces.Dimension((2, 9), True, whole=True).holds(value) == inside
