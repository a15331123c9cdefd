"""What a column seems to hold, why, and which schema that makes."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import guesses, params, roles
from {{cookiecutter.__package}}.core.schema import Feature

ROWS = 2400
BASE = {"name": "n", "seed": 1, "task": "binary", "model": {"estimator": "hist_gradient_boosting"}}
TURNS = np.arange(ROWS)
DAYS = pd.date_range("2024-01-01", periods=ROWS, freq="h")
COLUMNS: dict[str, tuple[Any, Feature | None, str]] = {
    "fractions": (TURNS / 3, Feature(kind="number"), "2,400 distinct numbers"),
    "a few numbers": (TURNS % 3, Feature(kind="number"), "3 distinct numbers"),
    "decimals": ([Decimal(n % 5) for n in range(ROWS)], Feature(kind="number"), "5 distinct numbers"),
    "a count of the rows": (TURNS + 7, None, "left out: counts the rows"),
    "truth": (TURNS % 2 == 0, Feature(kind="boolean"), "true or false"),
    "truth in words": (np.where(TURNS % 2, "true", "False"), Feature(kind="boolean"), "true or false"),
    "yes and no": (np.where(TURNS % 2, "yes", "no"), Feature(kind="category"), "2 levels"),
    "times": (DAYS, Feature(kind="date"), "2024-01-01 to 2024-04-09"),
    "days": (
        [datetime.date(2024, 1, 1 + n % 9) for n in range(ROWS)],
        Feature(kind="date"),
        "2024-01-01 to 2024-01-09",
    ),
    "days in words": (DAYS.strftime("%Y-%m-%d"), Feature(kind="date"), "2024-01-01 to 2024-04-09"),
    "words": ([f"w{n % 40}" for n in range(ROWS)], Feature(kind="category"), "40 levels"),
    "a pandas category": (pd.Categorical([f"w{n % 40}" for n in range(ROWS)]), Feature(kind="category"), "40 levels"),
    "postcodes": ([f"0{n % 90 + 1000}" for n in range(ROWS)], Feature(kind="category"), "90 levels"),
    "many words": (
        [f"w{n % 1100}" for n in range(ROWS)],
        Feature(kind="category", top=200),
        "the commonest 200 of 1,100 levels",
    ),
    "words of their own": ([f"w{n}" for n in range(ROWS)], None, "left out: 2,400 levels in 2,400 rows"),
    "one word": (["same"] * ROWS, None, "left out: 'same' in every row"),
    "one number": ([2.0] * ROWS, None, "left out: '2' in every row"),
    "nothing": ([None] * ROWS, None, "left out: no value in any row"),
    "empty texts": ([""] * ROWS, None, "left out: no value in any row"),
    "lists": ([[n] for n in range(ROWS)], None, "left out: holds values of type list"),
    "lengths of time": (
        pd.to_timedelta(TURNS, unit="h"),
        None,
        "left out: holds timedelta64[us]",
    ),
    "gaps": (
        [None if n % 3 == 0 else float(n % 7) for n in range(ROWS)],
        Feature(kind="number", nullable=True),
        "7 distinct numbers, missing in 800 of 2,400 rows",
    ),
    "gaps among words": (
        [None if n % 3 == 0 else f"w{n % 7}" for n in range(ROWS)],
        Feature(kind="category", nullable=True),
        "7 levels, missing in 800 of 2,400 rows",
    ),
}


@pytest.mark.parametrize(("values", "feature", "why"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_is_guessed_with_a_reason(values: Any, feature: Feature | None, why: str):
    """Each kind of column, and each reason to leave one out."""
    found = guesses.guess(pd.Series(values, name="x"))
    assert (found.feature, found.doubt) == (feature, "")
    assert found.why.replace("[ns]", "[us]").replace("[s]", "[us]") == why


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([f"{n},5" for n in range(30)] * 2, "numbers with a decimal comma, '0,5' in row 1"),
        (["n/a!" if n == 7 else str(n % 9) for n in range(60)], "holds numbers, but 'n/a!' in row 8"),
    ],
    ids=["decimal commas", "a word among numbers"],
)
def test_a_doubt_is_settled_by_a_person(values: list[str], said: str):
    """Auto refuses what is probably a mistake."""
    assert said in guesses.guess(pd.Series(values, name="x")).doubt


def table(**columns: Any) -> pd.DataFrame:
    """Return a table of sixty rows."""
    return pd.DataFrame({"size": np.arange(60) % 7 / 2, "won": ["no", "yes"] * 30} | columns)


def schema_of(raw: pd.DataFrame, task: str = "binary", features: Any = "auto", **data: Any) -> Any:
    """Resolve the schema of a table."""
    values = {**BASE, "task": task, "features": features, "data": {"source": "t.csv", "target": "won", **data}}
    return guesses.resolved(raw, params.converted(values, "params.yaml"))


def test_auto_takes_every_column_but_the_special_ones():
    """Id, time and target are no features; without an id rows are numbered."""
    raw = table(key=[f"k{n}" for n in range(60)], at=pd.date_range("2024-01-01", periods=60))
    assert list(schema_of(raw, id="key", time="at").features) == ["size"]
    found = schema_of(raw)
    assert (found.id, found.time) == ("row_number", None)
    assert list(found.features) == ["size", "at"]


def test_what_params_say_stays_as_it_is():
    """Features, classes and special columns are a person's first."""
    features = {"size": {"kind": "number", "min": 0, "about": "in metres"}}
    found = schema_of(table(), features=features, classes=["yes", "no"])
    assert found.features == {"size": Feature(kind="number", min=0, about="in metres")}
    assert found.classes == ("yes", "no")
    assert found.columns == ["row_number", "size", "won"]


TARGETS = {
    "words": (["b", "a", "c"], "multiclass", ("a", "b", "c")),
    "numbers": ([10, 9, 100], "multiclass", ("9", "10", "100")),
    "whole fractions": ([1.0, 0.0, 1.0], "binary", ("0", "1")),
    "numbers in words": (["10", "9", "100"], "multiclass", ("9", "10", "100")),
    "truth": ([True, False, True], "binary", ("False", "True")),
    "a measure": ([0.5, 1.5, 2.0], "regression", ()),
}


@pytest.mark.parametrize(("values", "task", "classes"), TARGETS.values(), ids=TARGETS)
def test_classes_are_found_in_the_target(values: list[Any], task: str, classes: tuple[str, ...]):
    """Numbers in their order, words in the alphabet's; a regression has none."""
    assert schema_of(table(won=values * 20), task=task).classes == classes


def test_rows_without_a_target_teach_nothing():
    """A gap where there is no target is no gap that a request may have."""
    raw = table(size=[None, *range(59)], won=[None, *["yes", "no"] * 29, "yes"])
    assert schema_of(raw).features["size"] == Feature(kind="number")


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"customerId": range(60)}, "customerId"),
        ({"b": range(0, 120, 2), "Patient ID": [f"p{n}" for n in range(60)]}, "Patient ID"),
        ({"name": [f"p{n}" for n in range(60)], "b": range(60)}, "name"),
        ({"width": range(0, 120, 2)}, None),
        ({"id": [1, *range(1, 60)]}, None),
        ({"id": [0.5 + n for n in range(60)]}, None),
        ({"humidity": range(0, 120, 2), "paid": range(0, 180, 3)}, None),
    ],
)
def test_an_id_is_found_by_its_name_or_its_place(columns: dict[str, Any], found: str | None):
    """It differs in each row and is no measurement."""
    assert roles.likely_id(pd.DataFrame(columns)).column == found


WHEN = pd.Series(pd.date_range("2024-01-01", periods=60, freq="7h"))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"when": WHEN}, "when"),
        ({"birth_date": WHEN, "createdAt": WHEN}, "createdAt"),
        ({"date of birth": WHEN}, None),
        ({"begun": WHEN.dt.strftime("%d.%m.%Y %H:%M")}, "begun"),
        ({"begun": WHEN.dt.strftime("%Y-%m-%dT%H:%M:%SZ")}, "begun"),
        ({"begun": WHEN.mask(WHEN.index == 3)}, None),
        ({"first": WHEN, "size": range(60), "code": ["12-4 b"] * 60}, None),
    ],
)
def test_a_time_is_found_by_what_it_holds_and_its_name(columns: dict[str, Any], found: str | None):
    """Every row has one, and it isn't when somebody was born."""
    assert roles.likely_time(pd.DataFrame(columns)).column == found


@pytest.mark.parametrize(
    ("values", "task", "why"),
    [
        ([0, 1] * 30, "binary", "2 classes"),
        ([True, False] * 30, "binary", "2 classes"),
        (["a", "b", "c"] * 20, "multiclass", "3 classes"),
        (list(range(12)) * 5, "multiclass", "could also be regression: 12 distinct numbers"),
        (list(range(60)), "regression", "60 distinct numbers"),
        ([0.5, 1.5, 2.5] * 20, "regression", "3 distinct numbers"),
    ],
)
def test_the_target_makes_the_task(values: list[Any], task: str, why: str):
    """Few whole numbers could be either, and the reason says so."""
    assert roles.likely_task(pd.Series(values)) == (task, why)


@pytest.mark.parametrize(
    ("columns", "found"), [(["a", "Target"], "Target"), (["a", "won"], None), (["label", "class"], None)]
)
def test_a_target_is_known_by_its_name_alone(columns: list[str], found: str | None):
    """Two of them are none."""
    assert roles.likely_target(pd.DataFrame(columns=columns)).column == found
