"""params.yaml, parsed once into a frozen record that knows every key it may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from .records import ParamsError, Record, load_mapping, located, merged, refuse_unknown_keys
from .schema import Feature, Task, name_fault

Positive = Annotated[int, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
# Not `tuple[date, date]`: beside a number with bounds, msgspec 0.22 reads past the end of its own table.
Period = Annotated[tuple[date, ...], msgspec.Meta(min_length=2, max_length=2)]
EXAMPLE = "nycflights13"
PRIMARY = {"binary": "roc_auc", "multiclass": "balanced_accuracy", "regression": "mae"}


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


class Evaluation(Record):
    """What 04_evaluate compares, and what the model must reach."""

    primary: str = ""
    baseline_group: str | None = None
    slices: tuple[str, ...] = ()
    smallest_slice: Positive = 200
    thresholds: dict[str, Bound] | None = None


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


class Params(Record, kw_only=True):
    """Everything a person may choose without touching code."""

    name: str
    seed: int
    task: Task
    data: Data
    flights: Flights = Flights()
    features: dict[str, Feature] | Literal["auto"] = "auto"
    split: Split = Split()
    model: Model
    evaluation: Evaluation = Evaluation()
    tune: Tune = Tune()


def load_params(path: Path, *overlays: Path) -> Params:
    """Read `path`, lay the overlays over it key by key, and return the frozen record.

    Raises:
        ParamsError: a file can't be read as YAML, or holds an unknown key or a value of the wrong kind.
    """
    values = load_layer(path)
    params = converted(values, path.name)
    for overlay in overlays:
        values = merged(values, load_layer(overlay))
        params = converted(values, overlay.name)
    return params


def load_layer(path: Path) -> dict[str, Any]:
    """Return the sections a file holds, all of them known."""
    layer = load_mapping(path)
    refuse_unknown_keys(layer, Params, path.name)
    return layer


def converted(values: Mapping[str, Any], file: str) -> Params:
    """Return the record, or raise ParamsError for the first value of the wrong kind."""
    values = with_named_classes(values)
    try:
        params = msgspec.convert(values, Params)
    except msgspec.ValidationError as error:
        where, message = located(values, Params, str(error))
        raise ParamsError(f"{file}: {where}{message[0].lower()}{message[1:]}.") from None
    for sentence in contradictions(params):
        raise ParamsError(f"{file}: {sentence}")
    primary = params.evaluation.primary or PRIMARY[params.task]
    return msgspec.structs.replace(params, evaluation=msgspec.structs.replace(params.evaluation, primary=primary))


def with_named_classes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the sections with the classes as text: what YAML takes for numbers are names of classes here."""
    data = values.get("data")
    if not isinstance(data, Mapping) or not isinstance(data.get("classes"), list):
        return values
    names = [str(name) if isinstance(name, int | float) else name for name in data["classes"]]
    return {**values, "data": {**data, "classes": names}}


def contradictions(params: Params) -> Iterator[str]:
    """Yield a sentence for each pair of values that can't both hold."""
    data, split = params.data, params.split
    classes, allowed = len(data.classes), {"binary": (0, 2), "multiclass": (0, *range(3, 1000)), "regression": (0,)}
    if classes not in allowed[params.task]:
        wanted = {"binary": "two", "multiclass": "three or more", "regression": "none"}[params.task]
        yield f"data.classes lists {classes}; task {params.task} needs {wanted}."
    if len(split.periods) not in (0, 3):
        yield "split mixes periods and shares: give three periods, or no train and two shares."
    if split.periods and not data.time:
        yield "split names periods, but data.time names no column: name it, or write shares such as holdout: 0.2."
    if not split.periods and split.holdout + split.live >= 1:
        yield f"split.holdout and split.live take {split.holdout + split.live:g} of the rows: leave some for training."
    special = {role: getattr(data, role) for role in ("id", "time", "target") if getattr(data, role)}
    for name in params.features if isinstance(params.features, dict) else ():
        role = next((f"is the data.{role} column" for role, column in special.items() if column == name), "")
        if fault := role or name_fault(name):
            yield f"features lists {name!r}, which {fault}: take it out, or rename the column in the table."
