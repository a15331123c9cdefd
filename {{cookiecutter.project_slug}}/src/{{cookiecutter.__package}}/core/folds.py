"""Parts of the training data that take turns at being unseen, and the score of options on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from .export import answers
from .metrics import metric
from .model import build_pipeline, fit
from .options import ModelError
from .schema import Schema, columns
from .sections import Model

Places = NDArray[np.intp]


class Folded(NamedTuple):
    """A table with its target, and for each fold the places of the rows to learn from and to be asked."""

    schema: Schema
    frame: pd.DataFrame
    target: NDArray[Any]
    folds: list[tuple[Places, Places]]


def folded(table: pd.DataFrame, schema: Schema, *, folds: int, rows: int | None, seed: int) -> Folded:
    """Return the training table in folds: what is asked is later than what is learned from, where rows have a time.

    `rows` takes that many, evenly spread.

    Raises:
        ModelError: a fold lacks a class, or there are too few rows.
    """
    table = table.sort_values(schema.time, kind="stable") if schema.time else table
    table = table.iloc[np.linspace(0, len(table) - 1, min(rows or len(table), len(table))).astype(int)]
    fed = columns(table, schema.features)
    frame = pd.DataFrame({name: values.ravel() for name, values in fed.items()})
    target = table[schema.target].to_numpy()
    if len(target) <= folds or (schema.classes and not schema.time and np.bincount(target).min() < folds):
        raise ModelError(f"params.yaml: tune.folds is {folds}, and a class or the table has fewer rows than that.")
    if schema.time:
        parts = TimeSeriesSplit(folds).split(frame)
    else:
        kind = StratifiedKFold if schema.classes else KFold
        parts = kind(folds, shuffle=True, random_state=seed).split(frame, target)
    found = Folded(schema, frame, target, list(parts))
    refuse_missing_classes(found)
    return found


def refuse_missing_classes(data: Folded) -> None:
    """Raise ModelError for the first fold that has no rows of a class to learn from, or one class alone to be asked."""
    for place, (learned, asked) in enumerate(data.folds, start=1):
        present = set(data.target[learned].tolist())
        missing = [name for code, name in enumerate(data.schema.classes) if code not in present]
        if missing or (data.schema.classes and len(set(data.target[asked].tolist())) < 2):
            lacking = f"none of class {missing[0]!r} to learn from" if missing else "a single class to be asked about"
            raise ModelError(f"params.yaml: of tune.folds, part {place} has {lacking}: choose fewer folds.")


def fold_scores(data: Folded, model: Model, primary: str, seed: int) -> Iterator[float]:
    """Yield the score of a model on each fold, fitted to what the fold learns from."""
    score = metric(primary, data.schema.task).score
    for learned, asked in data.folds:
        seen = data.frame.iloc[learned]
        unfitted = build_pipeline(model, data.schema.features, data.schema.task, seed, seen)
        outcome = answers(fit(unfitted, seen, data.target[learned]), data.frame.iloc[asked])
        yield float(score(data.target[asked], outcome if data.schema.task == "multiclass" else outcome[:, -1]))
