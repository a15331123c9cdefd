"""The sections of params.yaml as frozen records: what may be chosen, and what is taken where nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated

import msgspec

from .records import Record

Positive = Annotated[int, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
# Not `tuple[date, date]`: beside a number with bounds, msgspec 0.22 reads past the end of its own table.
Period = Annotated[tuple[date, ...], msgspec.Meta(min_length=2, max_length=2)]


class Csv(Record):
    """How the text of a CSV file is read."""

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"


class Data(Record, kw_only=True):
    """Which table is learned from, and what its special columns are called.

    `source` is the example's name, a path or glob of CSV or Parquet files relative to the root, or an SQL URL that is
    asked `query`. Without `id` rows are numbered; without `time` they have no order. `classes` names what a
    target column holds, or what its codes 0, 1, … stand for; without it they are looked up in the table.
    """

    source: str
    query: str | None = None
    csv: Csv = Csv()
    id: str | None = None
    time: str | None = None
    target: str
    classes: tuple[str, ...] = ()
    rows: Positive | None = None

    @property
    def shown(self) -> str:
        """The source as a notebook may name it: of a URL neither user and password nor options."""
        scheme, is_url, rest = self.source.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}" if is_url else self.source


class Flights(Record):
    """How the example's flights and weather become one table."""

    late_after_minutes: int = 15
    weather_lead_hours: Annotated[int, msgspec.Meta(ge=0, le=24)] = 2


class Split(Record):
    """Three half-open periods, from the first day up to but without the second; or the last two parts' shares.

    Shares are taken from the end where rows have a time, and at random otherwise.
    """

    train: Period | None = None
    holdout: Period | Share = 0.2
    live: Period | Share = 0.2

    @property
    def periods(self) -> dict[str, Period]:
        """The periods by the name of their part; empty if parts are shares."""
        parts = {"train": self.train, "holdout": self.holdout, "live": self.live}
        return {name: part for name, part in parts.items() if isinstance(part, tuple)}


class Model(Record):
    """The estimator by name, and the options it is built with."""

    estimator: str
    options: dict[str, int | float | str | bool | None] = msgspec.field(default_factory=dict)


class Bound(Record):
    """The least or the most a metric may be."""

    min: float | None = None
    max: float | None = None


class Gate(Record):
    """What a challenger has to show on the held-out rows before it may take the champion's place.

    `largest_regression` and `largest_slice_loss` are shares of the champion's own score. `confidence` and `resamples`
    are those of the paired bootstrap; rows that are alike in the column `together`, or of the same `day`, are drawn
    together. `latency_ms` bounds the median answer to one row, and `most_skill` is how much of the way from the
    baseline to perfection is still believed. A rule that is null is not asked; without `compare`, there is no champion.
    """

    compare: bool = True
    largest_regression: Annotated[float, msgspec.Meta(ge=0)] = 0.01
    largest_slice_loss: Annotated[float, msgspec.Meta(ge=0)] | None = 0.1
    confidence: Share = 0.95
    resamples: Annotated[int, msgspec.Meta(ge=100)] = 1000
    together: str | None = None
    latency_ms: Annotated[float, msgspec.Meta(gt=0)] | None = 10
    most_skill: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = 0.98


class Evaluation(Record):
    """What 04_evaluate compares, and what the model must reach."""

    primary: str = ""
    baseline_group: str | None = None
    slices: tuple[str, ...] = ()
    smallest_slice: Positive = 200
    thresholds: dict[str, Bound] | None = None
    gate: Gate = Gate()


Choice = int | float | str | bool | None


class Tune(Record):
    """How far `make tune` looks for better options, and among which.

    `space` gives for an option of the estimator its least and its most, or a list of choices; without it, the
    options that matter most are varied. `folds` are cut from the training data, of which `rows` are enough.
    """

    trials: Positive = 30
    minutes: Annotated[float, msgspec.Meta(gt=0)] = 10
    folds: Annotated[int, msgspec.Meta(ge=2)] = 3
    rows: Positive | None = None
    space: dict[str, tuple[Choice, ...]] = msgspec.field(default_factory=dict)


class Card(Record):
    """What the model card says beside the numbers, in a person's words; what is empty is named as missing."""

    intended_use: str = ""
    limits: tuple[str, ...] = ()
    licence: str = ""
    contact: str = ""


class Predictions(Record):
    """What the service notes of its answers, where it is told to.

    `sample` is the share of requests that are noted. Of a request with more than `most_rows`, that many are drawn.
    Of the features, those in `drop` are never noted, and of those in `pseudonymise` only a hash is, under a key that
    the service alone has. What is older than `retain_days` is deleted.
    """

    sample: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    most_rows: Positive = 100
    retain_days: Positive = 90
    drop: tuple[str, ...] = ()
    pseudonymise: tuple[str, ...] = ()

    def faults(self, features: Iterable[str]) -> Iterator[str]:
        """Yield a sentence for each column that can't be treated as it is listed."""
        known = set(features)
        for key, names in {"drop": self.drop, "pseudonymise": self.pseudonymise}.items():
            for name in names:
                if name not in known:
                    yield f"predictions.{key} lists {name!r}, which is no feature: take it out, or correct its name."
        for name in self.drop:
            if name in self.pseudonymise:
                yield f"predictions lists {name!r} under drop and under pseudonymise: take it out of one of them."
