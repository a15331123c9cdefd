"""How good a model is: numbers worked out by hand, and verdicts that NaN can't slip through."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import evaluation as ev
from {{cookiecutter.__package}}.core import params
from {{cookiecutter.__package}}.live import runtime

YES_OR_NO, CHANCE = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9])
MINUTES, GUESS = np.array([0.0, 10.0, 20.0, 30.0]), np.array([5.0, 10.0, 10.0, 40.0])


def settings(primary: str, **changes: object) -> params.Evaluation:
    """Return an evaluation section."""
    return params.Evaluation(primary=primary, **changes)


def test_the_scores_of_a_classification_are_those_worked_out_by_hand():
    """Three of four pairs are in order; the rest follows from four probabilities."""
    found = ev.scores(YES_OR_NO, CHANCE, "classification")
    assert found == pytest.approx(
        {
            "roc_auc": 3 / 4,
            "average_precision": (1 + 2 / 3) / 2,
            "brier": (0.01 + 0.36 + 0.36 + 0.01) / 4,
            "log_loss": -(2 * math.log(0.9) + 2 * math.log(0.4)) / 4,
            "calibration_error": (0.1 + 0.6 + 0.6 + 0.1) / 4,
        }
    )


def test_the_scores_of_a_regression_are_those_worked_out_by_hand():
    """Errors of 5, 0, 10 and 10; two guesses of 10 are one promise."""
    found = ev.scores(MINUTES, GUESS, "regression")
    assert found == pytest.approx({"mae": 6.25, "rmse": 7.5, "r2": 1 - 225 / 500, "calibration_error": 6.25})


@pytest.mark.parametrize(
    ("name", "task", "nearest"),
    [("roc", "classification", "roc_auc"), ("brierscore", "classification", "brier"), ("rsme", "regression", "rmse")],
)
def test_an_unknown_metric_is_refused_with_the_nearest_one(name: str, task: str, nearest: str):
    """A misspelt metric names the one that was probably meant."""
    with pytest.raises(ValueError, match=rf"'{name}' is no metric of a {task}; the nearest one is '{nearest}'"):
        ev.metric(name, task)


def test_a_metric_of_the_other_task_is_unknown():
    """A regression has no ROC curve."""
    with pytest.raises(ValueError, match="'roc_auc' is no metric of a regression"):
        ev.metric("roc_auc", "regression")


def test_the_project_asks_for_metrics_and_columns_that_exist(real_params: params.Params):
    """What params.yaml names under evaluation is there for its task."""
    chosen = real_params.evaluation
    for name in (chosen.primary, *chosen.thresholds):
        assert ev.metric(name, real_params.task)
    assert {*chosen.slices, chosen.baseline_group} - {None} <= set(real_params.features)


def test_the_baseline_of_a_class_is_its_rate():
    """Every row gets the share of the positive class in the training data."""
    train, table = pd.DataFrame({"late": [0, 1, 1, 1]}), pd.DataFrame({"late": [0, 0]})
    name, outcome = ev.baseline(train, table, "late", settings("roc_auc", baseline_group="late"), "classification")
    assert (name, outcome.tolist()) == ("base rate", [0.75, 0.75])


def test_the_baseline_of_a_number_is_the_mean_of_its_group():
    """A group that training never saw gets the overall mean."""
    train = pd.DataFrame({"line": ["a", "a", "b"], "delay": [1.0, 3.0, 11.0]})
    table = pd.DataFrame({"line": ["b", "a", "new"]})
    name, outcome = ev.baseline(train, table, "delay", settings("mae", baseline_group="line"), "regression")
    assert (name, outcome.tolist()) == ("mean by line", [11.0, 2.0, 5.0])


def test_the_baseline_of_a_number_without_group_is_the_mean():
    """Without a group there is one mean for all."""
    train, table = pd.DataFrame({"delay": [1.0, 3.0, 11.0]}), pd.DataFrame({"x": [0, 0]})
    name, outcome = ev.baseline(train, table, "delay", settings("mae"), "regression")
    assert (name, outcome.tolist()) == ("mean", [5.0, 5.0])


@pytest.mark.parametrize(
    ("name", "task", "model", "other", "expected"),
    [
        ("roc_auc", "classification", 0.8, 0.7, True),
        ("roc_auc", "classification", 0.7, 0.8, False),
        ("brier", "classification", 0.1, 0.2, True),
        ("brier", "classification", 0.2, 0.1, False),
        ("mae", "regression", 20.0, 21.0, True),
        ("r2", "regression", 0.1, 0.2, False),
        ("mae", "regression", 20.0, 20.0, False),
        ("roc_auc", "classification", 0.7, 0.7, False),
        ("roc_auc", "classification", math.nan, 0.7, False),
        ("roc_auc", "classification", 0.7, math.nan, False),
        ("mae", "regression", math.nan, 20.0, False),
        ("mae", "regression", 20.0, math.nan, False),
    ],
)
def test_only_what_is_strictly_better_beats(name: str, task: str, model: float, other: float, expected: bool):
    """More is better for some metrics, less for others; equal isn't better, and NaN beats nothing."""
    assert ev.beats(name, task, {name: model}, {name: other}) is expected


@pytest.mark.parametrize(
    ("bound", "value", "missed"),
    [
        ({"min": 0.7}, 0.7, False),
        ({"min": 0.7}, 0.6999, True),
        ({"min": 0.7}, math.nan, True),
        ({"max": 0.7}, 0.7, False),
        ({"max": 0.7}, 0.7001, True),
        ({"max": 0.7}, math.nan, True),
        ({"max": 0.7}, math.inf, True),
        ({"min": 0.1, "max": 0.7}, 0.4, False),
        ({"min": 0.1, "max": 0.7}, 0.0, True),
    ],
)
def test_a_threshold_is_met_or_missed(bound: dict[str, float], value: float, missed: bool):
    """The bound itself is allowed; what is beyond it isn't, and NaN never is."""
    sentences = ev.missed_thresholds({"brier": value}, {"brier": params.Bound(**bound)}, "classification")
    assert len(sentences) == missed


def test_every_missed_threshold_is_named():
    """One sentence each, and only for those that are missed."""
    found = {"roc_auc": 0.5, "brier": 0.3, "log_loss": 0.6}
    bounds = {"roc_auc": params.Bound(min=0.7), "brier": params.Bound(max=0.2), "log_loss": params.Bound(max=0.7)}
    sentences = ev.missed_thresholds(found, bounds, "classification")
    assert [text.split()[0] for text in sentences] == ["roc_auc", "brier"]
    with pytest.raises(ev.ThresholdError, match=r"roc_auc is 0\.5000.* brier is 0\.3000.*params\.yaml"):
        ev.require_thresholds(sentences)


def test_a_threshold_for_an_unknown_metric_is_refused():
    """A misspelt threshold doesn't count as met."""
    with pytest.raises(ValueError, match="nearest one is 'brier'"):
        ev.missed_thresholds({"brier": 0.1}, {"brief": params.Bound(max=0.2)}, "classification")


def test_nothing_is_raised_when_nothing_is_missed():
    """No threshold, or all of them met, is no error."""
    ev.require_thresholds(ev.missed_thresholds({"mae": 3.0}, {"mae": params.Bound(max=4)}, "regression"))


def test_calibration_holds_promises_against_what_came():
    """In ten equally filled bins, mean promise stands beside mean truth."""
    outcome = np.linspace(0, 1, 1000, endpoint=False)
    truth = (np.arange(1000) % 2).astype(int)
    found = ev.calibration(truth, outcome)
    assert found.rows.tolist() == [100] * 10
    assert found.promised.to_numpy() == pytest.approx(np.arange(10) / 10 + 0.0495)
    assert found.observed.to_numpy() == pytest.approx([0.5] * 10)


def test_calibration_of_a_constant_outcome_is_one_bin():
    """One promise to everybody is kept or broken once."""
    found = ev.calibration(np.array([0, 1, 1, 1]), np.full(4, 0.5))
    assert found.to_dict(orient="records") == [{"promised": 0.5, "observed": 0.75, "rows": 4}]


def test_an_honest_model_has_no_calibration_error():
    """What is promised is what comes, and a promise that is 0.3 too high is off by 0.3."""
    outcome = np.repeat([0.0, 0.5, 1.0], 100)
    truth = np.concatenate([np.zeros(100), np.arange(100) % 2, np.ones(100)])
    assert ev.calibration_error(truth, outcome) == pytest.approx(0)
    assert ev.calibration_error(truth * 100, outcome * 100 + 30) == pytest.approx(30)


@pytest.fixture
def sliced() -> pd.DataFrame:
    """Three groups: one small, one with a single class, one with everything."""
    return pd.DataFrame({"line": ["small"] * 4 + ["sure"] * 50 + ["mixed"] * 50, "way": ["in", "out"] * 52})


def test_slices_are_scored_one_by_one(sliced: pd.DataFrame):
    """A slice's score is the metric on its rows alone."""
    random = np.random.default_rng(3)
    truth, outcome = random.normal(size=104), random.normal(size=104)
    chosen = settings("mae", slices=("line", "way"), smallest_slice=50)
    found = ev.slice_scores(sliced, truth, outcome, chosen, "regression")
    assert list(found.columns) == ["column", "value", "rows", "mae"]
    by_name = {(row.column, row.value): (row.rows, row.mae) for row in found.itertuples()}
    assert by_name[("line", "mixed")] == (50, pytest.approx(np.abs(truth[54:] - outcome[54:]).mean()))
    assert by_name[("way", "out")] == (52, pytest.approx(np.abs(truth[1::2] - outcome[1::2]).mean()))
    assert set(by_name) == {("line", "mixed"), ("line", "sure"), ("way", "in"), ("way", "out")}


@pytest.mark.parametrize(("smallest", "values"), [(1, {"mixed", "small", "sure"}), (5, {"mixed", "sure"}), (51, set())])
def test_small_slices_are_left_out(sliced: pd.DataFrame, smallest: int, values: set[str]):
    """A handful of rows proves nothing."""
    chosen = settings("mae", slices=("line",), smallest_slice=smallest)
    found = ev.slice_scores(sliced, np.ones(104), np.zeros(104), chosen, "regression")
    assert set(found.value) == values


def test_slices_with_one_class_are_left_out(sliced: pd.DataFrame):
    """Where nothing ever happens, nothing can be ranked; a mean error can still be measured."""
    truth = np.where(sliced.line == "sure", 1, np.arange(104) % 2)
    for task, primary, values in (("classification", "roc_auc", {"mixed"}), ("regression", "mae", {"mixed", "sure"})):
        chosen = settings(primary, slices=("line",), smallest_slice=5)
        assert set(ev.slice_scores(sliced, truth, np.linspace(0, 1, 104), chosen, task).value) == values


def test_without_slices_the_table_is_empty(sliced: pd.DataFrame):
    """It still has its columns, so that pictures and reports go on."""
    found = ev.slice_scores(sliced, np.ones(104), np.ones(104), settings("mae"), "regression")
    assert found.empty
    assert list(found.columns) == ["column", "value", "rows", "mae"]


@pytest.mark.parametrize(
    ("name", "task"), [("roc_auc", "classification"), ("brier", "classification"), ("mae", "regression")]
)
def test_importance_finds_the_column_that_matters(frame: pd.DataFrame, name: str, task: str):
    """Shuffling what the answer rests on costs something, whichever way the metric points; the rest costs nothing."""
    chance = (frame.amount / 10).to_numpy(dtype=float)
    truth = (chance > 0.5).astype(int) if task == "classification" else chance
    found = ev.importance(lambda table: (table.amount / 10).to_numpy(dtype=float), frame, truth, name, task, seed=1)
    assert found.index[0] == "amount"
    assert found.iloc[0] > 0.05
    assert (found.iloc[1:] == 0).all()


def test_importance_is_the_same_from_run_to_run(
    frame: pd.DataFrame, table: pd.DataFrame, served: runtime.Model, quick_params: params.Params
):
    """With one seed there is one answer, for a real model too, and it finds what the target follows."""
    task, name = quick_params.task, quick_params.evaluation.primary
    truth = table[quick_params.data.target].to_numpy()
    first, second = (ev.importance(served.outcome, frame, truth, name, task, seed=5, rows=200) for _ in range(2))
    pd.testing.assert_series_equal(first, second)
    assert first.index[0] == "amount"


def test_the_report_says_what_was_measured_and_of_which_bytes(served: runtime.Model, real_params: params.Params):
    """Everything the next stage and a reviewer need is in it, and it fits into JSON."""
    name, task = real_params.evaluation.primary, real_params.task
    better, worse = (0.9, 0.1) if ev.metric(name, task).higher_is_better else (0.1, 0.9)
    slices = pd.DataFrame({"column": ["line"], "value": ["a"], "rows": [9], name: [better]})
    said = {
        "rows": 9,
        "found": {name: better},
        "baseline": ("guess", {name: worse}),
        "slices": slices,
        "missed": ["Oh."],
    }
    report = msgspec.json.decode(msgspec.json.encode(ev.report(served.signature, real_params.evaluation, **said)))
    assert report == {
        "sha256": served.signature.sha256,
        "task": task,
        "rows": 9,
        "primary": name,
        "metrics": {name: better},
        "baseline": {"name": "guess", "metrics": {name: worse}},
        "beats_baseline": True,
        "slices": [{"column": "line", "value": "a", "rows": 9, name: better}],
        "missed": ["Oh."],
    }
