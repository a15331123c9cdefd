"""What a model leans on and how its answer moves: against sums done by hand, for every kind, task and gap."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, evidence, schema
from {{cookiecutter.__package}}.core import explanations as ex

MakeSchema = Callable[..., schema.Schema]
MakeTable = Callable[..., pd.DataFrame]
KINDS = ("number", "category", "boolean", "date")


def answer_by_amount(table: pd.DataFrame, task: schema.Task) -> np.ndarray:
    """Return an answer in the form of the task that rests on one column alone."""
    chance = (table.amount / 10).to_numpy(dtype=float)
    return np.eye(3)[np.clip(chance * 3, 0, 2).astype(int)] if task == "multiclass" else chance


def moody(table: pd.DataFrame) -> np.ndarray:
    """Return an answer in which features work together: the amount counts where the colour is red, and gaps count."""
    red = (table.colour == "red").to_numpy()
    since = table.since.to_numpy(float) / 10_000
    gaps = table.reading.isna().to_numpy() + 0.5 * (table.note == "").to_numpy()
    return np.where(red, table.amount, 1.0).astype(float) + gaps + since + np.nan_to_num(table.checked.to_numpy(float))


def beside_a_number(kind: schema.Kind) -> dict[str, schema.Feature]:
    """Return a feature x of this kind that may be missing, and one that the target follows."""
    return {"y": schema.Feature(kind="number"), "x": schema.Feature(kind=kind, nullable=True)}


@pytest.mark.parametrize(
    ("name", "task"), [("roc_auc", "binary"), ("brier", "binary"), ("accuracy", "multiclass"), ("mae", "regression")]
)
def test_importance_finds_the_column_that_matters(frame: pd.DataFrame, name: str, task: schema.Task):
    """Shuffling what the answer rests on costs something, whichever way the metric points; the rest costs nothing."""
    truth = answer_by_amount(frame, task)
    truth = truth.argmax(axis=1) if task == "multiclass" else (truth > 0.5).astype(int) if task == "binary" else truth
    (first, found), *rest = ex.importance(
        lambda table: answer_by_amount(table, task), frame, truth, name, task, seed=1
    ).items()
    assert first == "amount"
    assert found.loss > 0.05
    assert 0 < found.spread < found.loss
    assert {(one.loss, one.spread) for _, one in rest} == {(0.0, 0.0)}


def test_importance_is_the_same_from_run_to_run(each: SimpleNamespace):
    """With one seed there is one answer, for a real model too, and it finds what the target follows."""
    asked = each.frame, each.target, each.params.evaluation.primary, each.schema.task
    first, second = (ex.importance(each.served.outcome, *asked, seed=5, rows=200) for _ in range(2))
    assert first == second
    assert list(first) == sorted(first, key=lambda name: -first[name].loss)
    assert next(iter(first)) == "amount"
    assert set(first) == set(each.schema.features)


def test_dependence_is_the_mean_over_rows_that_all_have_the_value(frame: pd.DataFrame, make_schema: MakeSchema):
    """Done by hand, one value after another, for each kind and with gaps: the same numbers."""
    known = make_schema("regression")
    found = ex.dependence(moody, frame, known, list(known.features), rows=len(frame))
    assert list(found) == list(known.features)
    for name, curve in found.items():
        for value, mean in zip(curve.grid, curve.mean["outcome"], strict=True):
            sent = pd.Series([value] * len(frame), dtype=object)
            changed = frame.assign(**{name: schema.column(sent, known.features[name])})
            assert mean == pytest.approx(moody(changed).mean(), rel=1e-5), (name, value)


def test_what_has_no_effect_is_flat(frame: pd.DataFrame, make_schema: MakeSchema):
    """To the last digit, and so is the band around it."""
    found = ex.dependence(
        lambda table: answer_by_amount(table, "regression"), frame, make_schema("regression"), ["since"]
    )
    (mean,) = (set(line) for line in found["since"].mean.values())
    assert len(mean) == 1
    assert set(found["since"].low["outcome"]) == set(found["since"].high["outcome"]) == mean


def test_what_the_answer_follows_rises(each: SimpleNamespace):
    """The made-up target follows `amount`: so does a real model's answer, from one end to the other."""
    curve = ex.dependence(each.served.outcome, each.frame, each.schema, ["amount"])["amount"]
    last = list(curve.mean.values())[-1]
    assert last[-1] > last[0] + 0.5
    assert np.corrcoef(last, curve.grid)[0, 1] > 0.9
    expected = {"regression": ["outcome"], "binary": ["yes"], "multiclass": ["low", "middle", "high"]}
    assert list(curve.mean) == list(curve.low) == list(curve.high) == expected[each.schema.task]


def test_the_band_tells_whether_a_feature_works_alike_for_all(frame: pd.DataFrame, make_schema: MakeSchema):
    """The amount counts for red rows alone, a third of them; the date counts for all, whatever their level."""
    found = ex.dependence(moody, frame, make_schema("regression"), ["amount", "since"])
    widths = {name: np.subtract(curve.high["outcome"], curve.low["outcome"]) for name, curve in found.items()}
    # Half of the way from the least amount to the most, as others don't move at all.
    assert widths["amount"].max() == pytest.approx(np.ptp(found["amount"].grid) / 2, rel=0.01)
    assert widths["since"].max() < 1e-3
    for curve in found.values():
        assert (np.array(curve.low["outcome"]) <= np.array(curve.mean["outcome"]) + 1e-3).all()


def test_probabilities_stay_probabilities(each: SimpleNamespace):
    """A row's own curve that is moved to the common level doesn't leave 0 to 1."""
    if each.schema.classes:
        found = ex.dependence(each.served.outcome, each.frame, each.schema, ["amount"])["amount"]
        ends = np.array([*found.low.values(), *found.high.values()])
        assert ends.min() >= 0
        assert ends.max() <= 1


@pytest.mark.parametrize("name", ["reading", "note", "checked", "until"])
def test_what_may_be_missing_is_asked_as_missing_too(frame: pd.DataFrame, make_schema: MakeSchema, name: str):
    """The last point of the grid is null; its share is that of the gaps."""
    found = ex.dependence(moody, frame, make_schema("regression"), [name])[name]
    gaps = (frame[name] == "") if name == "note" else frame[name].isna()
    assert [value for value in found.grid if value is None] == [None]
    assert found.grid[-1] is None
    assert found.shares[-1] == pytest.approx(gaps.mean())


def test_gaps_elsewhere_stay_gaps(frame: pd.DataFrame, make_schema: MakeSchema):
    """Every row that is asked about has the feature's own value of the grid, and all else as it was."""
    asked: list[pd.DataFrame] = []

    def noting(table: pd.DataFrame) -> np.ndarray:
        asked.append(table.copy())
        return np.zeros(len(table))

    ex.dependence(noting, frame, make_schema("regression"), ["reading"], rows=len(frame))
    for table in asked:
        assert table.reading.nunique(dropna=False) == 1
        pd.testing.assert_frame_equal(table.drop(columns="reading"), frame.drop(columns="reading"))


def test_the_grid_speaks_the_language_of_requests(frame: pd.DataFrame, make_schema: MakeSchema):
    """Numbers, words, true and false, and days as ISO text; sent back, they are what the model was asked."""
    known = make_schema("regression")
    found = ex.dependence(moody, frame, known, list(known.features))
    kinds = {"number": float, "category": str, "boolean": bool, "date": str}
    for name, curve in found.items():
        feature = known.features[name]
        assert curve.kind == feature.kind
        assert {type(value) for value in curve.grid if value is not None} == {kinds[curve.kind]}, name
        table = pd.DataFrame({name: pd.Series(curve.grid, dtype=object)})
        again = schema.columns(table, {name: feature})[name].ravel()
        np.testing.assert_array_equal(again, ex.points(frame[name], feature))
    assert found["member"].grid == (False, True)
    assert found["colour"].grid == tuple(frame.colour.value_counts().index)
    assert all(np.datetime64(day) for day in found["since"].grid)


def test_a_number_has_the_digits_it_was_written_with(make_schema: MakeSchema):
    """The model's 32 bits don't show: 0.1 isn't 0.10000000149011612."""
    found = ex.as_sent(np.array([0.1, 29.92, np.nan], dtype=np.float32), schema.Feature(kind="number"))
    assert found == (0.1, 29.92, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_curve_has_few_points_whatever_it_is_of(make_schema: MakeSchema, make_table: MakeTable, kind: str):
    """At most twenty, or twelve levels; one for what is missing."""
    known = make_schema("regression", features=beside_a_number(kind))
    table = make_table(3000, known)
    if kind == "category":
        table["x"] = pd.Series(np.random.default_rng(3).zipf(1.5, 3000) % 90).astype("str").mask(table.x.isna())
    frame = data.model_frame(table, known.features)
    found = ex.dependence(lambda t: np.ones(len(t)), frame, known, ["x"])["x"]
    most = {"category": ex.MOST_LEVELS, "boolean": 2}.get(kind, ex.MOST_POINTS)
    assert 2 <= len(found.grid) - 1 <= most
    assert len(found.shares) == len(found.grid) == len(found.mean["outcome"])
    assert sum(found.shares) == pytest.approx(1, abs=1e-4) or kind == "category"
    assert len(set(found.grid)) == len(found.grid)


def test_the_grid_is_dense_where_the_rows_are_and_reaches_where_they_end():
    """Of a skewed feature half of the points follow the rows, half the distance; outer hundredths are left out."""
    values = pd.Series(np.random.default_rng(1).lognormal(0, 2, 20_000), dtype=np.float32)
    grid = ex.points(values, schema.Feature(kind="number"))
    low, middle, high = values.quantile([0.01, 0.5, 0.99])
    assert grid[0] == pytest.approx(low, rel=0.01)
    assert grid[-1] == pytest.approx(high, rel=0.01)
    assert (grid < middle).sum() >= 5
    assert (grid > high / 3).sum() >= 5
    assert set(grid.tolist()) - set(values.tolist())


def test_shares_count_the_rows_nearest_to_a_point():
    """Half way belongs to the lower; a gap to the null."""
    values = pd.Series([0.0, 0.4, 0.5, 0.6, 1.0, 9.0, np.nan, np.nan], dtype=np.float32)
    grid = np.array([0, 1, 4, np.nan], dtype=np.float32)
    assert ex.shares(values, grid, schema.Feature(kind="number")) == (0.375, 0.25, 0.125, 0.25)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gaps", [False, True])
def test_one_value_or_none_is_a_point(make_schema: MakeSchema, make_table: MakeTable, kind: str, gaps: bool):
    """It is no curve, and no error."""
    known = make_schema("regression", features=beside_a_number(kind))
    table = make_table(50, known)
    value = None if gaps else table.x.dropna().iloc[0]
    frame = data.model_frame(table.assign(x=pd.Series([value] * 50, dtype=table.x.dtype)), known.features)
    found = ex.dependence(lambda t: np.ones(len(t)), frame, known, ["x"])["x"]
    assert len(found.grid) == 1
    assert (found.grid[0] is None) == gaps
    assert found.shares == (1.0,)


def test_of_many_classes_the_likeliest_have_a_line(make_schema: MakeSchema, frame: pd.DataFrame):
    """In the order of the classes, each with its own numbers."""
    classes = tuple(f"c{n}" for n in range(9))
    chances = np.array([1, 9, 2, 8, 3, 7, 4, 6, 5]) / 45
    known = make_schema("multiclass", classes=classes)
    found = ex.dependence(lambda table: np.tile(chances, (len(table), 1)), frame, known, ["amount"])["amount"]
    assert list(found.mean) == ["c1", "c3", "c5", "c7", "c8"]
    assert {name: line[0] for name, line in found.mean.items()} == {
        name: pytest.approx(chances[classes.index(name)], rel=1e-5) for name in found.mean
    }


def test_features_that_move_together_are_paired(make_schema: MakeSchema, frame: pd.DataFrame):
    """Whichever way they move, strongest first; categories and what is constant are no part of it."""
    features = {name: schema.Feature(kind="number") for name in ("against", "amount", "twice", "still")}
    noise = np.random.default_rng(2).normal(size=len(frame))
    amount = frame.amount.to_numpy(float)
    moved = pd.DataFrame(
        {"amount": amount, "twice": amount**3, "against": noise - amount, "still": 1.0, "colour": frame.colour}
    )
    found = ex.together(moved, {**features, "colour": schema.Feature(kind="category")})
    assert [(pair.first, pair.second) for pair in found] == [
        ("amount", "twice"),
        ("against", "amount"),
        ("against", "twice"),
    ]
    assert found[0].correlation == 1.0
    assert -1 < found[1].correlation < -ex.TOGETHER
    assert ex.together(frame, make_schema("binary").features) == ()


def test_an_explanation_is_plain_and_comes_back_as_it_was(each: SimpleNamespace):
    """Importance of all features, curves of the six that lead; through JSON and back."""
    name = each.params.evaluation.primary
    found = ex.explained(each.served.outcome, each.frame, each.target, each.schema, name, seed=3)
    assert list(found.dependence) == list(found.importance)[:6]
    assert set(found.importance) == set(each.schema.features)
    assert msgspec.json.decode(msgspec.json.encode(found), type=evidence.Explanations) == found
    again = ex.explained(each.served.outcome, each.frame, each.target, each.schema, name, seed=3)
    assert msgspec.json.encode(again) == msgspec.json.encode(found)


def test_a_sample_is_spread_over_all_rows():
    """First and last are in it; fewer rows than asked for are all of them."""
    table = pd.DataFrame({"x": range(1000)})
    chosen = ex.evenly(table, 11)
    assert (chosen[0], chosen[-1], len(set(chosen))) == (0, 999, 11)
    assert ex.evenly(table.head(4), 11).tolist() == [0, 1, 2, 3]
