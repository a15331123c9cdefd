"""The one description of what goes in: features, and the signature a trained model carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


class SchemaError(ValueError):
    """A table doesn't have the columns the features ask for."""


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One input of the model.

    `min` and `max` are inclusive and in the feature's own unit; a nullable feature may be null in a request
    and missing in a table.
    """

    kind: Literal["number", "category"]
    about: str
    min: float | None = None
    max: float | None = None
    nullable: bool = False


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes of a model expect and answer; saved as models/signature.json beside them.

    `sha256` is the hash of the ONNX file and the model's identity. `classes` are in the order of the
    probabilities, and empty for regression.
    """

    name: str
    task: Literal["classification", "regression"]
    target: str
    features: dict[str, Feature]
    classes: tuple[str, ...]
    sha256: str


def sha256(content: bytes) -> str:
    """Return the hexadecimal SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


def columns(values: Mapping[str, Any], features: Mapping[str, Feature]) -> Columns:
    """Return what the model is fed: one array of shape (rows, 1) a feature, in the features' order.

    Numbers become float32 with NaN for a missing one; categories become strings, "" for a missing one.
    Training and serving both call this, so that they can't disagree.

    Raises:
        SchemaError: `values` lacks a feature.
    """
    missing = [name for name in features if name not in values]
    if missing:
        raise SchemaError(f"The table lacks the feature {missing[0]!r}, which params.yaml lists.")
    return {name: column(values[name], feature).reshape(-1, 1) for name, feature in features.items()}


def column(values: Sequence[Any], feature: Feature) -> NDArray[Any]:
    """Return the values of one feature as the model's own type, shape (rows,)."""
    if feature.kind == "number":
        return np.asarray(values, dtype=np.float32)
    return np.array([value if isinstance(value, str) else "" for value in values], dtype=object)
