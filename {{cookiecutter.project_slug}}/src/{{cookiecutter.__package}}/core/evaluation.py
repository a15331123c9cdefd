"""How good a model is: against a simple guess, and slice by slice."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .metrics import Floats, beats, metric
from .schema import Schema, Signature, Task
from .sections import Evaluation


def baseline(train: pd.DataFrame, table: pd.DataFrame, evaluation: Evaluation, schema: Schema) -> tuple[str, Floats]:
    """Return the name and the outcome of the simplest thing that could be done instead of a model.

    A class is answered with its rate in the training data, a number with the mean of its group there.
    """
    target, group = train[schema.target], evaluation.baseline_group
    if schema.classes:
        rates = np.bincount(target, minlength=len(schema.classes)) / len(target)
        everyone = np.tile(rates, (len(table), 1))
        return "base rate", everyone[:, -1] if schema.task == "binary" else everyone
    if group is None:
        return "mean", np.full(len(table), float(target.mean()))
    refuse_unknown_column(group, "evaluation.baseline_group", table)
    means = target.groupby(train[group]).mean()
    return f"mean by {group}", table[group].map(means).fillna(target.mean()).to_numpy(dtype=float)


def overview(
    found: Mapping[str, float], intervals: Mapping[str, tuple[float, float]], name: str, simple: Mapping[str, float]
) -> pd.DataFrame:
    """Return every metric with its interval, beside that of the baseline with this name."""
    ends = {"from": {metric: low for metric, (low, _) in intervals.items()}}
    ends["to"] = {metric: high for metric, (_, high) in intervals.items()}
    return pd.DataFrame({"model": found, **ends, name: simple}).round(4)


def refuse_unknown_column(name: str, where: str, table: pd.DataFrame) -> None:
    """Raise ValueError for a column that the table doesn't have, naming the nearest one."""
    if name not in table:
        nearest = difflib.get_close_matches(name, table.columns, n=1, cutoff=0)[0]
        raise ValueError(f"params.yaml: {where} names {name!r}, which is no column here; the nearest is {nearest!r}.")


def judged_slices(
    table: pd.DataFrame, truth: NDArray[Any], evaluation: Evaluation, task: Task
) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    """Yield column, value and places of the rows for each slice that has enough of them and, if classes, two."""
    for column in evaluation.slices:
        refuse_unknown_column(column, "evaluation.slices", table)
        for value, places in table.groupby(column).indices.items():
            one_class = task != "regression" and len(np.unique(truth[places])) < 2
            if len(places) >= evaluation.smallest_slice and not one_class:
                yield column, str(value), places


def slice_scores(
    table: pd.DataFrame, truth: NDArray[Any], outcome: Floats, evaluation: Evaluation, task: Task
) -> pd.DataFrame:
    """Return the primary metric for each slice that can be judged."""
    score, name = metric(evaluation.primary, task).score, evaluation.primary
    found = [
        {"column": column, "value": value, "rows": len(rows), name: float(score(truth[rows], outcome[rows]))}
        for column, value, rows in judged_slices(table, truth, evaluation, task)
    ]
    return pd.DataFrame(found, columns=["column", "value", "rows", name])


def report(
    signature: Signature,
    evaluation: Evaluation,
    *,
    rows: int,
    found: Mapping[str, float],
    baseline: tuple[str, Mapping[str, float]],
    slices: pd.DataFrame,
    intervals: Mapping[str, tuple[float, float]],
) -> dict[str, Any]:
    """Return what metrics/evaluation.json says: the numbers, what they are held against, and of which bytes."""
    name, simple = baseline
    return {
        "sha256": signature.sha256,
        "task": signature.task,
        "rows": rows,
        "primary": evaluation.primary,
        "metrics": dict(found),
        "intervals": dict(intervals),
        "confidence": evaluation.gate.confidence,
        "baseline": {"name": name, "metrics": dict(simple)},
        "beats_baseline": beats(evaluation.primary, signature.task, dict(found), dict(simple)),
        "slices": slices.to_dict(orient="records"),
    }
