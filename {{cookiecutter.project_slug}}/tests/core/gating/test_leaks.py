"""A target that hides among the features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import metrics, params, schema
from {{cookiecutter.__package}}.core.gating import leaks

CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high"), "regression": ()}
FEATURES = {"amount": schema.Feature(kind="number"), "place": schema.Feature(kind="category")}


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_feature_that_is_the_target_is_named_and_no_other(task: str):
    """A category that follows it, a number that doesn't."""
    random = np.random.default_rng(4)
    signal = random.normal(size=600)
    truth = {"binary": (signal > 0).astype(int), "multiclass": np.digitize(signal, [-0.5, 0.5])}.get(task, 10 * signal)
    told = {"place": truth.astype(str)} if task != "regression" else {"amount": truth * 3 + 1}
    table = pd.DataFrame({"amount": random.normal(size=600), "place": "here", "outcome": truth} | told)
    known = schema.Schema(task=task, id="id", time=None, target="outcome", classes=CLASSES[task], features=FEATURES)
    rates = np.bincount(truth) / len(truth) if task != "regression" else np.array([truth.mean()])
    guess = np.tile(rates, (len(truth), 1)) if task == "multiclass" else np.full(len(truth), rates[-1])
    simple = float(metrics.metric(params.PRIMARY[task], task).score(truth, guess))
    assert leaks.telling_feature(table, truth, known, params.PRIMARY[task], simple, 1) == next(iter(told))
    blind = table.assign(amount=random.normal(size=600), place="here")
    assert leaks.telling_feature(blind, truth, known, params.PRIMARY[task], simple, 1) == ""
