"""The estimator: what can be built from params.yaml, and that fitting is repeatable."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from {{cookiecutter.__package}}.core import export, model, options, params, schema

FEATURES = {
    "amount": schema.Feature(kind="number"),
    "since": schema.Feature(kind="date", nullable=True),
    "colour": schema.Feature(kind="category", nullable=True),
}
QUICK = {
    "hist_gradient_boosting": {"max_iter": 10},
    "lightgbm": {"n_estimators": 10},
    "xgboost": {"n_estimators": 10},
    "random_forest": {"n_estimators": 10},
    "linear": {},
}
EACH_ESTIMATOR = pytest.mark.parametrize("estimator", options.OPTIONS)


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    """Three features as a model sees them: red is commoner than green, green than blue; some values are missing."""
    random = np.random.default_rng(4)
    colours = random.choice(["red", "green", "blue", ""], 400, p=[0.5, 0.3, 0.1, 0.1])
    since = np.where(random.random(400) < 0.2, np.nan, 19_000 + random.integers(0, 900, 400))
    table = {"amount": random.uniform(0, 10, 400), "since": since, "colour": colours}
    return pd.DataFrame(table).astype({"amount": np.float32, "since": np.float32})


def built(
    frame: pd.DataFrame,
    estimator: str = "hist_gradient_boosting",
    task: schema.Task = "binary",
    features: dict[str, schema.Feature] | None = None,
    **chosen: Any,
) -> Pipeline:
    """Build a pipeline with these options."""
    section = params.Model(estimator=estimator, options=chosen)
    return model.build_pipeline(section, features or FEATURES, task, 7, frame)


def refused(estimator: str, task: schema.Task = "binary", **chosen: Any) -> str:
    """Return the sentence with which options are refused."""
    with pytest.raises(model.ModelError) as error:
        options.refuse_options(estimator, task, chosen)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_unknown_estimator_is_refused_with_the_nearest_known_one():
    """The message lists what there is, and what was probably meant."""
    message = refused("ligthgbm")
    assert message.startswith("params.yaml: model.estimator 'ligthgbm' is none of hist_gradient_boosting, lightgbm,")
    assert message.endswith("the nearest one is lightgbm.")


@pytest.mark.parametrize(
    ("estimator", "option", "nearest"),
    [
        ("hist_gradient_boosting", "lerning_rate", "learning_rate"),
        ("lightgbm", "num_leafs", "num_leaves"),
        ("xgboost", "max_dept", "max_depth"),
        ("random_forest", "n_estimator", "n_estimators"),
        ("linear", "max_iters", "max_iter"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest_known_one(estimator: str, option: str, nearest: str):
    """A misspelt option doesn't reach the library."""
    message = refused(estimator, **{option: 1})
    assert (
        message
        == f"params.yaml: model.options.{option} is no option of {estimator} here; the nearest one is {nearest}."
    )


def test_an_option_of_the_other_tasks_is_refused_with_what_there_is():
    """Nothing is spelt like it, so the message lists them all."""
    assert refused("linear", "regression", C=1).endswith("; there are max_iter, tol, alpha.")


@pytest.mark.parametrize("option", options.REFUSED_OPTIONS)
@EACH_ESTIMATOR
def test_options_that_break_the_export_the_seed_or_the_bytes_are_refused(estimator: str, option: str):
    """The message says why."""
    assert f"model.options.{option} {options.REFUSED_OPTIONS[option]};" in refused(estimator, **{option: 1})


@pytest.mark.parametrize(
    ("estimator", "task", "option", "value", "sentence"),
    [
        ("hist_gradient_boosting", "binary", "learning_rate", -1, "learning_rate: expected `float` > 0.0."),
        ("hist_gradient_boosting", "binary", "max_iter", "many", "max_iter: expected `int`, got `str`."),
        ("hist_gradient_boosting", "binary", "max_iter", True, "max_iter: expected `int`, got `bool`."),
        ("lightgbm", "binary", "num_leaves", 1, "num_leaves: expected `int` >= 2."),
        ("xgboost", "binary", "subsample", 0, "subsample: expected `float` > 0.0."),
        ("linear", "binary", "C", float("inf"), "C: expected `float` <= 1000000000.0."),
        (
            "hist_gradient_boosting",
            "regression",
            "loss",
            "poisson",
            "loss: 'poisson' is none of squared_error, absolute_error, quantile; the nearest one is squared_error.",
        ),
        ("random_forest", "binary", "max_features", "sqr", "'sqr' is none of sqrt, log2; the nearest one is sqrt."),
    ],
)
def test_a_wrong_value_is_refused_in_a_sentence(
    estimator: str, task: schema.Task, option: str, value: Any, sentence: str
):
    """The message names the option and what it may be."""
    message = refused(estimator, task, **{option: value})
    assert message.startswith(f"params.yaml: model.options.{option}: ")
    assert message.endswith(sentence)


@EACH_ESTIMATOR
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_option_is_one_that_the_library_has(estimator: str, task: schema.Task, known: pd.DataFrame):
    """None of them is inert."""
    # LightGBM hands on what its wrapper doesn't name.
    theirs = {*built(known, estimator, task)[-1].get_params(), *(["alpha"] if estimator == "lightgbm" else [])}
    assert set(options.options_of(estimator, task)) - theirs == set()


def test_options_reach_the_estimator(known: pd.DataFrame):
    """What params.yaml chooses is what is fitted, over our defaults, with the project's seed."""
    chosen = built(known, "lightgbm", n_estimators=3, learning_rate=0.5).get_params()
    assert chosen["estimator__n_estimators"] == 3
    assert chosen["estimator__learning_rate"] == 0.5
    assert chosen["estimator__random_state"] == 7
    assert chosen["estimator__n_jobs"] == 1


@EACH_ESTIMATOR
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_model_learns_what_is_there(estimator: str, task: schema.Task, known: pd.DataFrame):
    """The target follows `amount`, and so do the answers."""
    amount = known.amount.to_numpy()
    target = {"binary": amount > 5, "multiclass": amount // 3.4, "regression": amount * 30}[task].astype(int)
    fitted = model.fit(built(known, estimator, task, **QUICK[estimator]), known, target)
    assert np.corrcoef(export.answers(fitted, known)[:, -1], target)[0, 1] > 0.7


@EACH_ESTIMATOR
def test_rows_unlike_all_others_are_no_error(estimator: str, known: pd.DataFrame):
    """A level that training never saw, a missing number, and a wild one get answers."""
    fitted = model.fit(built(known, estimator, **QUICK[estimator]), known, (known.amount > 5).to_numpy().astype(int))
    rows = pd.DataFrame({"amount": [np.nan, 3e38], "since": [-3e38, np.nan], "colour": ["ultraviolet", ""]})
    answers = export.answers(fitted, rows.astype({"amount": np.float32, "since": np.float32}))
    assert np.isfinite(answers).all()


@pytest.mark.parametrize(("top", "kept"), [(None, ["", "blue", "green", "red"]), (2, ["", "green", "red"]), (9, None)])
def test_the_commonest_levels_are_kept(known: pd.DataFrame, top: int | None, kept: list[str] | None):
    """`top` counts levels, of which a missing value is none; more than there are is all of them."""
    assert model.levels(known.colour, top).tolist() == (kept or ["", "blue", "green", "red"])


def test_of_equally_common_levels_the_alphabet_decides():
    """So that the same rows in another order give the same model."""
    assert model.levels(pd.Series(["b", "c", "a", "c", "b", "a"]), 2).tolist() == ["a", "b"]


@EACH_ESTIMATOR
def test_a_level_beyond_the_top_answers_as_one_nobody_has_seen(estimator: str, known: pd.DataFrame):
    """The rarest colour isn't among the two that are kept."""
    features = {**FEATURES, "colour": schema.Feature(kind="category", top=2)}
    unfitted = built(known, estimator, "regression", features, **QUICK[estimator])
    fitted = model.fit(unfitted, known, known.colour.map({"red": 1, "green": 2, "blue": 9, "": 4}).to_numpy(float))
    row = known.iloc[[0]]
    blue, unseen, red = (fitted.predict(row.assign(colour=level))[0] for level in ("blue", "never seen", "red"))
    assert blue == unseen
    assert red != unseen


def test_a_target_the_loss_can_t_have_is_a_sentence(known: pd.DataFrame):
    """What the library says in many lines is said in one."""
    unfitted = built(known, "xgboost", "regression", objective="count:poisson", n_estimators=2)
    with pytest.raises(model.ModelError, match=r"^XGBRegressor can't learn .* options of params\.yaml: [^\n]*\.$"):
        model.fit(unfitted, known, -known.amount.to_numpy())


def test_only_the_library_that_is_asked_for_is_imported():
    """LightGBM and XGBoost cost seconds."""
    heavy = ["lightgbm", "xgboost"]
    modules = f"{model.__name__}, {export.__name__}"
    program = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
