"""The one description of what goes in: features, the table they are in, and the signature a trained model carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
Task = Literal["binary", "multiclass", "regression"]
Kind = Literal["number", "category", "boolean", "date"]
# What the rows of a table without an id of its own are called by.
ROW_NUMBER = "row_number"
# What answers and the prediction log say of a row, beside its features.
ESCAPED = {'"', "\\", *map(chr, range(32))}
RESERVED = (
    *("request_id", "request_row", "request_rows", "request_time", "request_day"),
    *("prediction", "predictions", "probability", "probabilities"),
    *("variant", "model_sha256", "model_version", "latency_ms"),
)


class SchemaError(ValueError):
    """A table doesn't have the columns the features ask for."""


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One input of the model.

    `min` and `max` are inclusive and in a number's own unit; a nullable feature may be null in a request and missing
    in a table. Of a category's levels, `top` keeps the commonest; the others answer as one nobody has seen.
    """

    kind: Kind
    about: str = ""
    min: float | None = None
    max: float | None = None
    nullable: bool = False
    top: Annotated[int, msgspec.Meta(gt=0)] | None = None


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """What every row of the prepared tables holds; saved as data/raw/schema.json.

    It is what params.yaml says, completed by what `auto` found in the table. `time` is None where rows have no order.
    `classes` are in the order of their codes in the target column, and empty for regression.
    """

    task: Task
    id: str
    time: str | None
    target: str
    classes: tuple[str, ...]
    features: dict[str, Feature]

    @property
    def columns(self) -> list[str]:
        """The columns of a prepared table, in order."""
        return [self.id, *([self.time] if self.time else []), *self.features, self.target]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes of a model expect and answer; saved as models/signature.json beside them.

    `sha256` is the hash of the ONNX file and the model's identity. `classes` are in the order of the
    probabilities, and empty for regression.
    """

    name: str
    task: Task
    target: str
    features: dict[str, Feature]
    classes: tuple[str, ...]
    sha256: str


def name_fault(name: str) -> str:
    """Return why a column can't be a feature under its name; nothing if it can."""
    if not name.strip():
        return "has no name"
    if name in RESERVED:
        return "has a name that the service's answers need"
    # The decoder of requests compares names as they are written in JSON, where these have to be escaped.
    return "has a quotation mark, a backslash or a control character in its name" if set(name) & ESCAPED else ""


def sha256(content: bytes) -> str:
    """Return the hexadecimal SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


def load_schema(path: Path) -> Schema:
    """Read data/raw/schema.json."""
    return msgspec.json.decode(path.read_bytes(), type=Schema)


def of_kind(features: Mapping[str, Feature], *kinds: Kind) -> list[str]:
    """Return the names of the features of these kinds, in order."""
    return [name for name, feature in features.items() if feature.kind in kinds]


def columns(values: Mapping[str, Any], features: Mapping[str, Feature]) -> Columns:
    """Return what the model is fed: one array of shape (rows, 1) a feature, in the features' order.

    Categories become strings, "" for a missing one; everything else becomes float32 with NaN for what is missing:
    a boolean 0 or 1, a date the days since 1970-01-01. What this returns, it takes as well.
    Training and serving both call this, so that they can't disagree.

    Raises:
        SchemaError: `values` lacks a feature.
    """
    missing = [name for name in features if name not in values]
    if missing:
        raise SchemaError(f"The table lacks the feature {missing[0]!r}, which its schema lists.")
    known = together(values, features)
    return {
        name: known[name] if name in known else column(values[name], feature).reshape(-1, 1)
        for name, feature in features.items()
    }


def together(values: Mapping[str, Any], features: Mapping[str, Feature]) -> Columns:
    """Return the numbers and booleans among plain tuples of values, as a request has them.

    They are made at once, as for one row each call of NumPy costs more than what it does.
    """
    numeric = ("number", "boolean")
    names = [name for name, feature in features.items() if feature.kind in numeric and type(values[name]) is tuple]
    made = np.array([values[name] for name in names], dtype=np.float32)
    return dict(zip(names, made[..., np.newaxis], strict=True))


def column(values: Any, feature: Feature) -> NDArray[Any]:
    """Return the values of one feature, a sequence or a pandas column, as the model's own type, shape (rows,)."""
    if feature.kind == "category":
        return np.array([value if isinstance(value, str) else "" for value in values], dtype=object)
    if feature.kind == "date":
        return days(np.asarray(values))
    # pandas' nullable columns say what their own missing value becomes.
    nullable = {"na_value": np.nan} if hasattr(values, "to_numpy") else None
    return values.to_numpy(dtype=np.float32, **nullable) if nullable else np.asarray(values, dtype=np.float32)


def days(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return dates, or their ISO texts, as days since 1970-01-01; what is a number already stays as it is."""
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    dates = (
        np.array([None if value != value else value for value in values.tolist()], dtype="datetime64[D]")
        if values.dtype.kind == "O"
        else values.astype("datetime64[D]")
    )
    return np.where(np.isnat(dates), np.nan, dates.astype(np.int64)).astype(np.float32)
