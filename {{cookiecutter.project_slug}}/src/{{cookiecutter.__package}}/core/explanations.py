"""What a model leans on and how its answer moves: questions that anything can be asked which answers a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

from .evidence import Dependence, Explanations, Leaning, Pair
from .metrics import Floats, metric
from .schema import Feature, Schema, Task, of_kind

Answer = Callable[[pd.DataFrame], Floats]

SHOWN = 6
MOST_POINTS = 20
MOST_LEVELS = 12
MOST_OUTCOMES = 5
MIDDLE = (0.1, 0.9)
# From this rank correlation on, what belongs to one feature and what to the other can hardly be told.
TOGETHER = 0.7


class Answering(RegressorMixin, BaseEstimator):
    """Lets scikit-learn ask anything that answers a table, such as a loaded ONNX file.

    To scikit-learn it is a regression: its outcome is a number, or one for each class.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def fit(self, *_: Any) -> Answering:
        """Change nothing: it knows its answers already."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, table: pd.DataFrame) -> Floats:
        """Answer for the rows of a table, shape (rows,) or (rows, classes)."""
        return self.answer(table)


def explained(
    answer: Answer, table: pd.DataFrame, truth: NDArray[Any], schema: Schema, name: str, seed: int
) -> Explanations:
    """Return what the metric `name` leans on, how the answer moves with the SHOWN largest, and which move together.

    The table holds the features as `core.data.model_frame` returns them.
    """
    leans = importance(answer, table, truth, name, schema.task, seed)
    curves = dependence(answer, table, schema, list(leans)[:SHOWN])
    return Explanations(leans, curves, together(table, schema.features))


def evenly(table: pd.DataFrame, rows: int) -> NDArray[np.int_]:
    """Return the places of at most so many rows, evenly spread."""
    return np.linspace(0, len(table) - 1, min(rows, len(table))).astype(int)


def importance(
    answer: Answer,
    table: pd.DataFrame,
    truth: NDArray[Any],
    name: str,
    task: Task,
    seed: int,
    rows: int = 5000,
) -> dict[str, Leaning]:
    """Return what the metric loses when a column is shuffled (three times, on evenly chosen rows), largest first.

    Breiman, Random Forests, Machine Learning 45 (2001).
    """
    score, higher = metric(name, task)
    chosen = evenly(table, rows)
    found = permutation_importance(
        Answering(answer),
        table.iloc[chosen],
        truth[chosen],
        scoring=lambda model, shuffled, expected: score(expected, model.predict(shuffled)) * (1 if higher else -1),
        n_repeats=3,
        random_state=seed,
    )
    order = np.argsort(-found.importances_mean, kind="stable")
    means, spreads = plain(found.importances_mean), plain(found.importances_std)
    return {str(table.columns[place]): Leaning(means[place], spreads[place]) for place in order}


def dependence(
    answer: Answer, table: pd.DataFrame, schema: Schema, names: Sequence[str], rows: int = 1000
) -> dict[str, Dependence]:
    """Return the mean answer over evenly chosen rows if all of them had the same value of a feature.

    All other features stay as they are, missing ones missing. Friedman, Greedy Function Approximation: A Gradient
    Boosting Machine, Annals of Statistics 29 (2001); the rows' own curves: Goldstein et al., Peeking Inside the
    Black Box, Journal of Computational and Graphical Statistics 24 (2015).
    """
    some = table.iloc[evenly(table, rows)]
    categories = of_kind(schema.features, "category") or None
    found: dict[str, Dependence] = {}
    for name in names:
        grid = points(table[name], schema.features[name])
        asked = {"custom_values": {name: grid}, "categorical_features": categories, "kind": "both"}
        curves = partial_dependence(Answering(answer), some, [name], method="brute", **asked)
        found[name] = summary(curves.average, curves.individual, grid, table[name], schema, schema.features[name])
    return found


def summary(
    average: Floats, individual: Floats, grid: NDArray[Any], values: pd.Series, schema: Schema, feature: Feature
) -> Dependence:
    """Return the curves of one feature, shapes (outcomes, points) and (outcomes, rows, points), as plain values."""
    levelled = individual - individual.mean(axis=2, keepdims=True) + average.mean(axis=1)[:, None, None]
    low, high = np.quantile(np.clip(levelled, 0, 1) if schema.classes else levelled, MIDDLE, axis=1)
    kept = outcomes(average, schema)
    named = {"mean": average, "low": low, "high": high}
    lists = {key: {name: plain(lines[place]) for name, place in kept.items()} for key, lines in named.items()}
    return Dependence(kind=feature.kind, grid=as_sent(grid, feature), shares=shares(values, grid, feature), **lists)


def outcomes(average: Floats, schema: Schema) -> dict[str, int]:
    """Return the place of each outcome worth a line: the number, the last of two classes, the likeliest of many."""
    if schema.task != "multiclass":
        return {schema.classes[-1] if schema.classes else schema.target: 0}
    likeliest = np.argsort(-average.mean(axis=1), kind="stable")[:MOST_OUTCOMES]
    return {schema.classes[place]: int(place) for place in sorted(likeliest)}


def points(values: pd.Series, feature: Feature) -> NDArray[Any]:
    """Return the values at which a feature is asked, as the model sees them; the last is for missing, if any is.

    Of categories the commonest; of numbers with many values, half of the points at even distances and half at even
    shares of the rows, both without the outer hundredths.
    """
    if feature.kind == "category":
        counts = values.value_counts()
        levels = [level for level in counts.index if level][:MOST_LEVELS]
        return np.array([*levels, *([""] if "" in counts.index else [])], dtype=object)
    present = values.dropna().to_numpy()
    grid = np.unique(present)
    if len(grid) > MOST_POINTS:
        parts = np.linspace(0.01, 0.99, MOST_POINTS // 2 + 1)
        at_rows = np.quantile(present, parts, method="nearest")
        even, step = np.linspace(at_rows[0], at_rows[-1], len(parts), retstep=True)
        away = np.abs(even[:, None] - at_rows).min(axis=1) > step / 4
        grid = np.unique(np.concatenate([at_rows, even[away]]))
    return np.append(grid, [np.nan] * bool(values.isna().any())).astype(np.float32)


def shares(values: pd.Series, grid: NDArray[Any], feature: Feature) -> tuple[float, ...]:
    """Return the share of rows whose own value is nearest to each point of the grid."""
    if feature.kind == "category":
        return plain(values.value_counts(normalize=True).reindex(grid, fill_value=0).to_numpy())
    present, known = values.dropna().to_numpy(), grid[~np.isnan(grid)]
    places = np.searchsorted((known[1:] + known[:-1]) / 2, present)
    counts = np.bincount(places, minlength=len(known))[: len(known)]
    gaps = [len(values) - len(present)] * (len(grid) - len(known))
    return plain(np.append(counts, gaps) / len(values))


def as_sent(grid: NDArray[Any], feature: Feature) -> tuple[float | bool | str | None, ...]:
    """Return points as a request carries them: null for missing, dates as ISO text."""
    if feature.kind == "category":
        return tuple(level or None for level in grid)
    if feature.kind == "date":
        days = [None if np.isnan(day) else np.datetime64(round(float(day)), "D") for day in grid]
        return tuple(None if day is None else str(day) for day in days)
    # As text, a 32-bit number has the digits it was written with.
    return tuple(None if np.isnan(v) else bool(v) if feature.kind == "boolean" else float(str(v)) for v in grid)


def plain(values: NDArray[Any]) -> tuple[float, ...]:
    """Return numbers with six digits, which is more than a sample of rows can tell."""
    return tuple(float(f"{value:.6g}") for value in values)


def together(table: pd.DataFrame, features: Mapping[str, Feature], rows: int = 5000) -> tuple[Pair, ...]:
    """Return the pairs of features with an order whose rank correlation is TOGETHER or more, strongest first."""
    ordered = of_kind(features, "number", "boolean", "date")
    ranks = table[ordered].iloc[evenly(table, rows)].corr(method="spearman").to_numpy()
    close = np.argwhere(np.triu(np.abs(ranks) >= TOGETHER, 1))
    pairs = [Pair(ordered[one], ordered[other], *plain(ranks[[one], other])) for one, other in close]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair.correlation)))
