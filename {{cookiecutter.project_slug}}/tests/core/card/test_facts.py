"""What the evaluation notes down for the card: counts and shares as they are in the tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, evidence, schema
from {{cookiecutter.__package}}.core.card import facts
from {{cookiecutter.__package}}.core.card.run import Run

MakeSchema = Callable[..., schema.Schema]
SLICES = pd.DataFrame({"column": ["line", "line"], "value": ["a", "2.0"], "rows": [5, 4], "mae": [1.0, 2.0]})


def test_the_evidence_comes_back_as_it_was_saved(run: Run, tmp_path: Path):
    """As JSON, with nothing lost: what 05_package draws is what 04_evaluate saw."""
    data.save_json(run.evidence, tmp_path / "evidence.json")
    assert evidence.load_evidence(tmp_path / "evidence.json") == run.evidence


def test_a_part_is_told_by_its_rows_its_days_and_its_target(each: SimpleNamespace):
    """Shares of the classes, or where the number lies."""
    found, target = facts.part(each.table, each.schema), each.table.outcome
    days = each.table["at"]
    assert (found.rows, found.first, found.last) == (2000, f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}")
    if each.schema.classes:
        assert found.target == {name: (target == code).mean() for code, name in enumerate(each.schema.classes)}
    else:
        assert list(found.target.values()) == [target.mean(), *target.quantile([0.1, 0.5, 0.9])]


def test_a_class_that_is_not_there_has_the_share_zero(make_schema: MakeSchema):
    """A part without a class is a fact, too; so is one without time."""
    found = facts.part(pd.DataFrame({"outcome": [0, 0]}), make_schema("binary", timed=False))
    assert found == evidence.Part(rows=2, first=None, last=None, target={"no": 1.0, "yes": 0.0})


@pytest.mark.parametrize(
    ("kind", "values", "missing", "said"),
    [
        ("number", [1.5, np.nan, 3.0, 2.0], 0.25, "1.5 to 3"),
        ("category", ["a", "b", None, "a"], 0.25, "2 levels"),
        ("category", ["a", "a"], 0.0, "1 level"),
        ("boolean", [True, False, None, True], 0.25, "true in 66.7%"),
        ("date", ["2013-01-05", None, "2012-12-31", "2013-01-01"], 0.25, "2012-12-31 to 2013-01-05"),
        ("number", [np.nan, np.nan], 1.0, "none"),
        ("category", [None, None], 1.0, "none"),
    ],
)
def test_a_feature_is_told_in_its_own_words(kind: schema.Kind, values: list[object], missing: float, said: str):
    """What is missing, and what the rest is."""
    types = {"number": "float64", "category": "str", "boolean": "boolean", "date": "datetime64[us]"}
    found = facts.seen(pd.Series(values, dtype=types[kind]), schema.Feature(kind=kind))
    assert found == evidence.Seen(missing, said)


def test_groups_that_were_not_judged_are_counted_by_name():
    """The commonest first, ten at most; whatever a column holds, its values are texts."""
    values = pd.Series([*"aaaaa", *"bbb", *"c"])
    assert facts.judged(values, SLICES.head(1)) == evidence.Judged(
        values=3, judged=1, rows=5, left_out={"b": 3, "c": 1}
    )
    numbers = pd.Series([2.0] * 4 + [1.0])
    found = facts.judged(numbers, SLICES.tail(1))
    assert (found.judged, found.left_out) == (1, {"1.0": 1})
    many = facts.judged(pd.Series(np.repeat(range(30), range(1, 31))), SLICES.head(0))
    assert (many.values, many.judged, many.rows) == (30, 0, 0)
    assert many.left_out == {str(n): n + 1 for n in range(29, 19, -1)}


def test_missing_values_are_no_group():
    """The slices don't count them either."""
    assert facts.judged(pd.Series(["a", None, None]), SLICES.head(0)).left_out == {"a": 1}


def test_what_is_noted_is_about_the_held_out_rows_and_the_training_features(
    run: Run, made_of: Callable[..., SimpleNamespace]
):
    """The features as training saw them, slices of what was measured, and which way each metric is better."""
    made = made_of(run.signature.task)
    noted, train = run.evidence, made.table.iloc[:1200]
    assert noted.sha256 == made.served.signature.sha256
    assert noted.features["reading"].missing == train.reading.isna().mean()
    assert noted.slices["colour"].rows == 800
    assert noted.smallest_slice == made.params.evaluation.smallest_slice
    assert sum(one.rows for one in noted.calibration) == 800
    assert set(noted.higher_is_better) == set(run.evaluation["metrics"])
