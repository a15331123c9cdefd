"""Metrics of drawn rows: what they give for counts is what the metrics themselves give for rows repeated as often."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from {{cookiecutter.__package}}.core import metrics, resampling

NAMES = [(task, name) for task, known in metrics.METRICS.items() for name in known]
ROWS = 300


def made_up(task: str, rows: int = ROWS, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and outcome of a task, with many ties."""
    random = np.random.default_rng(seed)
    if task == "regression":
        truth = random.normal(0, 10, rows)
        return truth, np.round(truth + random.normal(0, 5, rows))
    if task == "binary":
        truth = random.integers(0, 2, rows)
        return truth, np.round(np.clip(0.3 * truth + 0.6 * random.random(rows), 0.01, 0.99), 2)
    truth = random.integers(0, 3, rows)
    outcome = np.round(random.random((rows, 3)) + np.eye(3)[truth] / 2, 1) + 0.05
    return truth, outcome / outcome.sum(axis=1, keepdims=True)


def drawn(groups: np.ndarray, draws: int, seed: int = 3) -> np.ndarray:
    """Return all draws, shape (draws, rows)."""
    return np.concatenate(list(resampling.counted(groups, draws, seed)))


@pytest.mark.parametrize(("task", "name"), NAMES)
@pytest.mark.parametrize("size", [1, 25], ids=["row by row", "in groups"])
def test_a_score_of_draws_is_the_metric_of_repeated_rows(task: str, name: str, size: int):
    """Ties included, draw by draw."""
    truth, outcome = made_up(task)
    counts = drawn(np.arange(ROWS) // size, 12)
    found = resampling.score_of(name, task, truth, outcome)(counts)
    places = [np.repeat(np.arange(ROWS), draw.astype(int)) for draw in counts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = [metrics.metric(name, task).score(truth[chosen], outcome[chosen]) for chosen in places]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_a_draw_takes_as_many_groups_as_there_are_and_all_rows_of_each():
    """With replacement: some groups not at all, some more than once."""
    groups = np.repeat([0, 1, 2, 3], [1, 2, 3, 4])
    counts = drawn(groups, 200)
    assert counts.shape == (200, 10)
    by_group = counts[:, [0, 1, 3, 6]]
    assert (by_group.sum(axis=1) == 4).all()
    assert all((counts[:, groups == group] == by_group[:, [group]]).all() for group in range(4))
    assert by_group.min() == 0
    assert by_group.max() > 1
    np.testing.assert_allclose(by_group.mean(axis=0), 1, atol=0.2)


def test_all_scores_see_the_same_draws_and_a_seed_gives_them_again():
    """That is what makes a difference of two scores a paired one."""
    truth, outcome = made_up("regression")
    score = resampling.score_of("mae", "regression", truth, outcome)
    found = resampling.resampled({"one": score, "two": score}, np.arange(ROWS), 120, seed=5)
    np.testing.assert_array_equal(found["one"], found["two"])
    assert found["one"].shape == (120,)
    again = resampling.resampled({"one": score}, np.arange(ROWS), 120, seed=5)["one"]
    other = resampling.resampled({"one": score}, np.arange(ROWS), 120, seed=6)["one"]
    np.testing.assert_array_equal(found["one"], again)
    assert not np.array_equal(found["one"], other)


def test_a_score_of_some_rows_leaves_the_others_out():
    """As a slice's does."""
    truth, outcome = made_up("regression")
    rows = np.arange(0, ROWS, 3)
    inner = resampling.score_of("mae", "regression", truth[rows], outcome[rows])
    counts = drawn(np.arange(ROWS), 4)
    np.testing.assert_array_equal(resampling.within(inner, rows)(counts), inner(counts[:, rows]))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_a_draw_without_a_positive_row_has_no_value(name: str):
    """It isn't taken for a bad one or a good one."""
    truth, outcome = np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3])
    counts = np.array([[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]])
    with np.errstate(all="ignore"):
        found = resampling.score_of(name, "binary", truth, outcome)(counts)
    assert np.isnan(found[0])
    assert found[1] == 1


def test_a_metric_without_a_quick_way_repeats_the_rows(monkeypatch: pytest.MonkeyPatch):
    """So that a metric somebody adds is right before it is quick."""
    truth, outcome = made_up("regression")
    worst = metrics.Metric(lambda truth, outcome: float(np.abs(truth - outcome).max()), False)
    monkeypatch.setitem(metrics.METRICS["regression"], "worst", worst)
    counts = drawn(np.arange(ROWS), 5)
    found = resampling.score_of("worst", "regression", truth, outcome)(counts)
    errors = np.abs(truth - outcome)
    np.testing.assert_array_equal(found, [errors[draw > 0].max() for draw in counts])


def test_rows_of_one_group_promise_nothing():
    """All draws would be the same, and an interval without width is no evidence."""
    truth, outcome = made_up("regression")
    score = resampling.score_of("mae", "regression", truth, outcome)
    assert np.isnan(resampling.resampled({"one": score}, np.zeros(ROWS, int), 10, seed=1)["one"]).all()


def test_many_rows_are_drawn_in_smaller_blocks(monkeypatch: pytest.MonkeyPatch):
    """The draws are the same, and memory is bounded."""
    whole = drawn(np.arange(ROWS), 20)
    monkeypatch.setattr(resampling, "NUMBERS", 3 * ROWS)
    blocks = list(resampling.counted(np.arange(ROWS), 20, 3))
    assert [len(block) for block in blocks] == [3] * 6 + [2]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
