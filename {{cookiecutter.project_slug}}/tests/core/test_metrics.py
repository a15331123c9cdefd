"""Scores: worked out by hand, and held against scikit-learn's own."""

from __future__ import annotations

import math
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import metrics as sk

from {{cookiecutter.__package}}.core import metrics, schema

YES_OR_NO, CHANCE = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9])
MINUTES, GUESS = np.array([0.0, 10.0, 20.0, 30.0]), np.array([5.0, 10.0, 10.0, 40.0])
RANDOM = np.random.default_rng(5)
CODES = RANDOM.integers(0, 3, 400)
CHANCES = RANDOM.dirichlet((1, 1, 1), 400) * 0.6 + np.eye(3)[CODES] * 0.4
THREE, SURE = np.array([0, 1, 2, 2]), np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.5, 0.2, 0.3], [0.0, 0.0, 1.0]])


def test_the_scores_of_two_classes_are_those_worked_out_by_hand():
    """Three of four pairs are in order; the rest follows from four probabilities."""
    found = metrics.scores(YES_OR_NO, CHANCE, "binary")
    assert found == pytest.approx(
        {
            "roc_auc": 3 / 4,
            "average_precision": (1 + 2 / 3) / 2,
            "brier": (0.01 + 0.36 + 0.36 + 0.01) / 4,
            "log_loss": -(2 * math.log(0.9) + 2 * math.log(0.4)) / 4,
            "calibration_error": (0.1 + 0.6 + 0.6 + 0.1) / 4,
        }
    )


def test_the_scores_of_three_classes_are_those_worked_out_by_hand():
    """Three of four choices are right; the third row is taken for the first class."""
    found = metrics.scores(THREE, SURE, "multiclass")
    assert found == pytest.approx(
        {
            "balanced_accuracy": (1 + 1 + 1 / 2) / 3,
            "accuracy": 3 / 4,
            "roc_auc": (1 + 1 + 1) / 3,
            "brier": ((0.04 + 0.01 + 0.01) + (0.04 + 0.16 + 0.04) + (0.25 + 0.04 + 0.49) + 0) / 4,
            "log_loss": -(math.log(0.8) + math.log(0.6) + math.log(0.3) + 0) / 4,
            "calibration_error": (0.2 + 0.4 + 0.5 + 0) / 4,
        }
    )


def test_the_scores_of_numbers_are_those_worked_out_by_hand():
    """Errors of 5, 0, 10 and 10; two guesses of 10 are one promise."""
    found = metrics.scores(MINUTES, GUESS, "regression")
    assert found == pytest.approx({"mae": 6.25, "rmse": 7.5, "r2": 1 - 225 / 500, "calibration_error": 6.25})


def test_the_scores_of_several_classes_are_scikit_learn_s():
    """Wherever scikit-learn has the same score for classes that are all there, ours is that number."""
    found, choice = metrics.scores(CODES, CHANCES, "multiclass"), CHANCES.argmax(axis=1)
    expected = {
        "balanced_accuracy": sk.balanced_accuracy_score(CODES, choice),
        "accuracy": sk.accuracy_score(CODES, choice),
        "roc_auc": sk.roc_auc_score(CODES, CHANCES, multi_class="ovr"),
        "brier": sk.brier_score_loss(CODES, CHANCES, scale_by_half=False),
        "log_loss": sk.log_loss(CODES, CHANCES),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert set(found) - set(expected) == {"calibration_error"}


def test_a_class_that_is_not_there_is_no_obstacle():
    """A small slice may lack a class: its scores are finite, without a warning, and those of the classes it has."""
    here = CODES < 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = metrics.scores(CODES[here], CHANCES[here], "multiclass")
    assert all(map(math.isfinite, found.values()))
    choice = CHANCES[here].argmax(axis=1)
    assert found["balanced_accuracy"] == pytest.approx(
        np.mean([(choice[CODES[here] == code] == code).mean() for code in (0, 1)])
    )


def test_of_one_class_alone_nothing_can_be_ranked():
    """The area is NaN, which beats nothing and meets no threshold."""
    assert math.isnan(metrics.one_against_rest(np.ones(9, dtype=int), CHANCES[:9]))


def test_a_certain_and_wrong_answer_costs_much_and_not_everything():
    """A probability of zero for what came true is clipped, so that one row can't make the loss infinite."""
    found = metrics.scores(np.array([0, 1, 2]), np.eye(3)[[0, 1, 0]], "multiclass")
    assert 5 < found["log_loss"] < 100
    assert found["brier"] == pytest.approx(2 / 3)


def test_what_a_served_model_answers_can_be_measured(each: SimpleNamespace):
    """Its outcome is what the metrics of its task take, without a warning, and it has learned what there was."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = metrics.scores(each.target, each.served.answer(each.frame).outcome, each.schema.task)
    assert all(map(math.isfinite, found.values()))
    spread = {"mae": each.target.std() / 2}.get(each.params.evaluation.primary, 0.7)
    assert metrics.beats(
        each.params.evaluation.primary, each.schema.task, found, {each.params.evaluation.primary: spread}
    )


@pytest.mark.parametrize(
    ("name", "task", "nearest"),
    [
        ("roc", "binary", "roc_auc"),
        ("brierscore", "binary", "brier"),
        ("acuracy", "multiclass", "accuracy"),
        ("rsme", "regression", "rmse"),
    ],
)
def test_an_unknown_metric_is_refused_with_the_nearest_one(name: str, task: schema.Task, nearest: str):
    """A misspelt metric names the one that was probably meant."""
    with pytest.raises(ValueError, match=rf"'{name}' is no metric of a {task} task; the nearest one is '{nearest}'"):
        metrics.metric(name, task)


@pytest.mark.parametrize(("name", "task"), [("roc_auc", "regression"), ("accuracy", "binary"), ("mae", "multiclass")])
def test_a_metric_of_another_task_is_unknown(name: str, task: schema.Task):
    """A regression has no ROC curve."""
    with pytest.raises(ValueError, match=f"'{name}' is no metric of a {task} task"):
        metrics.metric(name, task)


@pytest.mark.parametrize(
    ("name", "task", "model", "other", "expected"),
    [
        ("roc_auc", "binary", 0.8, 0.7, True),
        ("roc_auc", "binary", 0.7, 0.8, False),
        ("brier", "binary", 0.1, 0.2, True),
        ("brier", "binary", 0.2, 0.1, False),
        ("balanced_accuracy", "multiclass", 0.5, 0.4, True),
        ("log_loss", "multiclass", 0.5, 0.4, False),
        ("mae", "regression", 20.0, 21.0, True),
        ("r2", "regression", 0.1, 0.2, False),
        ("mae", "regression", 20.0, 20.0, False),
        ("roc_auc", "binary", 0.7, 0.7, False),
        ("roc_auc", "binary", math.nan, 0.7, False),
        ("roc_auc", "binary", 0.7, math.nan, False),
        ("mae", "regression", math.nan, 20.0, False),
        ("mae", "regression", 20.0, math.nan, False),
    ],
)
def test_only_what_is_strictly_better_beats(name: str, task: schema.Task, model: float, other: float, expected: bool):
    """More is better for some metrics, less for others; equal isn't better, and NaN beats nothing."""
    assert metrics.beats(name, task, {name: model}, {name: other}) is expected


@pytest.mark.parametrize("task", metrics.METRICS)
def test_a_perfect_answer_beats_a_bad_one_in_every_metric(task: schema.Task):
    """Each metric points the way that it says: this is what thresholds and champions rest on."""
    truth, bad = {
        "binary": (YES_OR_NO, np.array([0.9, 0.8, 0.3, 0.1])),
        "multiclass": (THREE, np.roll(np.eye(3)[THREE], 1, axis=1) * 0.8 + 0.1 * 2 / 3),
        "regression": (MINUTES, MINUTES[::-1].copy()),
    }[task]
    perfect = np.eye(3)[truth] if task == "multiclass" else truth.astype(float)
    best, worst = metrics.scores(truth, perfect, task), metrics.scores(truth, bad, task)
    for name in set(metrics.METRICS[task]) - ({"calibration_error"} if task == "regression" else set()):
        assert metrics.beats(name, task, best, worst), name


def test_calibration_holds_promises_against_what_came():
    """In ten equally filled bins, mean promise stands beside mean truth."""
    outcome = np.linspace(0, 1, 1000, endpoint=False)
    truth = (np.arange(1000) % 2).astype(int)
    found = metrics.calibration(truth, outcome)
    assert found.rows.tolist() == [100] * 10
    assert found.promised.to_numpy() == pytest.approx(np.arange(10) / 10 + 0.0495)
    assert found.observed.to_numpy() == pytest.approx([0.5] * 10)


def test_calibration_of_several_classes_is_that_of_the_choice():
    """The promise is the probability of the class that is chosen, the truth whether it was right."""
    found = metrics.calibration(CODES, CHANCES)
    chosen = metrics.calibration((CHANCES.argmax(axis=1) == CODES).astype(int), CHANCES.max(axis=1))
    assert found.to_dict() == chosen.to_dict()
    assert found.rows.sum() == len(CODES)
    assert found.promised.min() >= 1 / 3


def test_an_honest_guess_among_three_is_calibrated():
    """Who promises a third for each and is right once in three keeps the promise; who promises all of it doesn't."""
    truth = np.arange(300) % 3
    assert metrics.calibration_error(truth, np.full((300, 3), 1 / 3)) == pytest.approx(0)
    assert metrics.calibration_error(truth, np.tile([1.0, 0, 0], (300, 1))) == pytest.approx(2 / 3)


def test_calibration_of_a_constant_outcome_is_one_bin():
    """One promise to everybody is kept or broken once."""
    found = metrics.calibration(np.array([0, 1, 1, 1]), np.full(4, 0.5))
    assert found.to_dict(orient="records") == [{"promised": 0.5, "observed": 0.75, "rows": 4}]


def test_an_honest_model_has_no_calibration_error():
    """What is promised is what comes, and a promise that is 0.3 too high is off by 0.3."""
    outcome = np.repeat([0.0, 0.5, 1.0], 100)
    truth = np.concatenate([np.zeros(100), np.arange(100) % 2, np.ones(100)])
    assert metrics.calibration_error(truth, outcome) == pytest.approx(0)
    assert metrics.calibration_error(truth * 100, outcome * 100 + 30) == pytest.approx(30)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_answer_that_is_no_number_is_counted(value: float):
    """Scikit-learn would only say that its input has one."""
    with pytest.raises(ValueError, match=r"1 of 4 rows are answered with NaN or infinity"):
        metrics.scores(YES_OR_NO, np.array([0.1, value, 0.4, 0.9]), "binary")
