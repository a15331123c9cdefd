"""The estimator: what can be built from params.yaml, and that fitting is repeatable."""

from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from {{cookiecutter.__package}}.core import export, model, params


def built(quick_params: params.Params, **changes: object) -> Pipeline:
    """Build the project's pipeline with changes to its model section."""
    section = msgspec.structs.replace(quick_params.model, **changes)
    return model.build_pipeline(section, quick_params.features, quick_params.task, quick_params.seed)


def test_an_unknown_estimator_is_refused_with_the_known_ones(quick_params: params.Params):
    """The message lists what there is."""
    with pytest.raises(model.ModelError, match=r"model\.estimator 'forest' is none of .*hist_gradient_boosting"):
        built(quick_params, estimator="forest")


def test_an_unknown_option_is_refused_with_the_nearest_known_one(quick_params: params.Params):
    """A misspelt option doesn't reach scikit-learn."""
    with pytest.raises(model.ModelError, match=r"model\.options\.lerning_rate .* learning_rate\."):
        built(quick_params, options={"lerning_rate": 0.1})


@pytest.mark.parametrize("option", ["categorical_features", "random_state"])
def test_options_that_break_the_export_or_the_seed_are_refused(quick_params: params.Params, option: str):
    """Native categories convert to wrong answers, and the seed is chosen elsewhere."""
    with pytest.raises(model.ModelError, match=rf"model\.options\.{option} "):
        built(quick_params, options={option: 1})


def test_options_reach_the_estimator(quick_params: params.Params):
    """What params.yaml chooses is what is fitted, with the project's seed."""
    chosen = built(quick_params, options={"max_iter": 3, "learning_rate": 0.5}).get_params()
    assert chosen["estimator__max_iter"] == 3
    assert chosen["estimator__learning_rate"] == 0.5
    assert chosen["estimator__random_state"] == quick_params.seed


def test_the_model_learns_what_is_there(pipeline: Pipeline, frame: pd.DataFrame, table: pd.DataFrame):
    """The made-up target follows `amount`, and so do the answers."""
    outcome = export.answers(pipeline, frame)[:, -1]
    assert np.corrcoef(outcome, table.amount)[0, 1] > 0.8


def test_fitting_again_gives_the_same_model(
    pipeline: Pipeline, frame: pd.DataFrame, table: pd.DataFrame, quick_params: params.Params
):
    """With one seed, two fits answer alike to the last bit."""
    again = model.fit(built(quick_params), frame, table[quick_params.data.target].to_numpy())
    np.testing.assert_array_equal(export.answers(again, frame), export.answers(pipeline, frame))


def test_an_unseen_category_is_no_error(pipeline: Pipeline, frame: pd.DataFrame):
    """A category that training never saw gets an answer."""
    assert np.isfinite(export.answers(pipeline, frame.head(20).assign(colour="ultraviolet"))).all()
