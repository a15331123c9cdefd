"""How good a model is: against a guess, slice by slice, and with verdicts that NaN can't slip through."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import evaluation as ev
from {{cookiecutter.__package}}.core import params, schema


def settings(primary: str, **changes: object) -> params.Evaluation:
    """Return an evaluation section."""
    return params.Evaluation(primary=primary, **changes)


def known(task: schema.Task, target: str, *classes: str) -> schema.Schema:
    """Return a schema that names a target."""
    return schema.Schema(task=task, id="key", time=None, target=target, classes=classes, features={})


def test_the_baseline_of_a_class_is_its_rate():
    """Every row gets the share of the positive class in the training data."""
    train, table = pd.DataFrame({"late": [0, 1, 1, 1]}), pd.DataFrame({"late": [0, 0]})
    chosen = settings("roc_auc", baseline_group="late")
    name, outcome = ev.baseline(train, table, chosen, known("binary", "late", "no", "yes"))
    assert (name, outcome.tolist()) == ("base rate", [0.75, 0.75])


def test_the_baseline_of_several_classes_is_the_rate_of_each():
    """A class that training never saw has the rate 0, and its place."""
    train, table = pd.DataFrame({"size": [0, 1, 1, 1]}), pd.DataFrame({"size": [0, 2]})
    name, outcome = ev.baseline(train, table, settings("accuracy"), known("multiclass", "size", "s", "m", "l"))
    assert (name, outcome.tolist()) == ("base rate", [[0.25, 0.75, 0.0]] * 2)


@pytest.mark.parametrize("kind", ["str", "category", "object"])
def test_the_baseline_of_a_number_is_the_mean_of_its_group(kind: str):
    """A group that training never saw gets the overall mean."""
    train = pd.DataFrame({"line": pd.Series(["a", "a", "b"], dtype=kind), "delay": [1.0, 3.0, 11.0]})
    table = pd.DataFrame({"line": pd.Series(["b", "a", "new"], dtype=kind)})
    name, outcome = ev.baseline(train, table, settings("mae", baseline_group="line"), known("regression", "delay"))
    assert (name, outcome.tolist()) == ("mean by line", [11.0, 2.0, 5.0])


def test_the_baseline_of_a_number_without_group_is_the_mean():
    """Without a group there is one mean for all."""
    train, table = pd.DataFrame({"delay": [1.0, 3.0, 11.0]}), pd.DataFrame({"x": [0, 0]})
    name, outcome = ev.baseline(train, table, settings("mae"), known("regression", "delay"))
    assert (name, outcome.tolist()) == ("mean", [5.0, 5.0])


def test_a_group_that_is_no_column_is_refused_with_the_nearest():
    """A misspelt baseline_group isn't a KeyError."""
    table = pd.DataFrame({"carrier": ["a"], "delay": [1.0]})
    with pytest.raises(ValueError, match=r"evaluation\.baseline_group names 'carier'.* the nearest is 'carrier'\."):
        ev.baseline(table, table, settings("mae", baseline_group="carier"), known("regression", "delay"))


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
    for task, primary, values in (("binary", "roc_auc", {"mixed"}), ("regression", "mae", {"mixed", "sure"})):
        chosen = settings(primary, slices=("line",), smallest_slice=5)
        assert set(ev.slice_scores(sliced, truth, np.linspace(0, 1, 104), chosen, task).value) == values


def test_without_slices_the_table_is_empty(sliced: pd.DataFrame):
    """It still has its columns, so that pictures and reports go on."""
    found = ev.slice_scores(sliced, np.ones(104), np.ones(104), settings("mae"), "regression")
    assert found.empty
    assert list(found.columns) == ["column", "value", "rows", "mae"]


def test_several_classes_are_sliced_too(sliced: pd.DataFrame):
    """A slice that lacks one of three classes is scored on the two it has."""
    truth = np.where(sliced.line == "mixed", np.arange(104) % 2, np.arange(104) % 3)
    outcome = np.eye(3)[truth]
    chosen = settings("balanced_accuracy", slices=("line",), smallest_slice=5)
    found = ev.slice_scores(sliced, truth, outcome, chosen, "multiclass")
    assert dict(zip(found.value, found.balanced_accuracy, strict=True)) == {"mixed": 1, "sure": 1}


def test_slices_of_booleans_and_numbers_are_named():
    """Whatever a column holds, its value is text in the report."""
    table = pd.DataFrame({"member": pd.array([True, False] * 30, dtype="boolean"), "floor": [1.0, 2.0] * 30})
    chosen = settings("mae", slices=("member", "floor"), smallest_slice=5)
    found = ev.slice_scores(table, np.ones(60), np.zeros(60), chosen, "regression")
    assert set(found.value) == {"True", "False", "1.0", "2.0"}


def test_a_slice_that_is_no_column_is_refused_with_the_nearest(sliced: pd.DataFrame):
    """A misspelt slice isn't a KeyError."""
    with pytest.raises(ValueError, match=r"evaluation\.slices names 'lien'.* the nearest is 'line'\."):
        ev.slice_scores(sliced, np.ones(104), np.ones(104), settings("mae", slices=("lien",)), "regression")


@pytest.mark.parametrize("better", [True, False])
def test_the_report_says_what_was_measured_and_of_which_bytes(each: SimpleNamespace, better: bool):
    """Everything the next stage and a reviewer need is in it, and it fits into JSON."""
    name, task = each.params.evaluation.primary, each.schema.task
    ours, theirs = (0.9, 0.1) if better == (task != "regression") else (0.1, 0.9)
    slices = pd.DataFrame({"column": ["line"], "value": ["a"], "rows": [9], name: [ours]})
    said = {"rows": 9, "found": {name: ours}, "baseline": ("guess", {name: theirs}), "slices": slices}
    report = ev.report(each.served.signature, each.params.evaluation, **said, intervals={"x": [0.1, 0.2]})
    assert msgspec.json.decode(msgspec.json.encode(report)) == {
        "sha256": each.served.signature.sha256,
        "task": task,
        "rows": 9,
        "primary": name,
        "metrics": {name: ours},
        "baseline": {"name": "guess", "metrics": {name: theirs}},
        "beats_baseline": better,
        "slices": [{"column": "line", "value": "a", "rows": 9, name: ours}],
        "intervals": {"x": [0.1, 0.2]},
        "confidence": 0.95,
    }
