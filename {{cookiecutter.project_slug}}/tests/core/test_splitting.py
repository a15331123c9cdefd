"""Which rows teach, which test and which are kept: by days, by shares of time, or by chance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, params, schema, splitting

MakeSchema = Callable[..., schema.Schema]
MakeTable = Callable[..., pd.DataFrame]
DAYS = {
    "train": (date(2013, 1, 1), date(2013, 7, 1)),
    "holdout": (date(2013, 7, 1), date(2013, 9, 1)),
    "live": (date(2013, 9, 1), date(2014, 1, 1)),
}
PERIODS = params.Split(**DAYS)
SHARES = params.Split(holdout=0.2, live=0.3)
EVERY_WAY = pytest.mark.parametrize(("wanted", "timed"), [(PERIODS, True), (SHARES, True), (SHARES, False)])


@EVERY_WAY
def test_every_row_is_in_one_part(each: SimpleNamespace, make_schema: MakeSchema, wanted: params.Split, timed: bool):
    """Nothing is lost or doubled, for each task and each way to split; each part counts its rows from 0."""
    known = make_schema(each.schema.task, timed)
    parts = splitting.split(each.table, wanted, known, seed=1)
    assert tuple(parts) == splitting.PARTS
    assert sorted(pd.concat(parts.values()).key) == sorted(each.table.key)
    assert splitting.apart(parts, known)
    assert all(part.index.tolist() == list(range(len(part))) for part in parts.values())


def test_periods_and_shares_of_time_are_apart_in_time(made: SimpleNamespace):
    """Training ends before the holdout begins, that before live; together they are the table again."""
    for wanted in (PERIODS, SHARES):
        parts = splitting.split(made.table, wanted, made.schema, seed=1)
        assert parts["train"]["at"].max() < parts["holdout"]["at"].min()
        assert parts["holdout"]["at"].max() < parts["live"]["at"].min()
        assert pd.concat(parts.values()).key.tolist() == made.table.key.tolist()


@pytest.mark.parametrize("timed", [True, False])
def test_shares_are_the_shares_that_were_asked_for(make_schema: MakeSchema, made: SimpleNamespace, timed: bool):
    """Half teaches, a fifth tests, and what is left is live, to the row."""
    parts = splitting.split(made.table, SHARES, make_schema(timed=timed), seed=1)
    assert {name: len(part) for name, part in parts.items()} == {"train": 1000, "holdout": 400, "live": 600}


def test_a_period_takes_its_first_instant_and_leaves_its_last(made: SimpleNamespace):
    """A row at midnight between two periods belongs to the second alone."""
    border = pd.Timestamp("2013-07-01", tz="UTC")
    moved = made.table.assign(at=made.table["at"].mask(made.table.index == 0, border))
    parts = splitting.split(moved, PERIODS, made.schema, seed=1)
    assert (parts["holdout"]["at"] == border).sum() == 1
    assert not (parts["train"]["at"] == border).any()


def test_a_gap_between_periods_is_allowed(made: SimpleNamespace):
    """Rows between two periods are used by neither."""
    shorter = msgspec.structs.replace(PERIODS, train=(date(2013, 1, 1), date(2013, 6, 1)))
    whole, parts = (splitting.split(made.table, wanted, made.schema, seed=1) for wanted in (PERIODS, shorter))
    assert 0 < len(parts["train"]) < len(whole["train"])
    assert len(parts["holdout"]) == len(whole["holdout"])


@pytest.mark.parametrize("name", splitting.PARTS)
def test_an_empty_period_is_named_with_its_days(made: SimpleNamespace, name: str):
    """A period in which nothing happened is named, with the days it was looked for in."""
    first, last = DAYS[name]
    inside = (made.table["at"] >= pd.Timestamp(first, tz="UTC")) & (made.table["at"] < pd.Timestamp(last, tz="UTC"))
    with pytest.raises(data.DataError, match=rf"^No row falls into split\.{name}, {first} to {last}\.$"):
        splitting.split(made.table[~inside], PERIODS, made.schema, seed=1)


@pytest.mark.parametrize(("earlier", "later"), [("train", "holdout"), ("holdout", "live")])
def test_overlapping_periods_are_refused(made: SimpleNamespace, earlier: str, later: str):
    """No row may both teach and test: one day of overlap is enough to be refused."""
    first, last = DAYS[earlier]
    overlapping = msgspec.structs.replace(PERIODS, **{earlier: (first, last + timedelta(days=1))})
    with pytest.raises(data.DataError, match=rf"split\.{earlier} ends after split\.{later} begins"):
        splitting.split(made.table, overlapping, made.schema, seed=1)


def test_chance_is_decided_by_the_seed(make_schema: MakeSchema, made: SimpleNamespace):
    """The same seed draws the same rows, another one others, and each part keeps the table's order."""
    untimed = make_schema(timed=False)
    first, again, other = (splitting.split(made.table, SHARES, untimed, seed=seed) for seed in (1, 1, 2))
    for name, part in first.items():
        assert part.key.tolist() == again[name].key.tolist()
        assert part.key.tolist() != other[name].key.tolist()
        assert part.key.str[4:].astype(int).is_monotonic_increasing


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_chance_keeps_the_share_of_each_class(
    made_of: Callable[..., SimpleNamespace], make_schema: MakeSchema, task: str
):
    """A rare class is in every part, as often as in the whole table."""
    table = made_of(task).table
    rare = table.assign(outcome=table.outcome.mask(table.index % 50 > 0, 0))
    parts = splitting.split(rare, SHARES, make_schema(task, False), seed=1)
    whole = rare.outcome.value_counts(normalize=True)
    for part in parts.values():
        shares = part.outcome.value_counts(normalize=True)
        assert shares.to_dict() == pytest.approx(whole.to_dict(), abs=0.005)


def test_a_class_with_a_single_row_is_no_obstacle(make_schema: MakeSchema, make_table: MakeTable):
    """It can't be in two parts, but the others can be drawn; where chance takes it from training, that is said."""
    known = make_schema("multiclass", False)
    table = make_table(300, known)
    table = table.assign(outcome=np.where(table.index == 5, 2, table.outcome.clip(0, 1)))
    drawn = [splitting.at_random(table, SHARES, known, seed) for seed in range(12)]
    assert all(splitting.apart(parts, known) for parts in drawn)
    without = next(parts for parts in drawn if 2 not in parts["train"].outcome.tolist())
    with pytest.raises(data.DataError, match=r"^No row of split\.train has the class 'high'"):
        splitting.refuse_unusable(without, known)


@pytest.mark.parametrize("timed", [True, False])
def test_a_table_of_a_few_rows_is_refused(make_schema: MakeSchema, make_table: MakeTable, timed: bool):
    """Two rows don't make three parts; the sentence names the part and the way out."""
    known = make_schema("regression", timed)
    with pytest.raises(data.DataError, match=r"^No row is left for split\.\w+: the table is too small"):
        splitting.split(make_table(2, known), SHARES, known, seed=1)


def test_a_class_that_training_never_sees_is_named(made: SimpleNamespace):
    """It could be asked about, and never answered."""
    later = made.table.assign(outcome=(made.table["at"] >= pd.Timestamp("2013-07-01", tz="UTC")).astype(int))
    with pytest.raises(data.DataError, match=r"No row of split\.train has the class 'yes': let the training part"):
        splitting.split(later, PERIODS, made.schema, seed=1)


def test_a_holdout_of_one_class_is_refused(made: SimpleNamespace):
    """Nothing can be ranked where there is one class only; its name is told."""
    july = made.table["at"] >= pd.Timestamp("2013-07-01", tz="UTC")
    with pytest.raises(
        data.DataError, match=r"Every row of split\.holdout has the class 'no': nothing can be measured"
    ):
        splitting.split(made.table.assign(outcome=made.table.outcome.mask(july, 0)), PERIODS, made.schema, seed=1)


@pytest.fixture
def parts(made: SimpleNamespace) -> splitting.Parts:
    """Good parts by time."""
    return splitting.split(made.table, PERIODS, made.schema, seed=1)


def test_parts_that_share_a_row_are_not_apart(parts: splitting.Parts, made: SimpleNamespace, make_schema: MakeSchema):
    """A single row that both teaches and tests is noticed, with a time and without."""
    shared = pd.concat([parts["holdout"], parts["train"].tail(1)])
    for known in (made.schema, make_schema(timed=False)):
        assert splitting.apart(parts, known)
        assert not splitting.apart({**parts, "holdout": shared}, known)


def test_parts_in_the_wrong_order_are_apart_only_without_time(
    parts: splitting.Parts, made: SimpleNamespace, make_schema: MakeSchema
):
    """Learning from the future is a leak where rows have a time, and nothing where they have none."""
    turned = {"train": parts["live"], "holdout": parts["holdout"], "live": parts["train"]}
    assert not splitting.apart(turned, made.schema)
    assert splitting.apart(turned, make_schema(timed=False))


def test_one_row_out_of_order_is_noticed(parts: splitting.Parts, made: SimpleNamespace):
    """A single training row of the last day is enough."""
    late = parts["train"].tail(1).assign(at=parts["live"]["at"].max())
    assert not splitting.apart({**parts, "train": pd.concat([parts["train"], late])}, made.schema)


@EVERY_WAY
def test_each_part_is_described_in_a_line(
    each: SimpleNamespace, make_schema: MakeSchema, wanted: params.Split, timed: bool
):
    """Rows, first and last day where there are days, and the share of each class or the mean."""
    known = make_schema(each.schema.task, timed)
    parts = splitting.split(each.table, wanted, known, seed=1)
    found = splitting.described(parts, known)
    days, target = ["first", "last"] if timed else [], [*known.classes] or ["mean outcome"]
    assert list(found.columns) == ["rows", *days, *target]
    assert found.rows.to_dict() == {name: len(part) for name, part in parts.items()}
    for name, part in parts.items():
        if timed:
            assert (found["first"][name], found["last"][name]) == (part["at"].min().date(), part["at"].max().date())
        expected = [(part.outcome == code).mean() for code in range(len(known.classes))] or [part.outcome.mean()]
        assert found.loc[name, target].tolist() == pytest.approx(expected, abs=6e-4)


def test_a_class_that_a_part_lacks_is_described_as_none(made_of: Callable[..., SimpleNamespace]):
    """Its share is zero, not a gap."""
    chosen = made_of("multiclass")
    parts = splitting.split(chosen.table, SHARES, chosen.schema, seed=1)
    parts["live"] = parts["live"][parts["live"].outcome < 2]
    assert splitting.described(parts, chosen.schema)["high"]["live"] == 0
