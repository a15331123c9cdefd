"""The shapes of what the service answers in JSON, as its description tells them."""

from __future__ import annotations

import msgspec

from ...core.schema import Kind, Task


class ModelIdentity(msgspec.Struct):
    """Which model answered."""

    name: str
    version: str
    sha256: str
    variant: str


class Field(msgspec.Struct):
    """A part of the request that is wrong: a place such as rows[0].distance, or a column of an Arrow stream."""

    path: str
    message: str


class Error(msgspec.Struct):
    """What went wrong: a code for programs and a sentence for people."""

    code: str
    message: str
    fields: list[Field]


class ErrorResponse(msgspec.Struct):
    """Every error has this shape."""

    error: Error
    request_id: str


class ClassPredictions(msgspec.Struct):
    """One class for each row, and the probabilities of all classes in the order of `classes`."""

    predictions: list[str]
    probabilities: list[list[float]]
    classes: list[str]
    model: ModelIdentity
    request_id: str


class NumberPredictions(msgspec.Struct):
    """One number for each row."""

    predictions: list[float]
    model: ModelIdentity
    request_id: str


class FeatureInformation(msgspec.Struct):
    """What one input of the model may be; `min` and `max` are inclusive."""

    kind: Kind
    about: str
    min: float | None
    max: float | None
    nullable: bool


class Information(msgspec.Struct):
    """The model, its task, classes and features."""

    model: ModelIdentity
    task: Task
    target: str
    classes: list[str]
    features: dict[str, FeatureInformation]
