"""The estimator: what can be built from params.yaml, and that fitting is repeatable."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from {{cookiecutter.__package}}.core import export, metrics, model


def built(made: SimpleNamespace, **changes: object) -> Pipeline:
    """Build the made-up table's pipeline with changes to its model section."""
    section = msgspec.structs.replace(made.params.model, **changes)
    return model.build_pipeline(section, made.schema.features, made.schema.task, made.params.seed, made.frame)


def test_an_unknown_estimator_is_refused_with_the_known_ones(made: SimpleNamespace):
    """The message lists what there is."""
    with pytest.raises(model.ModelError, match=r"model\.estimator 'forest' is none of .*hist_gradient_boosting"):
        built(made, estimator="forest")


def test_an_unknown_option_is_refused_with_the_nearest_known_one(made: SimpleNamespace):
    """A misspelt option doesn't reach scikit-learn."""
    with pytest.raises(model.ModelError, match=r"model\.options\.lerning_rate .* learning_rate\."):
        built(made, options={"lerning_rate": 0.1})


@pytest.mark.parametrize("option", ["categorical_features", "random_state"])
def test_options_that_break_the_export_or_the_seed_are_refused(made: SimpleNamespace, option: str):
    """Native categories convert to wrong answers, and the seed is chosen elsewhere."""
    with pytest.raises(model.ModelError, match=rf"model\.options\.{option} "):
        built(made, options={option: 1})


def test_options_reach_the_estimator(made: SimpleNamespace):
    """What params.yaml chooses is what is fitted, with the project's seed."""
    chosen = built(made, options={"max_iter": 3, "learning_rate": 0.5}).get_params()
    assert chosen["estimator__max_iter"] == 3
    assert chosen["estimator__learning_rate"] == 0.5
    assert chosen["estimator__random_state"] == made.params.seed


def test_the_model_learns_what_is_there(each: SimpleNamespace):
    """The made-up target follows `amount`, and so do the answers, for each task."""
    outcome = export.answers(each.pipeline, each.frame)[:, -1]
    assert np.corrcoef(outcome, each.table.amount)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("column", "cut"), [("member", True), ("since", pd.Timestamp("2014-06-01")), ("colour", "red"), ("reading", 0.0)]
)
def test_a_feature_of_any_kind_can_carry_the_answer(made: SimpleNamespace, column: str, cut: object):
    """A boolean or a date that decides everything is found, not left out on the way to the estimator."""
    values = made.table[column]
    truth = ((values == cut) if column in ("member", "colour") else values.fillna(cut) > cut).to_numpy(int)
    fitted = model.fit(built(made), made.frame, truth)
    assert metrics.scores(truth, export.answers(fitted, made.frame)[:, 1], "binary")["roc_auc"] > 0.99


def test_fitting_again_gives_the_same_model(each: SimpleNamespace):
    """With one seed, two fits answer alike to the last bit."""
    again = model.fit(built(each), each.frame, each.target)
    np.testing.assert_array_equal(export.answers(again, each.frame), export.answers(each.pipeline, each.frame))


def test_an_unseen_category_is_no_error(each: SimpleNamespace):
    """A category that training never saw gets an answer."""
    assert np.isfinite(export.answers(each.pipeline, each.frame.head(20).assign(colour="ultraviolet"))).all()
