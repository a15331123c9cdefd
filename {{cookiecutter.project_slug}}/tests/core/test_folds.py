"""Folds of the training data: what is asked is never what was learned from, nor earlier where rows have a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import folds, options, params, schema

FEATURES = {"amount": schema.Feature(kind="number")}


def described(task: schema.Task = "binary", time: str | None = None, classes: tuple[str, ...] = ("no", "yes")):
    """Return a schema of one feature."""
    return schema.Schema(task=task, id="id", time=time, target="target", classes=classes, features=FEATURES)


@pytest.fixture
def table() -> pd.DataFrame:
    """Three hundred rows in no order of time; the target follows the amount."""
    random = np.random.default_rng(3)
    amount = random.uniform(0, 10, 300).astype(np.float32)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.permutation(300), unit="h")
    return pd.DataFrame({"when": when, "amount": amount, "target": (amount > 4).astype(int)})


def test_what_is_asked_is_later_than_what_is_learned_from(table: pd.DataFrame):
    """Rows are put in the order of time first."""
    found = folds.folded(table, described(time="when"), folds=3, rows=None, seed=1)
    by_time = table.sort_values("when")
    np.testing.assert_array_equal(found.target, by_time.target)
    assert len(found.folds) == 3
    assert all(learned.max() < asked.min() for learned, asked in found.folds)


def test_without_a_time_every_row_is_asked_once_and_classes_keep_their_shares(table: pd.DataFrame):
    """The folds are drawn with the project's seed."""
    found = folds.folded(table, described(), folds=3, rows=None, seed=1)
    assert sorted(np.concatenate([asked for _, asked in found.folds])) == list(range(300))
    shares = [found.target[asked].mean() for _, asked in found.folds]
    assert max(shares) - min(shares) < 0.02


def test_rows_are_spread_over_the_whole_table(table: pd.DataFrame):
    """Fewer are enough for a search, but not only the oldest."""
    found = folds.folded(table, described(time="when"), folds=3, rows=50, seed=1)
    assert len(found.frame) == 50
    assert found.frame.amount.iloc[-1] == table.sort_values("when").amount.iloc[-1]


def test_a_fold_that_lacks_a_class_is_refused(table: pd.DataFrame):
    """The message names the class."""
    late = table.assign(target=(table.when > table.when.quantile(0.6)).astype(int))
    with pytest.raises(options.ModelError, match=r"part 1 has none of class 'yes' to learn from: choose fewer folds"):
        folds.folded(late, described(time="when"), folds=3, rows=None, seed=1)


def test_a_table_with_fewer_rows_than_folds_is_refused(table: pd.DataFrame):
    """So is a class with fewer."""
    with pytest.raises(options.ModelError, match=r"tune\.folds is 3, and a class or the table has fewer rows"):
        folds.folded(table.head(3), described("regression", classes=()), folds=3, rows=None, seed=1)
    with pytest.raises(options.ModelError, match=r"tune\.folds is 3, and a class or the table has fewer rows"):
        folds.folded(table.assign(target=[1, 1, *[0] * 298]), described(), folds=3, rows=None, seed=1)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_each_task_is_scored_on_each_fold(table: pd.DataFrame, task: schema.Task):
    """The amount says it all, and the scores show it."""
    target = {"binary": table.target, "multiclass": (table.amount // 3.4).astype(int), "regression": table.amount}[task]
    names = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}[task]
    found = folds.folded(table.assign(target=target), described(task, classes=names), folds=2, rows=None, seed=1)
    primary = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "r2"}[task]
    scores = list(folds.fold_scores(found, params.Model(estimator="linear"), primary, 1))
    assert len(scores) == 2
    assert min(scores) > 0.8
